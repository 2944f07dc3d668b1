"""Rules on declared and locked versions."""

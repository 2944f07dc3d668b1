"""Rules on what a run has shown."""

"""Rules on event loops in code."""

"""Rules on pytest's own functions and hooks."""

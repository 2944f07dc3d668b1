"""Rules on timeouts."""

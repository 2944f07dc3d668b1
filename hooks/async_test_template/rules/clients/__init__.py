"""Rules on HTTP clients of applications."""

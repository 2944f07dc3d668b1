"""Rules on configuration files."""

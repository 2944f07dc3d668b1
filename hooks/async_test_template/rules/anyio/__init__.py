"""Rules on AnyIO's plugin."""

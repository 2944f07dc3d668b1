"""A sample that its tests explain: read them, and delete both."""

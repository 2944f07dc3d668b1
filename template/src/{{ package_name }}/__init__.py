"""A sample that its tests explain; replace it with your code."""

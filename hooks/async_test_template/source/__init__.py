"""Python test code, read as bytes: which fixtures and tests there are and what loop they use."""

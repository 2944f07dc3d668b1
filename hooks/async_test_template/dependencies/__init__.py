"""What a repository needs according to its own files: dependencies, bounds, lock files."""

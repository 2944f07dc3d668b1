"""What a repository says it needs: its declared dependencies, their bounds, its lock files."""

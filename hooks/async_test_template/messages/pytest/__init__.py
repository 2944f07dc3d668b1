"""Messages that belong to pytest, and what a repository shows of their causes."""

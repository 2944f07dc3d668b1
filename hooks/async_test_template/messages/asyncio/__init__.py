"""Messages that belong to asyncio, and what a repository shows of their causes."""

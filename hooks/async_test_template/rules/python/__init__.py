"""Rules on asyncio and Python's own library."""

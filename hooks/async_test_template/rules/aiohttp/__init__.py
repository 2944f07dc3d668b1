"""Rules on aiohttp's plugin and test cases."""

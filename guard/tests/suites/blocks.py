"""What no cancellation reaches: pytest-timeout ends it, by a signal or with the whole run."""

import time

BACKENDS = ("asyncio", "anyio", "trio")


def test_bad_blocking_call():
    """Timeout (>1.0s) from pytest-timeout"""
    time.sleep(5)

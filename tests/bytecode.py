"""Import what suites import: it is compiled once, and not by each program that a test starts.

Run it with `PYTHONPYCACHEPREFIX` as the tests have it. Those write no bytecode: a file that a test
changes twice in a second could be taken for what it was before.
"""

import contextlib
import importlib
import os
import sys

NAMES = (
    "anyio.pytest_plugin",
    "anyio._backends._asyncio",
    "asgi_lifespan",
    "aiohttp.test_utils",
    "async_test_template.cli",
    "copier._cli",
    "fastapi.testclient",
    "httpx",
    "httpx2",
    "hypothesis",
    "pytest_asyncio.plugin",
    "starlette.testclient",
    "trio.testing",
    "uvicorn",
    "xdist.workermanage",
)


def main() -> None:
    """Import all there is, and run no test."""
    # First, since pytest compiles its plugins in its own way.
    with contextlib.suppress(ImportError):
        importlib.import_module("pytest").main([os.devnull, "-p", "no:cacheprovider"])
    for name in NAMES:
        # Old versions fail in other ways, too: they are as slow as they were.
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    with contextlib.suppress(ImportError):
        rules = importlib.import_module("async_test_template.rules")
        for code in rules.CODES:
            rules.load(code)


if __name__ == "__main__":
    sys.dont_write_bytecode = False
    main()

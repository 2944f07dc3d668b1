"""Import what suites import: it is compiled once, and not by each program that a test starts.

Run it with `PYTHONPYCACHEPREFIX` as the tests have it, and with `PYTHONDONTWRITEBYTECODE` empty, so
that what Python imports before this is kept, too. The tests' own programs write no bytecode: a file
that a test changes twice in a second could be taken for what it was before.
"""

import compileall
import contextlib
import importlib
import os
import py_compile
import sys
from importlib.util import cache_from_source

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
    "multiprocessing.pool",
    "multiprocessing.popen_fork",
    "pytest_async_guard.plugin",
    "pytest_asyncio.plugin",
    "starlette.testclient",
    "trio.testing",
    "uvicorn",
    "xdist.workermanage",
)


#: Modules that only start a program.
STARTERS = ("async_test_template.__main__", "copier.__main__", "pytest.__main__")


def main() -> None:
    """Import all there is, and run no test."""
    # First, since pytest compiles its plugins in its own way.
    with contextlib.suppress(ImportError):
        importlib.import_module("pytest").main([os.devnull, "-p", "no:cacheprovider"])
    for name in NAMES:
        # Old versions fail in other ways, too: they are as slow as they were.
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    if "async_test_template" in sys.modules:
        compileall.compile_dir(sys.modules["async_test_template"].__path__[0], quiet=1)
    for name in STARTERS:
        with contextlib.suppress(ImportError):
            compile_file(importlib.import_module(name).__file__)
    # Of a plugin pytest has only written its own bytecode, which `-p` does not always take.
    for module in (*sys.modules.values(),):
        compile_file(getattr(module, "__file__", None))


def compile_file(file: str | None) -> None:
    """Compile a module, unless it is compiled already."""
    if file and file.endswith(".py") and not os.path.exists(cache_from_source(file)):  # noqa: PTH110
        py_compile.compile(file)


if __name__ == "__main__":
    main()

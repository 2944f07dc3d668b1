"""The needs of releases of packages: Pythons, and each other. From their metadata, 2026-11."""

from async_test_template.dependencies.bounds import Release, at_least

#: pytest 9 needs this Python; declarations for older ones count only for those.
PYTHON_LEFT_BEHIND = (3, 10)
#: pytest-asyncio with a default loop for tests (0.26) and pytest 8.4 do not run on an older one.
PYTHON_OUT = (3, 9)

#: By package, the releases that dropped a Python, with the oldest one that they run on.
_PYTHONS: dict[str, tuple[tuple[str, Release], ...]] = {
    "aiohttp": (("3.9", (3, 8)), ("3.11", (3, 9)), ("3.14", (3, 10))),
    "anyio": (("3.7", (3, 7)), ("4", (3, 8)), ("4.6", (3, 9)), ("4.13", (3, 10))),
    "fastapi": (("0.84", (3, 7)), ("0.104", (3, 8)), ("0.125", (3, 9)), ("0.129", (3, 10))),
    "httpx": (("0.23", (3, 7)), ("0.25", (3, 8))),
    "httpx2": (("2", (3, 9)), ("2.1", (3, 10))),
    "pytest": (("7.1", (3, 7)), ("8", (3, 8)), ("8.4", (3, 9)), ("9", (3, 10))),
    "pytest-aiohttp": (("1", (3, 7)), ("1.1", (3, 9)), ("1.1.1", (3, 10))),
    "pytest-asyncio": (
        ("0.17", (3, 7)),
        ("0.22", (3, 8)),
        ("0.25", (3, 9)),
        ("1.3", (3, 10)),
    ),
    "pytest-timeout": (("2.2", (3, 7)),),
    "starlette": (("0.20", (3, 7)), ("0.30", (3, 8)), ("0.45", (3, 9)), ("0.50", (3, 10))),
}
#: The pytest that a plugin needs since a release.
_PYTESTS: dict[str, tuple[tuple[str, str], ...]] = {
    "pytest-aiohttp": (("1", "6.1"),),
    "pytest-asyncio": (("0.17", "5.4"), ("0.21", "7"), ("0.24", "8.2"), ("1.4", "8.4")),
    "pytest-timeout": (("2.2", "7"),),
}
#: By plugin, the first release that works with a pytest, and that pytest; earlier ones forbid it.
#: Much older ones forbade nothing, but no installer falls back to them.
_FIRST_WITH_PYTEST = {"pytest-asyncio": ("1.3", "9")}
#: The last releases for old Pythons, newest first.
_OLDER: dict[str, tuple[str, ...]] = {
    "anyio": ("4.5", "3.7"),
    "httpx": ("0.24",),
    "pytest-asyncio": ("1.2", "0.24", "0.21", "0.17"),
    "pytest-timeout": ("2.1",),
}
#: Packages that another package installs: that one, and its first release that needs a version as
#: new as this.
_CARRIERS: dict[tuple[str, str], tuple[str, str]] = {("starlette", "0.21"): ("fastapi", "0.87")}


def python_for(name: str, version: Release) -> Release:
    """Return the oldest Python that a release runs on, `()` if it is unknown."""
    steps = [python for first, python in _PYTHONS.get(name, ()) if at_least(version, first)]
    return max(steps, default=())


def pytest_for(name: str, version: Release) -> str | None:
    """Return the oldest pytest that a plugin's release works with, None if it is unknown."""
    steps = [pytest for first, pytest in _PYTESTS.get(name, ()) if at_least(version, first)]
    return steps[-1] if steps else None


def first_with_pytest(name: str) -> tuple[str, str] | None:
    """Return the oldest release of a plugin for the newest pytest, and that pytest."""
    return _FIRST_WITH_PYTEST.get(name)


def carrier_of(name: str, version: str) -> tuple[str, str] | None:
    """Return the package that installs another one, and since which version it needs this one."""
    return _CARRIERS.get((name, version))


def older(name: str) -> tuple[str, ...]:
    """Return the last releases of a package for old Pythons, newest first."""
    return _OLDER.get(name, ())

"""The files that the template adds to a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.paths import is_there, name_of
from async_test_template.source.index import places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project

GUARD, CONTRACT = "async_guard", "test_event_loop.py"
#: The function that loads the guard when a conftest.py imports it, since 1.2.
LOADER = "pytest_async_guard"
#: The guard's own folder, since 1.3.
VENDORED = f"tests/{LOADER}"
#: Up to 1.2 this file contains the guard itself, later the function that loads it.
_OF_GUARD = (b"pytest_timeout_set_timer", b"pytest_async_guard")
_OF_CONTRACT = (b"The contract of the pytest configuration",)


def guard_of(project: Project) -> str | None:
    """Find the guard, as a path from the root."""
    return _file(project, f"{GUARD}.py", _OF_GUARD)


def in_the_way(project: Project) -> Iterator[str]:
    """Yield files at the guard's path that are something else."""
    guard, folder = f"tests/{GUARD}.py", f"{VENDORED}/__init__.py"
    text = project.tree.read(guard)
    if text is not None and not any(word in text for word in _OF_GUARD):
        yield guard
    if is_there(project.root / VENDORED) and f"def {LOADER}(".encode() not in (
        project.tree.read(folder) or b""
    ):
        yield VENDORED
    if is_there(project.root / f"{VENDORED}.py"):
        yield f"{VENDORED}.py"


def contract_of(project: Project) -> str | None:
    """Find the tests of the configuration, as a path from the root."""
    return _file(project, CONTRACT, _OF_CONTRACT)


def _file(project: Project, name: str, holds: tuple[bytes, ...]) -> str | None:
    for module in project.code.modules:
        if name_of(module.file) == name:
            text = project.tree.read(module.file) or b""
            if any(word in text for word in holds):
                return module.file
    return None


def conftests_of(guard: str) -> list[str]:
    """Return the conftest.py files that pytest reads for the guard's folder, the closest first."""
    return [*places(guard)][1:]

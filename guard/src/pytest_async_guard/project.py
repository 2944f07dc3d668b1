"""Which code is the project's own, and which is a library's."""

from __future__ import annotations

import functools
import os
import sysconfig
from contextlib import suppress
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from types import CodeType

# No block of its own: linters of projects on newer Pythons would have it removed.
tomllib = import_module("tomllib" if find_spec("tomllib") else "tomli")

_LIBRARIES = tuple({sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib")})
_OWN = str(Path(__file__).parent) + os.sep


class Place(NamedTuple):
    """A line of code."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        """Name the place as editors and terminals know it."""
        return f"{_short(self.file)}:{self.line} in {self.function}"

    @classmethod
    def of(cls, code: CodeType, line: int | None) -> Place:
        """Build it from a code object and the line in it that runs."""
        return cls(code.co_filename, line or code.co_firstlineno, code.co_name)


class _Root:
    """The folder of the project, and what of it is installed."""

    path: Path


def set_root(path: Path) -> None:
    """Tell where the project is: its installed code counts as the project's, too."""
    _Root.path = path
    _installed.cache_clear()
    is_project.cache_clear()


@functools.cache
def is_project(file: str) -> bool:
    """Tell whether a file belongs to the project, not to Python or an installed package."""
    if is_own(file) or file.startswith("<"):
        return False
    return not is_library(file) or file in _installed()


def is_own(file: str) -> bool:
    """Tell whether a file is one of this plugin."""
    return file.startswith(_OWN)


def is_library(file: str) -> bool:
    """Tell whether a file lies where Python and packages are installed."""
    return file.startswith(_LIBRARIES) or "site-packages" in file or "dist-packages" in file


@functools.cache
def _installed() -> frozenset[str]:
    """Find the files of the project that are installed as a copy, as tox and nox do."""
    with suppress(OSError, ValueError, KeyError, TypeError, metadata.PackageNotFoundError):
        name = tomllib.loads((_Root.path / "pyproject.toml").read_text("utf-8"))["project"]["name"]
        distribution: Any = metadata.distribution(name)
        return frozenset(str(distribution.locate_file(file)) for file in distribution.files)
    return frozenset()


def _short(file: str) -> str:
    with suppress(ValueError):
        return str(Path(file).relative_to(_Root.path))
    return file

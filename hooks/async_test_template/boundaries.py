"""Where one project of a repository ends and the next begins."""

from __future__ import annotations

import itertools
import re
from functools import cached_property
from typing import TYPE_CHECKING

from async_test_template import seen
from async_test_template.config import in_force
from async_test_template.config.in_force import read_or_none
from async_test_template.config.toml.read import parse, table_at
from async_test_template.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

_OF_PYTEST = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini")
_OF_PACKAGES = ("pyproject.toml", "setup.cfg", "setup.py")
_MARKS = frozenset({*_OF_PYTEST, *_OF_PACKAGES, "tox.ini"})
# The tables of pyproject.toml that describe a package.
_PACKAGES = (("project",), *(("tool", name) for name in ("poetry", "flit", "pdm")))
# A setup.py calls it.
_SETUP = rb"(?m)^[ \t]*(?:\w+\.)*setup\("
# Folders with projects that others wrote, or that are only there to be looked at by a test.
_VENDORED = frozenset(
    {"vendor", "vendors", "vendored", "_vendor", "_vendored", "third_party", "thirdparty"}
    | {"third-party", "3rdparty", "extern", "external", "externals", "submodules"}
)
#: Names of folders of tests.
TESTS = frozenset({"test", "tests", "testing"})
#: Names of folders of examples, whose tests nobody runs every day.
EXAMPLES = frozenset(
    {"demo", "demos", "example", "examples", "sample", "samples", "tutorial", "tutorials"}
)
#: Names of folders beside the code of a project: what they import, the project need not.
ASIDE = EXAMPLES | {"benchmark", "benchmarks", "doc", "docs", "docs_src"}
_DATA = frozenset(
    {"data", "testdata", "test_data", "test-data", "fixtures", "resources", "samples", "assets"}
    | {"projects", "repos", "packages", "files", "snapshots", "cases", "examples", "suites"}
)


def is_below(file: str, names: frozenset[str]) -> bool:
    """Tell whether a file is in a folder with one of some names.

    Below `src` is the code of a project, whatever its packages are called.
    """
    folders = file.split("/")[:-1]
    return any(folder in names for folder in itertools.takewhile(_is_no_source, folders))


def _is_no_source(folder: str) -> bool:
    return folder != "src"


class Boundaries:
    """The projects below a folder: each has a configuration of pytest's own, as pytest finds it.

    If no configuration holds for the folder itself, each package below is one, too.

    Attributes:
        projects: their folders, as far as the folder has been walked through.
        members: folders of packages whose tests run with the configuration of the folder above.
        left_out: projects that belong to others, or are data of a test, and folders of templates;
            nothing looks at them.

    """

    def __init__(self, root: Path) -> None:
        """Look below `root`; nothing is read yet."""
        self.projects: list[str] = []
        self.members: list[str] = []
        self.left_out: list[str] = []
        self._root = root

    def is_apart(self, folder: str, names: Collection[str]) -> bool:
        """Tell whether a folder is no part of the project, and remember what it is.

        Args:
            folder: its path from the root, with forward slashes.
            names: the names in it.

        """
        if _is_template(folder.rpartition("/")[2]):
            self.left_out.append(folder)
            return True
        if _MARKS.isdisjoint(names):
            return False
        if self._is_configured(folder) or (
            not self._is_governed and self._is_package(folder, names)
        ):
            (self.left_out if _is_of_others(folder) else self.projects).append(folder)
            return True
        if not _is_of_others(folder) and self._is_package(folder, names):
            self.members.append(folder)
        return False

    def is_marked(self, folder: str, names: Collection[str]) -> bool:
        """Tell whether a folder has a configuration of pytest's or describes a package."""
        return self._is_configured(folder) or self._is_package(folder, names)

    @cached_property
    def _is_governed(self) -> bool:
        """A configuration of pytest's holds for the root."""
        try:
            found = in_force.find(self._root).configuration
        except UserError:  # told by whoever needs it
            return True
        return found is not None and (found.holder or found.refusal) is not None

    def _is_configured(self, folder: str) -> bool:
        try:
            return bool(in_force.for_pytest(self._root / folder, read_or_none))
        except (UserError, OSError):
            # What is not even TOML is a template, or the data of a test.
            return False

    def _is_package(self, folder: str, names: Collection[str]) -> bool:
        try:
            # A module of a package may have this name too.
            if "setup.py" in names and re.search(_SETUP, self._read(folder, "setup.py")):
                return True
            if "pyproject.toml" not in names:
                return False
            document = parse(self._read(folder, "pyproject.toml").decode("utf-8", "replace"))
        except (UserError, OSError):
            return False
        return any(table_at(document, *at) for at in _PACKAGES)

    def _read(self, folder: str, name: str) -> bytes:
        return read_or_none(self._root / folder / name) or b""


def is_project(folder: Path) -> bool:
    """Tell whether a folder is a project: it has a configuration of pytest's, or a package."""
    here = Boundaries(folder)
    try:
        names = {entry.name for entry in seen.entries(str(folder))}
    except OSError:
        return False
    return here.is_marked("", names)


def _is_template(folder: str) -> bool:
    """Tell whether a template engine replaces the name of a folder: its files are no Python yet."""
    return any(mark in folder for mark in ("{{", "{%"))


def _is_of_others(folder: str) -> bool:
    parts = folder.split("/")
    if not _VENDORED.isdisjoint(parts):
        return True
    first = next((index for index, part in enumerate(parts) if part in TESTS), len(parts))
    return not _DATA.isdisjoint(parts[first + 1 :])

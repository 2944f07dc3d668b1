"""One declared dependency, in any notation."""

import re
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from async_test_template.findings import Change

Notation = Literal[
    "project",
    "group",
    "poetry",
    "pdm",
    "pipenv",
    "hatch",
    "flit",
    "uv",
    "setup.cfg",
    "setup.py",
    "tox.ini",
    "requirements",
]


#: One version and no other, as pip and Poetry write it.
_PINNED = r"\s*(?:===?\s*)?\d+(?:\.\d+)+\s*"
# Notations whose lists are tables of TOML, with a key for each package.
_IN_TABLES = frozenset({"poetry", "pipenv"})


class Home(NamedTuple):
    """A list of dependencies that a new one can join.

    Attributes:
        file: path from the root, with forward slashes.
        label: what to call it in a sentence, such as `group test`.
        at: the list's place, as in `Change.at`.
        notation: how its entries are written.
        value: the list as written, for those that are one text (INI).
        why_not: why nothing may be written there, or empty.
        compiled_by: the command that writes the file, or empty for one that people write.

    """

    file: str
    label: str
    at: tuple[str | int, ...]
    notation: Notation
    value: str = ""
    why_not: str = ""
    compiled_by: str = ""

    def add(self, name: str, version: str, entries: "Sequence[Declaration]") -> Change | None:
        """Return the edit that adds a package, None where nothing may be written.

        It is added as `name>=version`, or pinned to that version where all entries are pinned.
        """
        if self.why_not:
            return None
        is_pinned = bool(entries) and all(
            re.fullmatch(_PINNED, entry.specifier) for entry in entries
        )
        specifier = f"=={_whole(version)}" if is_pinned else f">={version}"
        requirement = f"{name}{specifier}"
        if self.notation in _IN_TABLES:
            bare = specifier.removeprefix("==") if self.notation == "poetry" else specifier
            return Change(self.file, "set", (*self.at, name), bare)
        if self.notation in {"setup.cfg", "tox.ini"}:
            return Change(self.file, "set", self.at, f"{self.value}\n{requirement}")
        if self.notation == "setup.py":
            behind = entries[-1].at if entries else ()
            return Change(self.file, "require", behind, requirement) if behind else None
        return Change(self.file, "require", self.at, requirement)


def _whole(version: str) -> str:
    """Return a version with three numbers, as people write the release that they pin."""
    return ".".join([*version.split("."), "0", "0"][:3])


class Declaration(NamedTuple):
    """One dependency as declared.

    Attributes:
        name: normalised (PEP 503).
        text: as written, without comments.
        specifier: its version specifier as written, `""` for any; poetry's own language included.
        place: finds its line and column, both from 1; only findings need them.
        at: the entry's place, as in `Change.at`.
        home: the list it is in.
        fixed: why its version may not be edited (a hash, a URL, a marker, a constraint), or empty.
        is_old: it counts only for Pythons that pytest 9 has left behind.
        text_of_file: gives what is around it; only edits need that.
        conditional: an environment marker, or poetry's words for one, may leave it out.

    """

    name: str
    text: str
    specifier: str
    place: Callable[[], tuple[int, int]]
    at: tuple[str | int, ...]
    home: Home
    fixed: str = ""
    is_old: bool = False
    text_of_file: Callable[[], str] = str
    conditional: bool = False

    @property
    def line(self) -> int:
        """Line, from 1."""
        return self.place()[0]

    @property
    def column(self) -> int:
        """Column, from 1."""
        return self.place()[1]

    @property
    def file(self) -> str:
        """Path from the root, with forward slashes."""
        return self.home.file

    @property
    def why_not(self) -> str:
        """Why its version may not be edited, or empty."""
        if self.fixed or self.home.why_not:
            return self.fixed or self.home.why_not
        # Imported here: it is asked about findings alone.
        from async_test_template.config.comments import is_explained

        explained = is_explained(self.text_of_file(), self.line)
        return "the comment beside it may say why" if explained else ""

    def require(self, specifier: str) -> Change | None:
        """Return the edit to another specifier, None where it may not be edited."""
        if self.why_not:
            return None
        if self.home.notation in _IN_TABLES:
            return Change(self.file, "set", self.at, specifier)
        return Change(self.file, "specifier", self.at, specifier, old=self.text)

"""What coverage is told, and in which file, after coverage 7.17 (`coverage/config.py`).

The file that an option names is read, or else the first of `.coveragerc`, `.coveragerc.toml`,
setup.cfg, tox.ini and pyproject.toml. The first two count whatever they contain, the others only
with settings for coverage.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from async_test_template.config.toml.read import table_at
from async_test_template.errors import ParseError, UserError
from async_test_template.pytest_commands import FILES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from async_test_template.project import Project

_NAMED = r"--(?:cov-config|rcfile)[= ][\"']?([^\s\"']+)"
#: The files that coverage looks for, and whether they are for coverage alone.
_SEARCHED = {
    ".coveragerc": True,
    ".coveragerc.toml": True,
    "setup.cfg": False,
    "tox.ini": False,
    "pyproject.toml": False,
}
_SECTIONS = ("run", "report", "html", "xml", "json", "lcov", "paths")
_PREFIX = "coverage:"
_TABLE = ("tool", "coverage")


class CoverageSettings(NamedTuple):
    """The settings in the file in force.

    Attributes:
        file: path from the root; empty if no file has settings for coverage.
        table: the path of the section `run`, which need not be there yet.
        run: its options, in an INI file as text.
        report: those of the section `report`.
        is_editable: our editors read the file as coverage does.

    """

    file: str = ""
    table: tuple[str, ...] = ()
    run: Mapping[str, Any] = {}
    report: Mapping[str, Any] = {}
    is_editable: bool = True

    def listed(self, name: str) -> list[str]:
        """Return the words of an option of `run` that is a list, which is a text in INI files."""
        value = self.run.get(name)
        if isinstance(value, str):
            return value.replace(",", " ").split()
        return [str(word) for word in value] if isinstance(value, list) else []


def words_for_pytest(project: Project) -> str:
    """Return all options for pytest and coverage that the repository gives, as one text."""
    options = (option.text for option in project.settings.addopts)
    return " ".join([*options, *(command.text for command in project.commands)])


def told_elsewhere(project: Project) -> list[bytes]:
    """Return the files that may set variables for the tests, and say on which Pythons they run."""
    files = [*FILES, "pyproject.toml", "setup.cfg", "setup.py"]
    files += project.tree.names(".github/workflows")
    return [project.tree.read(file) or b"" for file in files]


def coverage_settings(project: Project) -> CoverageSettings | None:
    """Return the settings in force.

    None if that cannot be told: two files are named, or the one that counts cannot be read.
    """
    named = {name.removeprefix("./") for name in re.findall(_NAMED, words_for_pytest(project))}
    if len(named) > 1:
        return None
    # pytest-cov and coverage search if exactly this one is named, too.
    searched = dict.fromkeys(named - {".coveragerc"}, True) or _SEARCHED
    try:
        for file, is_own in searched.items():
            if PurePosixPath(file).is_absolute() or ".." in file:
                return None
            if project.tree.read(file) is None:
                continue
            found = _read(project, file, is_own=is_own)
            if is_own or found.run or found.report or _has_more(project, file):
                return found
    except UserError:
        return None
    return None if searched is not _SEARCHED else CoverageSettings()


def _read(project: Project, file: str, *, is_own: bool) -> CoverageSettings:
    if file.endswith(".toml"):
        document = project.tree.toml(file)
        run, report = (_table(document, name, is_own=is_own) for name in ("run", "report"))
        if run is None:
            run = ("run",) if is_own and not file.endswith("pyproject.toml") else (*_TABLE, "run")
        of_report = table_at(document, *report) if report else {}
        return CoverageSettings(file, run, table_at(document, *run), of_report)
    sections, is_editable = _sections(project, file)
    names = [
        name if is_own and f"{_PREFIX}{name}" not in sections else f"{_PREFIX}{name}"
        for name in ("run", "report")
    ]
    written, in_report = (sections.get(name, {}) for name in names)
    known = {name.lower(): value for name, value in written.items()}
    is_editable &= known.keys() == written.keys()
    return CoverageSettings(file, (names[0],), known, in_report, is_editable)


def _table(document: dict[str, Any], name: str, *, is_own: bool) -> tuple[str, ...] | None:
    """Return the path of the table that coverage takes, None if there is none."""
    paths = [(*_TABLE, name), (name,)] if is_own else [(*_TABLE, name)]
    return next((path for path in paths if table_at(document, *path)), None)


def _sections(project: Project, file: str) -> tuple[Mapping[str, Mapping[str, str]], bool]:
    """Return the sections of an INI file, and whether our editor reads it as coverage does.

    coverage uses configparser, which takes keys with a space in front.
    """
    try:
        return project.tree.ini(file), True
    except ParseError:
        # Imported here: hardly any file needs it.
        from configparser import ConfigParser, Error

        parser = ConfigParser(interpolation=None)
        try:
            parser.read_string(project.tree.text(file) or "")
        except Error as error:
            raise ParseError(str(error)) from error
        return {name: dict(parser.items(name)) for name in parser.sections()}, False


def _has_more(project: Project, file: str) -> bool:
    """Tell whether a file has another section for coverage than `run` and `report`."""
    if file.endswith(".toml"):
        table = table_at(project.tree.toml(file), *_TABLE)
        return any(table.get(name) for name in _SECTIONS)
    sections, _ = _sections(project, file)
    return any(sections.get(f"{_PREFIX}{name}") for name in _SECTIONS)

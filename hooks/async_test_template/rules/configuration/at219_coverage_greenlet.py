"""AT219: coverage that does not follow the greenlets of SQLAlchemy's asyncio."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.config import ini
from async_test_template.findings import Change, Finding, Severity, Tier
from async_test_template.rules.configuration._sqlalchemy import (
    DRIVERS,
    as_written,
    users_of_asyncio,
)
from async_test_template.rules.facts import CODE
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from async_test_template.dependencies.declaration import Declaration
    from async_test_template.project import Project
    from async_test_template.rules.coverage_settings import CoverageSettings

_OPTION = "concurrency"
_GREENLET = "greenlet"
#: coverage accepts one of these; the other two are made of greenlets.
_FOLLOWED = frozenset({_GREENLET, "gevent", "eventlet"})
_GIVEN = r"--concurrency[= ](\S+)"
_MEASURES = r"--cov\b(?!-)|\bcoverage run\b"
_THRESHOLD = r"--(?:cov-)?fail-under[= ](?!0\b)"
#: Where this passes no line is missing, or other runs have it.
_WHOLE = rb"(?:\bcoverage report\b[^\n]{0,200}--|--cov-)fail-under[= ]100\b"
_PACKAGES = ("sqlalchemy", "SQLAlchemy", "sqlmodel")
#: coverage with sys.monitoring loses nothing; its tracer in Python cannot follow greenlets.
_OTHER_CORES = ("sysmon", "pytrace")
_ELSEWHERE = rb"COVERAGE_RCFILE|COVERAGE_CORE\W+(?:sysmon|pytrace)"
_EDITED = (".toml", ".ini", ".cfg", ".coveragerc")


def _check(project: Project) -> Iterator[Finding]:
    if not any(map(project.dependencies.is_mentioned, _PACKAGES)):
        return
    # Imported here: most repositories do without SQLAlchemy.
    from async_test_template.rules.coverage_settings import (
        coverage_settings,
        told_elsewhere,
        words_for_pytest,
    )

    words = words_for_pytest(project)
    settings = coverage_settings(project)
    if settings is None or _is_other_core(settings):
        return
    place = _place(project, settings) if settings.file else _command(project)
    if place is None:
        return
    listed = settings.listed(_OPTION)
    given = (name for value in re.findall(_GIVEN, words) for name in value.split(","))
    if any(word in _FOLLOWED or "$" in word for word in (*listed, *given)):
        return
    texts = told_elsewhere(project)
    if any(re.search(_ELSEWHERE, text) for text in texts) or not any(users_of_asyncio(project)):
        return
    hint = _why_not(project, settings, texts)
    yield Finding(
        RULE.code,
        "coverage before Python 3.14 can miss lines after an await of SQLAlchemy",
        *place,
        tier=Tier.REPORT if hint else Tier.SAFE,
        edits=() if hint else (_extended(settings, listed),),
        hint=hint,
        severity=Severity.ADVICE
        if _misses_none(settings, texts)
        else _severity(project, settings, words),
    )


def _misses_none(settings: CoverageSettings, texts: Sequence[bytes]) -> bool:
    is_whole = str(settings.report.get("fail_under", "")).partition(".")[0] == "100"
    return is_whole or any(re.search(_WHOLE, text) for text in texts)


def _is_other_core(settings: CoverageSettings) -> bool:
    is_timid = str(settings.run.get("timid", "")).lower() in {"true", "1", "yes", "on"}
    return is_timid or settings.run.get("core") in _OTHER_CORES


def _why_not(project: Project, settings: CoverageSettings, texts: Sequence[bytes]) -> str:
    """Return what a person has to do, or nothing if the setting can be changed."""
    wanted = 'concurrency = ["thread", "greenlet"]'
    if not settings.file:
        return f"add {wanted} to [tool.coverage.run] in pyproject.toml"
    kind = list if settings.file.endswith(".toml") else str
    is_known = isinstance(settings.run.get(_OPTION, kind()), kind)
    if not (settings.is_editable and settings.file.endswith(_EDITED) and is_known):
        return f"coverage needs {wanted}"
    if any(b"pypy" in text.lower() for text in texts):
        return f"coverage needs {wanted}, which it refuses on PyPy: give it on CPython only"
    if not project.dependencies.may_reach("coverage", "6.2"):
        return f"coverage 6.2 and later accepts {wanted}, older ones only one of the two"
    if not _installs_greenlet(project):
        return f"coverage needs {wanted}, and greenlet wherever the tests run"
    return ""


def _installs_greenlet(project: Project) -> bool:
    """Tell whether greenlet is surely there: coverage stops where it is not.

    SQLAlchemy installs it with the extra `asyncio`, and with others whose names have the word or
    that of a driver. With a driver that knows only asyncio, SQLAlchemy does not work without it.
    """

    def is_there(*names: str, words: tuple[str, ...] = ("",)) -> bool:
        declared = (d for name in names for d in project.dependencies.of(name))
        texts = (as_written(project, d) for d in declared if not _is_optional(project, d))
        return any(word in text for text in texts for word in words)

    return (
        is_there(_GREENLET)
        or is_there("sqlalchemy", words=("asyncio", *DRIVERS))
        or (is_there("sqlalchemy", "sqlmodel") and is_there(*DRIVERS))
    )


def _is_optional(project: Project, declaration: Declaration) -> bool:
    return (
        declaration.conditional
        or "extra" in declaration.home.label
        or "'optional': True" in as_written(project, declaration)
    )


def _place(project: Project, settings: CoverageSettings) -> tuple[str, int, int]:
    """Return file, line and column of the option, of its section, or of the start of the file."""
    file = settings.file
    if not (settings.run and settings.is_editable):
        return file, 1, 1
    text = project.tree.text(file) or ""
    name = _OPTION if _OPTION in settings.run else None
    if not file.endswith(".toml"):
        return file, *ini.locate(text, settings.table[0], name)
    # Imported here: places are needed only for findings.
    from async_test_template.config.toml import edits as toml

    return file, *toml.locate(text, (*settings.table, name) if name else settings.table)


def _command(project: Project) -> tuple[str, int, int] | None:
    """Return the place of the option or the command that measures coverage."""
    if any(re.search(_MEASURES, option.text) for option in project.settings.addopts):
        return project.settings.file, *project.settings.place("addopts")
    found = (command for command in project.commands if re.search(_MEASURES, command.text))
    return next(((command.file, command.line, 1) for command in found), None)


def _extended(settings: CoverageSettings, listed: Sequence[str]) -> Change:
    """Add greenlets; threads are followed only as long as nothing is set, or if they are listed."""
    at = (*settings.table, _OPTION)
    is_toml = settings.file.endswith(".toml")
    if not listed:
        both = ["thread", _GREENLET]
        return Change(settings.file, "set", at, both if is_toml else ", ".join(both))
    if is_toml:
        return Change(settings.file, "append", at, _GREENLET)
    value = settings.run[_OPTION].rstrip(", ")
    separator = "\n" if "\n" in value else ", "
    return Change(settings.file, "set", at, f"{value}{separator}{_GREENLET}")


def _severity(project: Project, settings: CoverageSettings, words: str) -> Severity:
    """Tell whether queries surely run, and a number that is too low fails the run."""
    is_judged = settings.report.get("fail_under") or re.search(_THRESHOLD, words)
    return Severity.WARNING if is_judged and _installs_greenlet(project) else Severity.ADVICE


RULE = Rule(
    code="AT219",
    name="coverage-greenlet",
    severity=Severity.WARNING,
    tier=Tier.SAFE,
    check=_check,
    only_with=(CODE,),
    python="<3.14",
    libraries=("coverage", "greenlet", "pytest-cov", "sqlalchemy", "sqlmodel"),
)

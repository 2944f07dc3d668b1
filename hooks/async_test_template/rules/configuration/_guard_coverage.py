"""The template's files in a measurement of the tests by coverage: nobody here wrote them."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from async_test_template.findings import Change
from async_test_template.rules.coverage_settings import coverage_settings, words_for_pytest
from async_test_template.rules.guard import CONTRACT, VENDORED

if TYPE_CHECKING:
    from async_test_template.project import Project
    from async_test_template.rules.coverage_settings import CoverageSettings

#: What coverage is to omit.
FILES = ("tests/async_guard.py", f"{VENDORED}/*", f"tests/{CONTRACT}")
_SOURCE = re.compile(r"--(?:cov|source)[= ]([^\s-]\S*)")
_MEASURES = re.compile(r"--cov\b(?!-)|\bcoverage run\b")
_DEFAULT = "pyproject.toml"


def is_counted(project: Project) -> bool:
    """Tell whether coverage counts the guard's files, so that they decide about a threshold."""
    settings = coverage_settings(project)
    if settings is None or "include" in settings.run:
        return False
    words = words_for_pytest(project)
    given = [name for value in _SOURCE.findall(words) for name in value.split(",")]
    given += settings.listed("source") + settings.listed("source_pkgs")
    sources = {name.strip("\"'").removeprefix("./").rstrip("/") for name in given}
    is_measured = not {"tests", ".", ""}.isdisjoint(sources) or (
        not sources and _MEASURES.search(words) is not None
    )
    omitted = [*settings.listed("omit"), *settings._replace(run=settings.report).listed("omit")]
    return is_measured and not any(_covers(pattern) for pattern in omitted)


def _covers(pattern: str) -> bool:
    file = f"{VENDORED}/plugin.py"
    return fnmatchcase(file, pattern.removeprefix("./")) or fnmatchcase(f"/{file}", pattern)


def leave_out(project: Project) -> tuple[Change, ...]:
    """Return the edits that leave them out, none where that is for a person to write."""
    settings = coverage_settings(project)
    if settings is None or not settings.is_editable:
        return ()
    if settings.file:
        return _extended(settings)
    if project.tree.read(_DEFAULT) is None:
        return ()
    return (Change(_DEFAULT, "set", ("tool", "coverage", "run", "omit"), list(FILES)),)


def _extended(settings: CoverageSettings) -> tuple[Change, ...]:
    at = (*settings.table, "omit")
    written = settings.run.get("omit")
    if settings.file.endswith(".toml"):
        if isinstance(written, list):
            return tuple(Change(settings.file, "append", at, name) for name in FILES)
        return (Change(settings.file, "set", at, list(FILES)),) if written is None else ()
    if not settings.file.endswith((".ini", ".cfg", ".coveragerc")):
        return ()
    old = str(written).rstrip(", ").split("\n") if written else []
    return (Change(settings.file, "set", at, "\n".join([*old, *FILES])),)

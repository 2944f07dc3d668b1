"""AT919: hooks that ask for a path of the old library `py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, is_chosen_by_version
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source

_ARGUMENTS = {
    "pytest_ignore_collect": ("path", "collection_path"),
    "pytest_collect_file": ("path", "file_path"),
    "pytest_pycollect_makemodule": ("path", "module_path"),
    "pytest_report_header": ("startdir", "start_path"),
    "pytest_report_collectionfinish": ("startdir", "start_path"),
}


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for _, function in sorted(source.functions.items()):
        old, new = _ARGUMENTS.get(function.name, ("", ""))
        is_old = any(argument.arg == old for argument in function.args.args)
        if is_old and not is_chosen_by_version(source, function):
            yield code_finding(
                RULE.code,
                source,
                function,
                f"the hook {function.name} no longer has the argument {old}",
                hint=f"use {new}, which is a pathlib.Path",
            )


RULE = Rule(
    code="AT919",
    name="py-path-hook-argument",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    visit=_visit,
    words=rb"pytest_ignore_collect|pytest_collect_file|pytest_pycollect_makemodule|pytest_report_",
    where=Where.EVERYWHERE,
    alone=True,
    expects=("DeprecationWarning",),
    libraries=("pytest",),
    broken_since=(("pytest", "9.0"),),
)

"""AT303: `timeout_method = thread`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule
from async_test_template.rules.timeouts._timeouts import is_of_plugin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    if settings.effective("timeout_method") != "thread":
        return
    # On Windows the method signal is an error.
    if _is_for_windows(project) or not is_of_plugin(project):
        return
    in_addopts = settings.option_value("--timeout-method") == "thread"
    edits = settings.set_all({"timeout_method": "signal"}) or ()
    yield settings.finding(
        RULE.code,
        "with the method thread the first timeout ends the whole run",
        "addopts" if in_addopts else "timeout_method",
        tier=Tier.UNSAFE,
        edits=edits,
        hint="on Windows thread is the only method",
    )


def _is_for_windows(project: Project) -> bool:
    """Tell whether the tests also run on Windows, according to CI or the package's metadata."""
    tree = project.tree
    workflows = tree.names(".github/workflows")
    files = (
        *workflows,
        "pyproject.toml",
        "setup.cfg",
        "setup.py",
        "azure-pipelines.yml",
        "tox.ini",
    )
    if any(re.search(rb"(?i)windows|win32", tree.read(file) or b"") for file in files):
        return True
    return tree.read("appveyor.yml") is not None or tree.read(".appveyor.yml") is not None


RULE = Rule(
    code="AT303",
    name="timeout-method-thread",
    severity=Severity.ADVICE,
    tier=Tier.UNSAFE,
    check=_check,
    only_with=("timeout_method", "--timeout-method"),
)

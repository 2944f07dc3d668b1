"""AT301: `--timeout_method`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule
from async_test_template.rules.timeouts._timeouts import is_of_plugin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    option = settings.option("--timeout_method")
    if option is None or not is_of_plugin(project):
        return
    edits = settings.replace_option(option, option.text.replace("_", "-", 1))
    yield settings.finding(
        RULE.code,
        "--timeout_method is the old spelling of --timeout-method",
        "addopts",
        tier=Tier.SAFE,
        edits=edits,
    )


RULE = Rule(
    code="AT301",
    name="timeout-option-spelling",
    severity=Severity.ADVICE,
    tier=Tier.SAFE,
    check=_check,
    only_with=("--timeout_method",),
)

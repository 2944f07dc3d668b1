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
    edit = settings.replace_option(option, option.text.replace("_", "-", 1))
    yield settings.finding(
        RULE.code,
        "--timeout_method is the old spelling of --timeout-method",
        "addopts",
        tier=Tier.SAFE if edit else Tier.REPORT,
        edits=(edit,) if edit else (),
    )


RULE = Rule(
    code="AT301",
    name="timeout-option-spelling",
    title="`--timeout_method` is spelt in the old way",
    why=(
        "pytest-timeout lists the option with an underscore as deprecated, and only names the "
        "one with a hyphen in its documentation of the command line."
    ),
    since="pytest-timeout 0.4",
    source=(
        "[pytest-timeout 0.4, changelog in the README]"
        "(https://github.com/pytest-dev/pytest-timeout/blob/2.4.0/README.rst#04)"
    ),
    severity=Severity.ADVICE,
    because="Both spellings do the same in every release so far.",
    tier=Tier.SAFE,
    check=_check,
)

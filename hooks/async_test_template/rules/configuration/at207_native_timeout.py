"""AT207: `timeout` in a native table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    value = settings.options.get("timeout")
    if settings.holder != "native" or value is None:
        return
    whole = isinstance(value, (int, float, str)) and str(value).replace(".", "", 1).isdigit()
    free = whole and settings.option("--timeout") is None
    edits = (settings.delete("timeout"), settings.append_option(f"--timeout={value}"))
    found = settings.finding(
        RULE.code,
        f"timeout = {value!r} in a native table works with only some versions of pytest-timeout",
        "timeout",
        tier=Tier.UNSAFE if free else Tier.REPORT,
        edits=edits if free else (),
        hint="use [tool.pytest.ini_options], or --timeout in addopts",
    )
    # A text works with every release that is out.
    yield found._replace(severity=Severity.ADVICE) if isinstance(value, str) else found


RULE = Rule(
    code="AT207",
    name="native-timeout",
    severity=Severity.WARNING,
    tier=Tier.UNSAFE,
    check=_check,
    only_with=("native",),
)

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
    yield settings.finding(
        RULE.code,
        f"timeout = {value!r} in a native table suits only some versions of pytest-timeout",
        "timeout",
        tier=Tier.UNSAFE if free else Tier.REPORT,
        edits=edits if free else (),
        hint="use [tool.pytest.ini_options], or --timeout in addopts",
    )


RULE = Rule(
    code="AT207",
    name="native-timeout",
    title="The timeout stands in a native table",
    why=(
        "pytest-timeout 2.4 wants a string there, and 2.5, which was withdrawn over it, a "
        "number. The wrong one ends pytest with status 4. An option in addopts suits both."
    ),
    since="pytest 9.0, with pytest-timeout 2.4 and 2.5",
    source=(
        "[pytest-timeout 2.5.0, changelog]"
        "(https://github.com/pytest-dev/pytest-timeout/blob/2.5.0/README.rst)"
    ),
    severity=Severity.WARNING,
    because="No value suits all versions of pytest-timeout that there are.",
    tier=Tier.UNSAFE,
    check=_check,
)

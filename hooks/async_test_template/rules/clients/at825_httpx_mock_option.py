"""AT825: fixtures that once were the options of pytest-httpx."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source

#: Each fixture, with the argument of the mark that replaces it.
_NEW = {
    "assert_all_responses_were_requested": "assert_all_responses_were_requested=False",
    "non_mocked_hosts": "should_mock=lambda request: request.url.host not in [...]",
}


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for fixture in source.module.fixtures:
        new = _NEW.get(fixture.name)
        function = source.functions.get(fixture.line)
        if new is not None and function is not None:
            yield code_finding(
                RULE.code,
                source,
                function,
                f"pytest-httpx does not look at the fixture {fixture.name}",
                hint=f"give the tests the mark pytest.mark.httpx_mock({new}), in conftest.py by "
                "item.add_marker in pytest_collection_modifyitems",
            )


RULE = Rule(
    code="AT825",
    name="httpx-mock-option",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    about="pytest-httpx",
    visit=_visit,
    words=rb"assert_all_responses_were_requested|non_mocked_hosts",
    where=Where.TESTS,
    alone=True,
    broken_since=(("pytest-httpx", "0.31"),),
)

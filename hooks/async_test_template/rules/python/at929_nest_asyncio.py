"""AT929: nest_asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Tier
from async_test_template.rules.on_code import calls, code_finding, is_test_code
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    if not is_test_code(source):
        return
    for call in calls(source, "nest_asyncio.apply"):
        yield code_finding(
            RULE.code,
            source,
            call,
            "nest_asyncio.apply() takes the current task away from asyncio",
            hint="await what is run inside of a loop; then nothing has to be nested",
        )


RULE = Rule(
    code="AT929",
    name="nest-asyncio",
    title="Tests run on nest_asyncio",
    why=(
        "asyncio.timeout, wait_for and TaskGroup fail in every async test of the run: "
        "`RuntimeError: Timeout should be used inside a task`. It asks for policies as well, which "
        "are deprecated. The package is archived."
    ),
    since="Python 3.14 (nest_asyncio 1.6.0, the last)",
    tier=Tier.REPORT,
    python=">=3.14",
    visit=_visit,
    words=rb"nest_asyncio",
    where=Where.EVERYWHERE,
    alone=True,
)

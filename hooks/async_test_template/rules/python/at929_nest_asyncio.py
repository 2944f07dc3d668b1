"""AT929: nest_asyncio."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import calls, code_finding, is_below, is_test_code
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    if not is_test_code(source):
        return
    for call in calls(source, "nest_asyncio.apply"):
        # What is done only in a notebook no test does.
        if is_below(source, call, _NOTEBOOK):
            continue
        yield code_finding(
            RULE.code,
            source,
            call,
            "nest_asyncio.apply() takes the current task away from asyncio",
            hint="await what is run inside of a loop; then nothing has to be nested",
        )


_NOTEBOOK = re.compile(r"ipython|ipykernel|jupyter|notebook|colab", re.IGNORECASE)

RULE = Rule(
    code="AT929",
    name="nest-asyncio",
    title="Tests run on nest_asyncio",
    why=(
        "asyncio.timeout, wait_for and TaskGroup fail in every async test of the run: "
        "`RuntimeError: Timeout should be used inside a task`. It asks for policies too, which are "
        "deprecated. The package is archived."
    ),
    since="Python 3.14, with nest_asyncio 1.6.0, the last release",
    source=(
        "[ib_async with nest_asyncio 1.6.0 on Python 3.14, issue 200]"
        "(https://github.com/ib-api-reloaded/ib_async/issues/200)"
    ),
    severity=Severity.WARNING,
    because="The tests work up to Python 3.13, and not on 3.14.",
    tier=Tier.REPORT,
    python=">=3.14",
    visit=_visit,
    words=rb"nest_asyncio",
    where=Where.EVERYWHERE,
    alone=True,
)

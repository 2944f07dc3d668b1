"""AT507: a loop policy set for the whole process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Example, Finding, Rule, Tier
from async_test_template.rules._code import (
    calls,
    code_finding,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    if not (source.file.endswith("conftest.py") or source.module.tests):
        return
    for call in calls(source, "asyncio.set_event_loop_policy", "uvloop.install"):
        yield code_finding(
            RULE.code,
            source,
            call,
            f"{source.names.resolve(call.func)} sets the policy of the whole process",
            hint="return the loop's factory from pytest_asyncio_loop_factories in conftest.py",
        )


RULE = Rule(
    code="AT507",
    name="policy-set-in-tests",
    title="Tests set an event loop policy",
    why=(
        "Deprecated in Python 3.14 and gone in 3.16; which tests it reaches depends on their order."
    ),
    since="Python 3.14",
    tier=Tier.REPORT,
    check=None,
    visit=_visit,
    words=rb"set_event_loop_policy|uvloop",
    alone=True,
    invalid=(
        Example(
            before={
                "conftest.py": (
                    "import uvloop\n\nuvloop.install()\n\n\ndef pytest_configure(config):\n"
                    "    pass\n"
                )
            }
        ),
    ),
    valid=({"app.py": "import uvloop\n\nuvloop.install()\n"},),
)

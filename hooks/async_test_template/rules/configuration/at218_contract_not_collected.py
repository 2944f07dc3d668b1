"""AT218: the template's tests, which pytest does not collect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.facts import CODE
from async_test_template.rules.guard import contract_of
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    contract = contract_of(project)
    if contract is None:
        return
    # Imported here: most repositories have no such tests.
    from async_test_template.rules.obstacles import obstacles

    for obstacle in obstacles(project, contract):
        yield project.settings.finding(
            RULE.code,
            f"{obstacle.sentence}, so the tests of the configuration never run",
            obstacle.setting,
            tier=Tier.SAFE if obstacle.edits else Tier.REPORT,
            edits=obstacle.edits,
            hint="" if obstacle.edits else f"change {obstacle.setting}, or move the file",
        )


RULE = Rule(
    code="AT218",
    name="contract-not-collected",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    check=_check,
    only_with=(CODE,),
)

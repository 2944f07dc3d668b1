"""What must be true of a repository, and of a place in it, for a rule's finding to stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.dependencies.bounds import minors
from async_test_template.findings import Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from async_test_template.findings import Finding, Rule
    from async_test_template.project import Project
    from async_test_template.source.source import Source


def within_premises(
    project: Project,
    rule: Rule,
    source: Source | None,
    findings: Iterable[Finding],
) -> Iterator[Finding]:
    """Yield the findings whose premises hold, each with no more of a fix than they allow.

    Args:
        project: the repository.
        rule: the rule that found them.
        source: the file that they are in, None where the rule looks at the whole repository.
        findings: what it found.

    """
    if rule.python:
        findings = _reached(project, rule, source, findings)
    for finding in findings:
        yield _within_gate(project, rule, finding)


def _reached(
    project: Project, rule: Rule, source: Source | None, findings: Iterable[Finding]
) -> Iterator[Finding]:
    """Yield the findings that one of the Pythons comes to that the rule speaks of.

    Those that the project does not admit do not count.
    """
    # Imported here: what looks at configuration alone starts without `ast`.
    from async_test_template.source.reach import Reach

    pythons = minors(rule.python) & minors(project.dependencies.requires_python)
    reach: Reach | None = None
    for finding in findings:
        reached = pythons
        if source is not None and finding.file == source.file:
            reach = reach or Reach(source)
            reached = pythons & reach.at(finding.line, finding.column)
        if reached:
            yield finding


def _within_gate(project: Project, rule: Rule, finding: Finding) -> Finding:
    """Take the fix out of a finding if the repository allows versions that are too old for it."""
    if all(project.dependencies.at_least(name, version) for name, version in rule.gate):
        return finding
    needs = " and ".join(f"{name} >= {version}" for name, version in rule.gate)
    hint = f"the fix needs {needs}, and the repository allows older ones"
    return finding._replace(tier=Tier.REPORT, edits=(), hint=hint)

"""The conditions under which a rule's finding, and its fix, are valid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.dependencies.bounds import minors
from async_test_template.findings import Severity, Tier
from async_test_template.rules.premises.about import Presence, presence
from async_test_template.rules.premises.asked import against

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from async_test_template.findings import Change, Finding
    from async_test_template.project import Project
    from async_test_template.rules.rule import Rule
    from async_test_template.source.reach import Reach
    from async_test_template.source.source import Source


def within_premises(
    project: Project,
    rule: Rule,
    source: Source | None,
    findings: Iterable[Finding],
) -> Iterator[Finding]:
    """Yield the findings whose premises hold, each with a fix only if they allow it.

    Args:
        project: the repository.
        rule: the rule that found them.
        source: the file of the findings, None if the rule looks at the whole repository.
        findings: what it found.

    """
    if rule.python:
        findings = _reached(project, rule, source, findings)
    if rule.expects and source is not None:
        findings = _unexpected(rule, source, findings)
    if (rule.about or rule.libraries) and source is not None:
        findings = _unguarded(source, findings)
    if source is not None:
        findings = _run(source, findings)
    for finding in findings:
        found = _within_needs(project, rule, finding)
        if found is not None:
            # Every rule may report what can be found and not fixed.
            yield found if found.edits else found._replace(tier=Tier.REPORT)


def _unexpected(rule: Rule, source: Source, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings whose error no test expects; if a test may expect it, they only report."""
    # Imported here for the same reason as below.
    from async_test_template.rules.premises.expected import Wish, wish

    for finding in findings:
        wanted = wish(source, finding, rule.expects) if finding.file == source.file else None
        if wanted is Wish.PERHAPS:
            hint = (
                "the test expects an error or a warning here: change the code if it is not this one"
            )
            yield finding.only_reported(hint)
        elif wanted is None:
            yield finding


def _unguarded(source: Source, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings whose code runs with every version of the packages."""
    from async_test_template.rules.premises.guarded import is_guarded

    for finding in findings:
        if finding.file != source.file or not is_guarded(source, finding.line):
            yield finding


def _run(source: Source, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings, as advice if they are in a test that is always skipped."""
    from async_test_template.rules.premises.skipped import is_skipped

    for finding in findings:
        is_run = finding.file != source.file or not is_skipped(source, finding.line)
        yield finding if is_run else finding._replace(severity=Severity.ADVICE)


def _reached(
    project: Project, rule: Rule, source: Source | None, findings: Iterable[Finding]
) -> Iterator[Finding]:
    """Yield the findings that run on one of the Pythons that the rule is about.

    Pythons that the project does not support do not count.
    """
    reach: Reach | None = None
    for finding in findings:
        reached = minors(rule.python) & minors(project.dependencies.requires_python)
        if source is not None and finding.file == source.file:
            # Imported here: what looks at configuration alone starts without `ast`.
            from async_test_template.source.reach import Reach

            reach = reach or Reach(source)
            reached &= reach.at(finding.line, finding.column)
        if reached:
            yield finding


def is_possible(project: Project, rule: Rule) -> bool:
    """Tell whether findings of a rule are possible, as far as the settings tell."""
    reaches = project.dependencies.may_reach
    return (
        project.metadata.name not in rule.libraries
        and all(reaches(name, version) for name, version in rule.needs)
        and all(map(project.dependencies.has, rule.beside))
    )


def may_stand(project: Project, rule: Rule) -> bool:
    """Tell whether findings of a rule are possible in the repository, at any place."""
    return not rule.about or presence(project, rule.about) is not Presence.ABSENT


def within_repository(
    project: Project, rules: Iterable[Rule], findings: Iterable[Finding]
) -> Iterator[Finding]:
    """Yield the findings of rules whose plugin or library the repository uses.

    This is known only when every file has been read, and some rules look at one file only.
    """
    known = {rule.code: rule for rule in rules}
    for found_first in findings:
        rule = known[found_first.code]
        if project.metadata.name in rule.libraries:
            continue
        if rule.warning and _ignores(project, rule.warning):
            continue
        if _is_data(project, found_first.file):
            continue
        if rule.visit is not None and _is_never_loaded(project, found_first.file):
            continue
        if rule.python and not _is_collected(project, rule, found_first.file):
            continue
        finding = _placed(project, rule, found_first)
        package = rule.about
        found = presence(project, package) if package else Presence.THERE
        if found is Presence.PERHAPS and finding.edits:
            hint = f"the fix needs {package}, which no dependency installs"
            yield finding.only_reported(hint)
        elif found is not Presence.ABSENT:
            yield _left_to_a_person(project, rule, finding)


def _ignores(project: Project, warning: str) -> bool:
    # Imported here, as in `_why_left`: settings alone are often as they should be.
    from async_test_template.rules.premises.deliberate import ignores

    return ignores(project, warning)


def _is_data(project: Project, file: str) -> bool:
    """Tell whether a file is named like tests, and lies where pytest is told never to look.

    Such files are data of other tests: examples of what goes wrong, or input of a tool.
    """
    is_test = file.endswith(".py") and project.reader.is_test_file(file)
    return is_test and project.collection.is_never_entered(file)


def _is_collected(project: Project, rule: Rule, file: str) -> bool:
    """Tell whether one of the Pythons that a rule is about collects a file."""
    ignored = project.collection.ignored_on(file)
    supported = minors(rule.python) & minors(project.dependencies.requires_python)
    return not ignored or not supported <= ignored


def _is_never_loaded(project: Project, file: str) -> bool:
    # Imported here: settings alone need nothing that reads code.
    from async_test_template.rules.premises.unloaded import is_never_loaded

    return is_never_loaded(project, file)


def _placed(project: Project, rule: Rule, finding: Finding) -> Finding:
    """Make advice of a finding if no declared version is broken yet."""
    stays_below = project.dependencies.stays_below
    if rule.broken_since and all(stays_below(*release) for release in rule.broken_since):
        return finding._replace(severity=Severity.ADVICE)
    return finding


def _left_to_a_person(project: Project, rule: Rule, finding: Finding) -> Finding:
    """Remove the fix of a finding if somebody has decided otherwise, or configured it elsewhere."""
    hint = _why_left(project, rule, finding) if finding.edits else ""
    return finding.only_reported(hint) if hint else finding


def _why_left(project: Project, rule: Rule, finding: Finding) -> str:
    """Return the reason against a fix, or ""."""
    from async_test_template.rules.premises.deliberate import (
        brings_pytest,
        explained,
        own_package,
    )
    from async_test_template.rules.premises.mark_readers import OF_FIXTURES, loop_maker, mark_reader

    if wanted := against(project, finding):
        return f"{wanted} was asked for, and the fix needs another value"
    package = own_package(project, finding.file) if rule.about else ""
    if package and not (
        project.dependencies.of(rule.about) and not brings_pytest(project, package)
    ):
        return f"the tests are those of {package}, which has its own dependencies"
    if rule.mark and (reader := mark_reader(project, rule.mark)):
        looked_at = "marks of functions" if rule.mark == OF_FIXTURES else f"the mark {rule.mark}"
        return f"{reader} may read {looked_at}: check whether that still works"
    if rule.gives_loop and (maker := loop_maker(project)):
        return f"{maker} may need the loop that pytest-asyncio < 1.0 sets up for the mark"
    if finding.tier is Tier.UNSAFE and (name := explained(project, finding)):
        return f"the comment above {name} gives a reason: decide whether it is still right"
    return ""


def _within_needs(project: Project, rule: Rule, finding: Finding) -> Finding | None:
    """Remove the fix of a finding if it is wrong for a version that may be installed.

    None if no version may be installed that the rule is about.
    """
    dependencies = project.dependencies
    if not all(dependencies.may_reach(name, version) for name, version in rule.needs):
        return None
    if not (rule.needs and finding.edits):
        return finding
    if any(dependencies.allows_below(name, version) for name, version in rule.needs):
        if rule.severity is Severity.ERROR and (edits := _raised(project, rule)):
            # Imported here: hardly any check needs it.
            from async_test_template.conflicts import beside

            return finding._replace(tier=Tier.UNSAFE, edits=beside(edits, finding.edits))
        found = finding.only_reported(_needs(rule.needs))
        # A supported version knows nothing else, and with the newest nothing is broken yet.
        is_early = rule.severity is Severity.WARNING
        return found._replace(severity=Severity.ADVICE) if is_early else found
    is_sure = all(dependencies.at_least(name, version) for name, version in rule.needs)
    if finding.tier is Tier.SAFE and not is_sure and _only_warns(rule):
        return finding._replace(tier=Tier.UNSAFE)
    return finding


def _raised(project: Project, rule: Rule) -> tuple[Change, ...]:
    """Return the edits that exclude the versions for which a fix of code is wrong.

    There are none if one cannot be excluded, or if more than the tests may need the package.
    """
    edits: list[Change] = []
    for name, version in rule.needs:
        raised = project.dependencies.raised(name, version) if _is_of_tests(project, name) else ()
        if not raised or rule.visit is None:
            return ()
        edits += raised
    return tuple(edits)


def _is_of_tests(project: Project, name: str) -> bool:
    """Tell whether a package is one of pytest's, or always declared beside those."""
    lists = [{entry.name for entry in declared} for _, declared in project.dependencies.lists]
    return name.startswith("pytest") or all(
        any(other.startswith("pytest") for other in names) for names in lists if name in names
    )


def _needs(versions: tuple[tuple[str, str], ...]) -> str:
    needs = " and ".join(f"{name} >= {version}" for name, version in versions)
    return f"the fix needs {needs}, and the repository allows older ones"


def _only_warns(rule: Rule) -> bool:
    return bool(rule.expects) and all(name.endswith("Warning") for name in rule.expects)

"""All rules, one per file: `marks/at601_mark_scope_argument.py` has AT601 as RULE."""

from __future__ import annotations

import os
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from async_test_template.errors import EditError, UserError
from async_test_template.faults import Fault, fault_of
from async_test_template.findings import Found
from async_test_template.rules.premises.apply import may_stand, within_premises, within_repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from async_test_template.findings import Finding
    from async_test_template.project import Project
    from async_test_template.rules.pages import Head
    from async_test_template.rules.rule import Rule
    from async_test_template.source.source import Source

_HERE = Path(__file__).parent
# By `os.listdir`, because it is done at every start: `os.walk` takes five times as long, and
# `Path.glob` ten times. A family is a folder, whose name has no dot.
_MODULES = {
    file[:5].upper(): f"{family}.{file[:-3]}"
    for family in os.listdir(_HERE)  # noqa: PTH208 - as above
    if "." not in family
    for file in os.listdir(_HERE / family)  # noqa: PTH208 - as above
    if file.startswith("at") and file.endswith(".py")
}
#: The codes of all rules, in order.
CODES = tuple(sorted(_MODULES))
#: The name of each rule by its code.
NAMES = {code: _MODULES[code].partition("_")[2].replace("_", "-") for code in CODES}
#: The rules before this code need a run of the tests.
FIRST_STATIC = "AT1"
#: The rules from this code on are about Python code.
FIRST_ON_CODE = "AT5"


@cache
def load(code: str) -> Rule:
    """Import one rule.

    Rules are not imported all at once: those on code take as long as checking a configuration.
    """
    rule: Rule = import_module(f"{__name__}.{_MODULES[code]}").RULE
    return rule


def family_of(code: str) -> str:
    """Return the folder of a rule."""
    return _MODULES[code].partition(".")[0]


def page_of(code: str) -> Path:
    """Return the path of a rule's page."""
    return _HERE / f"{_MODULES[code].replace('.', '/')}.md"


@cache
def head_of(code: str) -> Head:
    """Read what the page of a rule says above its examples."""
    # Only output for people needs a page.
    from async_test_template.rules.pages import read_head

    return read_head(page_of(code))


def load_all(codes: Iterable[str]) -> tuple[tuple[Rule, ...], tuple[Fault, ...]]:
    """Import some rules; a rule that cannot be imported is a fault, and the others are returned."""
    loaded = [_load_or_tell(code) for code in codes]
    faults = tuple(one for one in loaded if isinstance(one, Fault))
    return tuple(one for one in loaded if not isinstance(one, Fault)), faults


def _load_or_tell(code: str) -> Rule | Fault:
    try:
        return load(code)
    except Exception as error:  # noqa: BLE001 - told to the user, with all of it
        return fault_of(error, rules=(code,))


def run(project: Project, rules: Iterable[Rule]) -> Found:
    """Return the findings of some rules, by file, line and code, as far as their premises hold.

    The findings of rules that look at one file only come from `rules.looking`, with which the
    project was created. If a rule fails, the others still run.

    Raises:
        UserError: a file cannot be read or parsed.

    """
    rules = tuple(rules)
    found = [
        judge(project, rule, None, project.settings.file)
        for rule in rules
        if rule.check is not None
    ]
    if any(rule.visit is not None for rule in rules):
        found.append(Found(project.code.findings, project.code.faults))
        found += _visit(project, [r for r in rules if r.visit is not None and not r.alone])
    whole = _within_repository(project, rules, joined(found))
    order = sorted(whole.findings, key=lambda f: (f.file, f.line, f.column, f.code, f.message))
    return Found(tuple(order), whole.faults)


def _visit(project: Project, rules: Sequence[Rule]) -> list[Found]:
    """Show each file to all rules at once, so that none is parsed more often than needed."""
    # Imported here: settings alone are looked at in one process.
    from async_test_template.spread import spread

    waiting = project.code.waiting if rules else {}
    by_code = {rule.code: rule for rule in rules if holds(may_stand, project, rule)}
    wanted = {
        file: [by_code[code] for code in codes if code in by_code]
        for file, codes in waiting.items()
    }
    files = [file for file in wanted if wanted[file]]
    size = sum(len(project.tree.read(file) or b"") for file in files)

    def visit(file: str) -> Found:
        source = project.code.sources.get(file)
        return joined(judge(project, rule, source, file) for rule in wanted[file])

    return spread(visit, files, size)


def holds(premise: Callable[[Project, Rule], bool], project: Project, rule: Rule) -> bool:
    """Tell whether a premise of a rule holds, or nobody can tell.

    Raises:
        UserError: a file cannot be read or parsed.

    """
    try:
        return premise(project, rule)
    except (UserError, OSError):
        raise
    except Exception:  # noqa: BLE001 - the rule meets it again, and is told by its name
        return True


def judge(project: Project, rule: Rule, source: Source | None, file: str) -> Found:
    """Run one rule."""

    def findings() -> Iterable[Finding]:
        found: Iterable[Finding] = ()
        if source is not None and rule.visit is not None:
            found = rule.visit(project, source)
        elif rule.check is not None:
            found = rule.check(project)
        return within_premises(project, rule, source, found)

    return _told(findings, rule.code, file)


def _within_repository(project: Project, rules: Sequence[Rule], found: Found) -> Found:
    by_code: dict[str, list[Finding]] = {}
    for finding in found.findings:
        by_code.setdefault(finding.code, []).append(finding)
    kept = [
        _told(partial(within_repository, project, rules, alike), code, alike[0].file)
        for code, alike in by_code.items()
    ]
    return joined([*kept, Found(faults=found.faults)])


def _told(findings: Callable[[], Iterable[Finding]], code: str, file: str) -> Found:
    """Return what a rule finds; an exception is a fault of ours, unless a file is the reason."""
    try:
        return Found(tuple(findings()))
    except EditError as error:
        # A rule that offers a fix has to know whether the fix is possible.
        return Found(faults=(fault_of(error, rules=(code,), file=file),))
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001 - told to the user, with all of it
        return Found(faults=(fault_of(error, rules=(code,), file=file),))


def joined(found: Iterable[Found]) -> Found:
    """Put what several rules found together."""
    everything = tuple(found)
    return Found(
        tuple(finding for one in everything for finding in one.findings),
        tuple(fault for one in everything for fault in one.faults),
    )

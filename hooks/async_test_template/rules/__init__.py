"""Every rule, one a file: `at601_mark_scope_argument.py` holds AT601 as RULE."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from async_test_template.findings import Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from async_test_template.findings import Finding, Rule
    from async_test_template.project import Project

_MODULES = {path.stem[:5].upper(): path.stem for path in Path(__file__).parent.glob("at*_*.py")}
#: The codes of all rules, in order.
CODES = tuple(sorted(_MODULES))
#: From here on the rules are about Python code.
FIRST_ON_CODE = "AT5"


@cache
def load(code: str) -> Rule:
    """Import one rule.

    Not all at once: those on code take as long as a whole check of a configuration.
    """
    rule: Rule = import_module(f"{__name__}.{_MODULES[code]}").RULE
    return rule


def run(project: Project, rules: Iterable[Rule]) -> list[Finding]:
    """Give the findings of some rules, by file, line and code.

    A fix whose gate is not met is left out: the finding then says which version it needs.
    """
    rules = tuple(rules)
    found = [(rule, f) for rule in rules if rule.check is not None for f in rule.check(project)]
    found += _visit(project, [rule for rule in rules if rule.visit is not None])
    findings = [
        finding if _gate_is_met(project, rule) else _without_fix(finding, rule)
        for rule, finding in found
    ]
    return sorted(findings, key=lambda f: (f.file, f.line, f.column, f.code, f.message))


def _visit(project: Project, rules: Sequence[Rule]) -> Iterator[tuple[Rule, Finding]]:
    """Show each file to all rules at once, so that none is parsed more often than needed."""
    if not rules:
        return
    for module in project.code.modules:
        data = project.tree.read(module.file) or b""
        wanted = [rule for rule in rules if re.search(rule.words, data)]
        if wanted:
            source = project.code.sources.get(module.file)
            for rule in wanted:
                if rule.visit is not None:
                    yield from ((rule, finding) for finding in rule.visit(project, source))


def _gate_is_met(project: Project, rule: Rule) -> bool:
    return all(project.dependencies.at_least(name, version) for name, version in rule.gate)


def _without_fix(finding: Finding, rule: Rule) -> Finding:
    needs = " and ".join(f"{name} >= {version}" for name, version in rule.gate)
    hint = f"the fix needs {needs}, and the repository allows older ones"
    return finding._replace(tier=Tier.REPORT, edits=(), hint=hint)

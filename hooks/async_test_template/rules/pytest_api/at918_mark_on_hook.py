"""AT918: `@pytest.mark.tryfirst` and similar marks on a hook."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, decorators, sure
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes, new_imports
from async_test_template.source.nodes import callee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

_OPTIONS = ("tryfirst", "trylast", "hookwrapper", "optionalhook")


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for _, function in sorted(source.functions.items()):
        if not function.name.startswith("pytest_"):
            continue
        found = [
            mark
            for option in _OPTIONS
            for mark in decorators(source, function, f"pytest.mark.{option}")
        ]
        if found:
            found.sort(key=source.start)
            options = ", ".join(f"{_option(mark)}=True" for mark in found)
            yield code_finding(
                RULE.code,
                source,
                found[0],
                f"the hook {function.name} has the mark {_option(found[0])}",
                tier=Tier.SAFE,
                fix=partial(_fix, source, function, found, options),
                hint=f"write @pytest.hookimpl({options})",
            )


def _name(mark: ast.expr) -> ast.Attribute | None:
    called = callee(mark)
    return called if isinstance(called, ast.Attribute) else None


def _option(mark: ast.expr) -> str:
    name = _name(mark)
    return name.attr if name is not None else "?"


def _fix(
    source: Source, function: Function, found: list[ast.expr], options: str
) -> tuple[Edit, ...]:
    first = _name(found[0])
    if any(decorators(source, function, "pytest.hookimpl")):
        raise EditError("it already has a hookimpl")
    if first is None or any(isinstance(m, ast.Call) and (m.args or m.keywords) for m in found):
        raise EditError("the mark is not a simple one")
    sure(source, first)
    imports: tuple[Edit, ...] = ()
    if isinstance(first.value, ast.Attribute):
        module = source.text(first.value.value)
    else:
        module, imports = new_imports.bind_module(source, "pytest")
    return (
        changes.replace_node(source, found[0], f"{module}.hookimpl({options})"),
        *(changes.remove_decorator(source, mark) for mark in found[1:]),
        *imports,
    )


RULE = Rule(
    code="AT918",
    name="mark-on-hook",
    severity=Severity.WARNING,
    tier=Tier.SAFE,
    visit=_visit,
    words=rb"tryfirst|trylast|hookwrapper|optionalhook",
    where=Where.EVERYWHERE,
    suspects=re.compile(rb"mark\.|mark[ \t]+as[ \t]").search,
    alone=True,
    expects=("DeprecationWarning",),
    libraries=("pytest",),
)

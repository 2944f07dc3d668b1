"""AT913: `asyncio.iscoroutinefunction`."""

from __future__ import annotations

import ast
import builtins
import re
import sys
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, sure
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes, new_imports
from async_test_template.source.nodes import callee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source


#: Since this Python the two functions agree on mocks.
_AGREE = (3, 13)
#: Where a function is passed on: as an argument, a value, an element.
_HANDED_ON = (
    ast.AnnAssign,
    ast.Assign,
    ast.Call,
    ast.Dict,
    ast.List,
    ast.Return,
    ast.Tuple,
    ast.keyword,
)
_MOCKS = re.compile(rb"[Mm]ock|\bpatch\b|autospec")


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    module = source.module
    if not (module.tests or source.file.endswith("conftest.py")):
        return
    for node in source.references("asyncio.iscoroutinefunction"):
        around = source.parents[node]
        call = around if isinstance(around, ast.Call) and around.func is node else None
        # A comparison, or the name of a mock's method, does not lead to a call.
        if call is None and not isinstance(around, _HANDED_ON):
            continue
        yield code_finding(
            RULE.code,
            source,
            node,
            "asyncio.iscoroutinefunction is deprecated",
            tier=_tier(project, source, call),
            fix=partial(_fix, source, node),
            hint="use inspect.iscoroutinefunction",
        )


def _tier(project: Project, source: Source, call: ast.Call | None) -> Tier:
    """Return how certain it is that inspect's function gives the same answer.

    Below Python 3.13 it returns false for a mock, and asyncio's returns true. A function that is
    defined in the file is not a mock; an imported name may have been replaced by one.
    """
    floor = project.dependencies.python_floor
    node = call.args[0] if call is not None and call.args else None
    if (
        (floor is not None and floor >= _AGREE)
        or isinstance(node, ast.Lambda)
        or (isinstance(node, ast.Name) and _is_plain(source, node.id))
    ):
        return Tier.SAFE
    if call is None:
        # It is unknown what the passed function will be asked about.
        return Tier.REPORT if source.holds(_MOCKS) else Tier.UNSAFE
    if node is None or source.holds(_MOCKS):
        return Tier.REPORT
    resolved = source.names.resolve(node)
    if resolved in vars(builtins) and resolved not in source.names.bound:
        return Tier.SAFE
    if not source.names.is_certain(node):
        return Tier.REPORT
    is_pythons = resolved.partition(".")[0] in sys.stdlib_module_names
    return Tier.SAFE if is_pythons else Tier.UNSAFE


def _is_plain(source: Source, name: str) -> bool:
    """Tell whether a name is one function of the file, with no decorator except marks."""
    defined = source.named(name)
    stored = any(
        isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
        for node in source.mentions.get(name, ())
    )
    return (
        len(defined) == 1
        and not isinstance(source.scope(defined[0]), ast.ClassDef)
        and not stored
        # A string with the name may patch it.
        and not re.search(rb"[\"'.]%s[\"']" % name.encode(), source.data)
        and name not in source.names.imported
        and all(node.arg != name for node in source.nodes.of(ast.arg))
        and not any(node.name == name for node in source.nodes.of(ast.ClassDef))
        and all(_is_mark(source, decorator) for decorator in defined[0].decorator_list)
    )


def _is_mark(source: Source, decorator: ast.expr) -> bool:
    called = callee(decorator)
    return source.names.resolve(called).startswith("pytest.mark.")


def _fix(source: Source, node: ast.expr) -> tuple[Edit, ...]:
    sure(source, node)
    name, imports = new_imports.bind_module(source, "inspect")
    return (changes.replace_node(source, node, f"{name}.iscoroutinefunction"), *imports)


RULE = Rule(
    code="AT913",
    name="asyncio-iscoroutinefunction",
    severity=Severity.WARNING,
    tier=Tier.SAFE,
    python=">=3.14",
    visit=_visit,
    words=rb"iscoroutinefunction",
    where=Where.TESTS,
    alone=True,
    expects=("DeprecationWarning",),
    libraries=("asynctest",),
)

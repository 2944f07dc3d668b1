"""AT931: `aiounittest`."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, sure
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes, new_imports
from async_test_template.source.nodes import callee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

_CASES = frozenset({"aiounittest.AsyncTestCase", "aiounittest.case.AsyncTestCase"})
_RUNNERS = frozenset(
    f"aiounittest.{module}{name}"
    for module in ("", "helpers.")
    for name in ("async_test", "run_sync")
)
_NEW = "unittest.IsolatedAsyncioTestCase"
#: What only aiounittest's test case has.
_OWN = "get_event_loop"


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for node in source.nodes.of(ast.ClassDef):
        base = next((one for one in node.bases if source.names.resolve(one) in _CASES), None)
        if base is not None:
            yield code_finding(
                RULE.code,
                source,
                node,
                f"{node.name} derives from aiounittest.AsyncTestCase",
                tier=Tier.UNSAFE,
                fix=partial(_fix_class, source, node, base),
                hint="derive it from unittest.IsolatedAsyncioTestCase",
            )
    for _, function in sorted(source.functions.items()):
        for decorator in function.decorator_list:
            if source.names.resolve(callee(decorator)) not in _RUNNERS:
                continue
            yield code_finding(
                RULE.code,
                source,
                decorator,
                f"aiounittest runs {function.name}",
                tier=Tier.UNSAFE,
                fix=partial(_fix_function, source, function, decorator),
                hint="remove the decorator, and derive the class from "
                "unittest.IsolatedAsyncioTestCase",
            )


def _fix_class(source: Source, node: ast.ClassDef, base: ast.expr) -> tuple[Edit, ...]:
    """Derive a class from the test case of unittest.

    Raises:
        EditError: it chooses its loop, or derives from another test case too.

    """
    sure(source, base)
    chosen = [method for method in node.body if getattr(method, "name", "") == _OWN]
    asked = [name for name in source.mentions.get(_OWN, ()) if _is_of_self(name)]
    if chosen or asked:
        raise EditError(f"its method {_OWN} is used")
    others = [source.names.resolve(one) for one in node.bases if one is not base]
    if any(name.endswith("TestCase") for name in others):
        raise EditError("it derives from another test case too")
    return _on_unittest(source, base)


def _is_of_self(name: ast.Name | ast.Attribute) -> bool:
    return isinstance(name, ast.Attribute) and getattr(name.value, "id", "") == "self"


def _on_unittest(source: Source, base: ast.expr) -> tuple[Edit, ...]:
    unittest, imports = new_imports.bind_module(source, "unittest")
    return (changes.replace_node(source, base, f"{unittest}.IsolatedAsyncioTestCase"), *imports)


def _fix_function(source: Source, function: Function, decorator: ast.expr) -> tuple[Edit, ...]:
    """Remove the decorator of an async test, and make its class one that runs it.

    Raises:
        EditError: it is no test of a class that derives from `unittest.TestCase` alone.

    """
    sure(source, callee(decorator))
    if isinstance(decorator, ast.Call) and (decorator.args or decorator.keywords):
        raise EditError("it gets a loop")
    owner = source.parents[function]
    if not isinstance(owner, ast.ClassDef) or not isinstance(function, ast.AsyncFunctionDef):
        raise EditError("it is no async test of a class")
    removed = changes.remove_decorator(source, decorator)
    names = {source.names.resolve(base) for base in owner.bases}
    if names & (_CASES | {_NEW}):
        return (removed,)
    if names != {"unittest.TestCase"}:
        raise EditError("its class does not derive from unittest.TestCase alone")
    return (removed, *_on_unittest(source, owner.bases[0]))


RULE = Rule(
    code="AT931",
    name="aiounittest",
    severity=Severity.WARNING,
    tier=Tier.UNSAFE,
    python=">=3.14",
    visit=_visit,
    words=rb"aiounittest",
    where=Where.EVERYWHERE,
    alone=True,
    libraries=("aiounittest",),
    warning="'asyncio.iscoroutinefunction' is deprecated",
)

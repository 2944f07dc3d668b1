"""What a conftest.py keeps pytest out of (`collect_ignore`), and on which Pythons."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.source.conditions import EVERY, Conditions
from async_test_template.source.items import Ignored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.source.conditions import Pythons
    from async_test_template.source.source import Source

_LISTS = frozenset({"collect_ignore", "collect_ignore_glob"})
_ADDS = frozenset({"append", "extend"})


def ignored(source: Source) -> tuple[Ignored, ...]:
    """Return what the lists of a file name, wherever its top level assigns or adds it.

    What another condition than one of the version decides is not certain, and is left out.
    """
    if b"collect_ignore" not in source.data:
        return ()
    found = _in_block(Conditions(source), source.tree.body, EVERY)
    return tuple(Ignored(path, pythons, pythons == EVERY) for path, pythons in found if pythons)


def _in_block(
    conditions: Conditions, block: list[ast.stmt], pythons: Pythons
) -> Iterator[tuple[str, Pythons]]:
    for statement in block:
        if isinstance(statement, ast.If):
            outcome = conditions.judge(statement.test)
            yield from _in_block(conditions, statement.body, pythons - outcome.false)
            yield from _in_block(conditions, statement.orelse, pythons - outcome.true)
        elif isinstance(statement, ast.Try):
            for handler in statement.handlers:
                lacking = conditions.lacking(statement, handler)
                known = pythons & lacking if lacking != EVERY else frozenset()
                yield from _in_block(conditions, handler.body, known)
        elif isinstance(statement, ast.With):
            yield from _in_block(conditions, statement.body, pythons)
        elif (value := _added(statement)) is not None:
            yield from _texts(conditions, value, pythons)


def _added(statement: ast.stmt) -> ast.expr | None:
    """Return what a statement assigns or adds to one of the lists."""
    targets: list[ast.expr] = []
    value: ast.expr | None = None
    if isinstance(statement, ast.Assign):
        targets, value = statement.targets, statement.value
    elif isinstance(statement, (ast.AugAssign, ast.AnnAssign)):
        targets, value = [statement.target], statement.value
    elif (
        isinstance(statement, ast.Expr)
        and isinstance(call := statement.value, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in _ADDS
        and call.args
    ):
        targets, value = [call.func.value], call.args[0]
    is_list = any(getattr(target, "id", "") in _LISTS for target in targets)
    return value if is_list else None


def _texts(
    conditions: Conditions, node: ast.expr, pythons: Pythons
) -> Iterator[tuple[str, Pythons]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value, pythons
    elif isinstance(node, ast.IfExp):
        outcome = conditions.judge(node.test)
        yield from _texts(conditions, node.body, pythons - outcome.false)
        yield from _texts(conditions, node.orelse, pythons - outcome.true)
    else:
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.expr):
                yield from _texts(conditions, part, pythons)

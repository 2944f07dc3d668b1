"""Where the statements of a Python file stand, small enough to be kept for thousands of files."""

from __future__ import annotations

import ast
from array import array
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from async_test_template.source.source import Source

#: Four numbers a statement: start, end, kind and depth.
Statements: TypeAlias = "array[int]"

_KINDS = {kind: number for number, kind in enumerate(ast.stmt.__subclasses__())}
_BLOCKS = ("body", "orelse", "finalbody")


def statements_of(source: Source) -> Statements:
    """Give the place, the kind and the depth of every statement, in no order.

    A decorated one begins with its first decorator. Places count as in `Source`.
    """
    found = array("L")
    blocks = [(source.tree.body, 0)]
    for block, depth in blocks:
        for statement in block:
            first = min(getattr(statement, "decorator_list", ()), key=_line, default=statement)
            found.extend(
                (source.start(first), source.end(statement), _KINDS[type(statement)], depth)
            )
            for branch in (
                statement,
                *getattr(statement, "handlers", ()),
                *getattr(statement, "cases", ()),
            ):
                blocks += [
                    (inner, depth + 1) for name in _BLOCKS if (inner := getattr(branch, name, None))
                ]
    return found


def _line(node: ast.expr) -> int:
    return node.lineno

"""Where the statements of a Python file are, small enough to be kept for thousands of files."""

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
_COMPOUND = {kind for kind in _KINDS if {"body", "cases"} & {*kind._fields}}


def statements_of(source: Source) -> Statements:
    """Return the place, the kind and the depth of every statement, in no order.

    A decorated one begins with its first decorator. Places count as in `Source`.
    """
    found = array("L")
    offset = source.offset
    blocks = [(source.tree.body, 0)]
    for block, depth in blocks:
        for node in block:
            decorators = getattr(node, "decorator_list", None)
            first = decorators[0] if decorators else node
            start = offset(first.lineno, first.col_offset)
            kind = node.__class__
            found.extend((start, source.end(node), _KINDS[kind], depth))
            if kind in _COMPOUND:
                branches = (node, *getattr(node, "handlers", ()), *getattr(node, "cases", ()))
                blocks += [
                    (inner, depth + 1)
                    for branch in branches
                    for name in _BLOCKS
                    if (inner := getattr(branch, name, None))
                ]
    return found

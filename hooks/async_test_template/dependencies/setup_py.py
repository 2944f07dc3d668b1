"""The content of a setup.py, as far as its call of `setup` has it as text."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.parsing import UNPARSABLE, parse_python

if TYPE_CHECKING:
    from collections.abc import Iterator


def read_setup(data: bytes, group: str) -> tuple[list[object], list[str]]:
    """Return the names of the project, and the lines of one group of its entry points."""
    names: list[object] = []
    entries: list[str] = []
    try:
        parsed = parse_python(data)
    except UNPARSABLE:
        return names, entries
    for keyword in _arguments(parsed):
        if keyword.arg == "name":
            names.append(_value(parsed, keyword.value))
        elif keyword.arg == "entry_points":
            entries += _entries(keyword.value, group)
    return names, entries


def _arguments(parsed: ast.Module) -> Iterator[ast.keyword]:
    """Yield the arguments of `setup(…)`."""
    for node in ast.walk(parsed):
        if isinstance(node, ast.Call) and "setup" in _name(node.func):
            yield from node.keywords


def _value(parsed: ast.Module, node: ast.expr) -> object:
    """Return the value of a constant, or of a name that the file assigns once."""
    if not isinstance(node, ast.Name):
        return _constant(node)
    assigned = [
        statement.value
        for statement in parsed.body
        if isinstance(statement, ast.Assign) and [node.id] == list(map(_name, statement.targets))
    ]
    return _constant(assigned[0]) if len(assigned) == 1 else None


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _constant(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _entries(node: ast.expr, group: str) -> list[str]:
    """Return the lines of a group in `entry_points=`, a mapping or the text of an INI file."""
    if isinstance(node, ast.Dict):
        return [
            line
            for key, value in zip(node.keys, node.values, strict=True)
            if key is not None and _constant(key) == group
            for inner in ast.walk(value)
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str)
            for line in inner.value.splitlines()
        ]
    text = _constant(node)
    if not isinstance(text, str):
        return []
    _, _, rest = text.partition(f"[{group}]")
    return rest.partition("\n[")[0].splitlines()

"""Arguments of a client that a dictionary has: `Client(**{"app": app})`, or one a line above."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.rules.on_code import has_stars, keyword
from async_test_template.rules.origin import bindings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.source.source import Source


class Unpacked(NamedTuple):
    """An argument that a call gets from a dictionary.

    Attributes:
        call: what gets it.
        key: its name in the dictionary.
        value: what it is.
        names: all names in the dictionary.
        is_alone: nothing else sees the dictionary or adds to it, and the call unpacks no other.

    """

    call: ast.Call
    key: ast.keyword | ast.Constant
    value: ast.expr
    names: frozenset[str]
    is_alone: bool


def unpacked(source: Source, name: str) -> Iterator[Unpacked]:
    """Yield the arguments of a name that calls get from a dictionary written in the file."""
    for node in source.nodes.near(name.encode()):
        found = _entry(source, node, name)
        if found is None or not isinstance(node, ast.expr):
            continue
        key, value, names, is_all = found
        calls, others = _calls(source, node)
        for call in calls:
            alone = is_all and not others and len(calls) == 1 and _unpacks_one(call)
            yield Unpacked(call, key, value, names, alone)


def _entry(
    source: Source, node: ast.AST, name: str
) -> tuple[ast.keyword | ast.Constant, ast.expr, frozenset[str], bool] | None:
    """Return the entry of a name in a dictionary, all names, and whether there are no others."""
    if isinstance(node, ast.Call) and source.names.resolve(node.func) == "dict":
        entry = keyword(node, name)
        names = frozenset(one.arg for one in node.keywords if one.arg is not None)
        is_all = not has_stars(node) and not node.args
        return (entry, entry.value, names, is_all) if entry is not None else None
    if not isinstance(node, ast.Dict):
        return None
    keys = [key for key in node.keys if isinstance(key, ast.Constant)]
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == name:
            names = frozenset(str(one.value) for one in keys)
            return key, value, names, len(keys) == len(node.keys)
    return None


def _calls(source: Source, made: ast.expr) -> tuple[list[ast.Call], int]:
    """Return the calls that unpack a dictionary, and how many other uses it has."""
    around = source.parents[made]
    if isinstance(around, ast.keyword):
        call = source.parents[around]
        return ([call] if around.arg is None and isinstance(call, ast.Call) else []), 0
    if not isinstance(around, ast.Assign) or not isinstance(around.targets[0], ast.Name):
        return [], 0
    target = around.targets[0]
    scope = source.scope(target)
    if len(around.targets) != 1 or bindings(source, scope, target.id) != [made]:
        return [], 0
    calls: list[ast.Call] = []
    others = 0
    for node in source.mentions.get(target.id, ()):
        if node is target or not isinstance(node, ast.Name):
            continue
        user = source.parents[node]
        caller = source.parents.get(user)
        is_unpacked = isinstance(user, ast.keyword) and user.arg is None
        if source.scope(node) is scope and is_unpacked and isinstance(caller, ast.Call):
            calls.append(caller)
        else:
            others += 1
    return calls, others


def _unpacks_one(call: ast.Call) -> bool:
    starred = [one for one in call.keywords if one.arg is None]
    return len(starred) == 1 and not any(isinstance(one, ast.Starred) for one in call.args)

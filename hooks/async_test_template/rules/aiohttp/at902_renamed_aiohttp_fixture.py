"""AT902: the old names of aiohttp's fixtures."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.aiohttp_plugin import is_aiohttps
from async_test_template.rules.on_code import code_finding, is_called
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

_NEW = {
    "test_client": "aiohttp_client",
    "test_server": "aiohttp_server",
    "raw_test_server": "aiohttp_raw_server",
    "unused_port": "unused_tcp_port_factory",
    "aiohttp_unused_port": "unused_tcp_port_factory",
}


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    if not is_aiohttps(project):
        return
    for item in project.code.items_of(source.file):
        for old in (name for name in item.requests if name in _NEW):
            found = project.code.find(old, item.file, item.owner)
            if found is not None or project.code.may_bring(old, item.file):
                continue
            function = source.functions[item.line]
            yield code_finding(
                RULE.code,
                source,
                function,
                f"{function.name} asks for {old}, which is now {_NEW[old]}",
                tier=Tier.UNSAFE,
                fix=partial(_fix, source, function, old),
                hint=f"ask for {_NEW[old]}",
            )


def _fix(source: Source, function: Function, old: str) -> tuple[Edit, ...]:
    if is_called(source, function):
        raise EditError("something calls it by name")
    new = _NEW[old]
    parameters = [node for node in walk(function) if isinstance(node, ast.arg)]
    names = [node for node in walk(function) if isinstance(node, ast.Name)]
    if new in {node.arg for node in parameters} | {node.id for node in names}:
        raise EditError(f"it already has a {new}")
    renamed = [node for node in parameters if node.arg == old]
    if len(renamed) != 1:
        raise EditError(f"an inner function has a parameter {old} too")
    start = source.start(renamed[0])
    return (
        changes.replace(source, start, start + len(old), new),
        *(changes.replace_node(source, node, new) for node in names if node.id == old),
    )


RULE = Rule(
    code="AT902",
    name="renamed-aiohttp-fixture",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    about="pytest-aiohttp",
    visit=_visit,
    words=rb"test_client|test_server|unused_port",
    expects=("LookupError", "DeprecationWarning"),
    where=Where.TESTS,
    suspects=re.compile(
        rb"def[ \t]+\w+\((?:(?!def[ \t])[^)])*\b(?:test_client|test_server|unused_port"
        rb"|raw_test_server|aiohttp_unused_port)\b"
    ).search,
    libraries=("aiohttp",),
    broken_since=(("pytest-aiohttp", "1.0"),),
)

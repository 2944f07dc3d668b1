"""AT818: `allow_redirects=` of `TestClient`."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Example, Finding, Rule, Tier
from async_test_template.rules._code import (
    code_finding,
    keyword,
)
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source


_CLIENTS = {"starlette.testclient.TestClient", "fastapi.testclient.TestClient"}
_METHODS = {"get", "post", "put", "patch", "delete", "head", "options", "request"}


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    clients = {
        target.id
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and source.names.resolve(node.value.func) in _CLIENTS
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for call in ast.walk(source.tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        argument = keyword(call, "allow_redirects")
        owner = call.func.value
        if argument is None or not isinstance(owner, ast.Name) or owner.id not in clients:
            continue
        if call.func.attr in _METHODS:
            yield code_finding(
                RULE.code,
                source,
                call,
                f"{owner.id}.{call.func.attr} takes no allow_redirects=",
                tier=Tier.UNSAFE,
                fix=partial(_fix, source, argument),
                hint="write follow_redirects=",
            )


def _fix(source: Source, argument: ast.keyword) -> tuple[Edit, ...]:
    start = source.start(argument)
    return (changes.replace(source, start, start + len("allow_redirects"), "follow_redirects"),)


RULE = Rule(
    code="AT818",
    name="test-client-allow-redirects",
    title="`allow_redirects=` is `follow_redirects=`",
    why="TypeError: an unexpected keyword argument.",
    since="Starlette 0.43",
    tier=Tier.UNSAFE,
    check=None,
    visit=_visit,
    words=rb"allow_redirects",
    invalid=(
        Example(
            before={
                "test_it.py": (
                    "from fastapi.testclient import TestClient\n\n"
                    "client = TestClient(app)\n\n\ndef test_it():\n"
                    '    client.get("/", allow_redirects=False)\n'
                )
            },
            after={
                "test_it.py": (
                    "from fastapi.testclient import TestClient\n\n"
                    "client = TestClient(app)\n\n\ndef test_it():\n"
                    '    client.get("/", follow_redirects=False)\n'
                )
            },
            tier=Tier.UNSAFE,
        ),
    ),
    valid=(
        {
            "test_it.py": (
                "import requests\n\nclient = requests.Session()\n"
                'client.get("/", allow_redirects=False)\n'
            )
        },
    ),
)

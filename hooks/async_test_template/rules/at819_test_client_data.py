"""AT819: raw text or bytes as `data=` of a `TestClient`."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Example, Finding, Rule, Tier
from async_test_template.rules._code import code_finding, keyword
from async_test_template.rules._test_client import requests
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for call, method in requests(source):
        argument = keyword(call, "data")
        # Anything but plain text may be a form, which is what data= is for.
        if argument is None or not _is_raw(argument.value):
            continue
        yield code_finding(
            RULE.code,
            source,
            call,
            f"{method} takes raw content as content=",
            tier=Tier.REPORT if keyword(call, "content") else Tier.SAFE,
            fix=partial(_fix, source, argument),
            hint="write content=",
        )


def _is_raw(value: ast.expr) -> bool:
    return isinstance(value, ast.JoinedStr) or (
        isinstance(value, ast.Constant) and isinstance(value.value, (str, bytes))
    )


def _fix(source: Source, argument: ast.keyword) -> tuple[Edit, ...]:
    start = source.start(argument)
    return (changes.replace(source, start, start + len("data"), "content"),)


_TEST = """\
from fastapi.testclient import TestClient

client = TestClient(app)


def test_it():
    client.post("/", {})
"""

RULE = Rule(
    code="AT819",
    name="test-client-data",
    title="Raw text or bytes are `content=`, not `data=`",
    why="A DeprecationWarning, which is an error where warnings are errors.",
    since="Starlette 0.21, whose client is built on httpx",
    tier=Tier.SAFE,
    check=None,
    visit=_visit,
    words=rb"data\s*=",
    alone=True,
    invalid=(
        Example(
            before={"test_it.py": _TEST.format('data="text"')},
            after={"test_it.py": _TEST.format('content="text"')},
            tier=Tier.SAFE,
        ),
        Example(
            before={"test_it.py": _TEST.format('data = b"raw", headers={}')},
            after={"test_it.py": _TEST.format('content = b"raw", headers={}')},
            tier=Tier.SAFE,
        ),
        Example(before={"test_it.py": _TEST.format('data="text", content="more"')}),
    ),
    valid=(
        {"test_it.py": _TEST.format('data={"name": "cheese"}')},
        {"test_it.py": _TEST.format("data=body")},
        {"test_it.py": _TEST.format('content="text"')},
        {"test_it.py": 'import requests\n\nrequests.post("/", data="text")\n# TestClient\n'},
    ),
)

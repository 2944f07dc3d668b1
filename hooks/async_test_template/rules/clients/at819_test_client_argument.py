"""AT819: arguments of a `TestClient`'s requests that are deprecated."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Tier
from async_test_template.rules.clients._test_client import requests
from async_test_template.rules.on_code import code_finding, keyword
from async_test_template.rules.rule import Example, Rule
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

_ARGUMENTS = frozenset({"data", "cookies", "timeout"})


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for call, method, argument in requests(project, source, _ARGUMENTS):
        if argument.arg == "data":
            # Anything but plain text may be a form, which is what data= is for.
            if _is_raw(argument.value):
                yield code_finding(
                    RULE.code,
                    source,
                    call,
                    f"{method} takes raw content as content=",
                    tier=Tier.REPORT if keyword(call, "content") else Tier.SAFE,
                    fix=partial(_rename, source, argument),
                    hint="write content=",
                )
        elif argument.arg == "timeout":
            yield code_finding(
                RULE.code,
                source,
                call,
                f"{method} does nothing with timeout=",
                tier=Tier.UNSAFE if isinstance(argument.value, _WITHOUT_EFFECT) else Tier.REPORT,
                fix=partial(_remove, source, call, argument),
                hint="drop it, or bound the test with @pytest.mark.timeout",
            )
        elif not (isinstance(argument.value, ast.Constant) and argument.value.value is None):
            yield code_finding(
                RULE.code,
                source,
                call,
                f"{method} should not take cookies= for one request",
                hint="set them on the client, which keeps them: client.cookies.set(name, value)",
            )


#: What can be left out without a call that somebody may count on.
_WITHOUT_EFFECT = (ast.Constant, ast.Name, ast.Attribute)


def _is_raw(value: ast.expr) -> bool:
    return isinstance(value, ast.JoinedStr) or (
        isinstance(value, ast.Constant) and isinstance(value.value, (str, bytes))
    )


def _rename(source: Source, argument: ast.keyword) -> tuple[Edit, ...]:
    start = source.start(argument)
    return (changes.replace(source, start, start + len("data"), "content"),)


def _remove(source: Source, call: ast.Call, argument: ast.keyword) -> tuple[Edit, ...]:
    return (changes.remove_argument(source, call, argument),)


_NEW = {"requirements.txt": "starlette>=0.40\n"}
_TEST = """\
from fastapi.testclient import TestClient

client = TestClient(app)


def test_it():
    client.post("/", {})
"""
_WITH_FIXTURE = """\
import pytest
from fastapi.testclient import TestClient


@pytest.fixture
def client():
    with TestClient(app) as test_client:
        yield test_client


def test_it({}):
    client.post("/", {})
"""

RULE = Rule(
    code="AT819",
    name="test-client-argument",
    title="A request of `TestClient` with a deprecated argument",
    why=(
        "A warning each, which is an error where warnings are errors: raw text or bytes as "
        "`data=`, `cookies=` for one request, and `timeout=`, which does nothing there."
    ),
    since="Starlette 0.21, whose client is built on httpx",
    tier=Tier.SAFE,
    check=None,
    visit=_visit,
    words=rb"data\s*=|cookies\s*=|timeout\s*=",
    needs=(("starlette", "0.21"),),
    expects=("DeprecationWarning", "UserWarning"),
    invalid=(
        Example(
            before={**_NEW, "test_it.py": _TEST.format('data="text"')},
            after={"test_it.py": _TEST.format('content="text"')},
            tier=Tier.SAFE,
        ),
        Example(
            before={
                "requirements.txt": "fastapi>=0.110\n",
                "test_it.py": _TEST.format('data = b"raw", headers={}'),
            },
            after={"test_it.py": _TEST.format('content = b"raw", headers={}')},
            tier=Tier.SAFE,
        ),
        Example(
            before={**_NEW, "test_it.py": _WITH_FIXTURE.format("client", 'data="text"')},
            after={"test_it.py": _WITH_FIXTURE.format("client", 'content="text"')},
            tier=Tier.SAFE,
        ),
        Example(
            before={"test_it.py": _TEST.format('data="text"')},
            after={"test_it.py": _TEST.format('content="text"')},
            tier=Tier.UNSAFE,
        ),
        Example(
            before={
                "requirements.txt": "fastapi>=0.80\n",
                "test_it.py": _TEST.format('data="text"'),
            }
        ),
        Example(
            before={
                "requirements.txt": (
                    "starlette>=0.40; python_version>='3.9'\n"
                    "starlette==0.20.4; python_version<'3.9'\n"
                ),
                "test_it.py": _TEST.format('data="text"'),
            }
        ),
        Example(
            before={"test_it.py": _TEST.format("timeout=30, json={}")},
            after={"test_it.py": _TEST.format("json={}")},
            tier=Tier.UNSAFE,
        ),
        Example(before={"test_it.py": _TEST.format("timeout=limit()")}),
        Example(before={"test_it.py": _TEST.format('data="text", content="more"')}),
        Example(before={"test_it.py": _TEST.format('cookies={"session": "1"}')}),
    ),
    valid=(
        # The client that the test gets may be of the class with a method of its own.
        {
            **_NEW,
            "test_it.py": (
                "import pytest\nfrom fastapi.testclient import TestClient\n\n\n"
                "class Client(TestClient):\n    def post(self, url, data):\n"
                "        return super().post(url, content=data)\n\n\n"
                "@pytest.fixture\ndef client():\n    return Client(app)\n\n\n"
                'def test_it(client: TestClient):\n    client.post("/", data="raw")\n'
            ),
        },
        {"requirements.txt": "starlette==0.20.4\n", "test_it.py": _TEST.format('data="text"')},
        {"test_it.py": _TEST.format('data={"name": "cheese"}')},
        {"test_it.py": _TEST.format("data=body")},
        {"test_it.py": _TEST.format('content="text", cookies=None')},
        {"test_it.py": 'import requests\n\nrequests.post("/", data="text")\n# TestClient\n'},
        {"test_it.py": _WITH_FIXTURE.format("client=object()", 'data="text"')},
    ),
)

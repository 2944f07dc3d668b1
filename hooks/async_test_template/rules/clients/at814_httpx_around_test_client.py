"""AT814: what of httpx meets a `TestClient` that deals in httpx2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Tier
from async_test_template.rules.clients._httpx2 import strangers
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    if not (
        project.dependencies.has("httpx2") and project.dependencies.may_reach("starlette", "1.2")
    ):
        return
    for node, name in strangers(project, source):
        yield code_finding(
            RULE.code,
            source,
            node,
            f"{name} has nothing to do with TestClient, which is built on httpx2",
            hint=f"use httpx2.{name.removeprefix('httpx.')}",
        )


_TEST = """\
import httpx
import pytest
from starlette.testclient import TestClient

client = TestClient(app)


def test_it():
    response = client.get("/")
    {}
"""
_DECLARED = {"requirements.txt": "pytest\nstarlette\nhttpx\nhttpx2\n"}

RULE = Rule(
    code="AT814",
    name="httpx-around-test-client",
    title="`httpx.` things around a `TestClient` on httpx2",
    why=(
        "`isinstance(response, httpx.Response)` is false, `raises(httpx.HTTPStatusError)` and "
        "`except` do not match, `auth=httpx.BasicAuth(...)` is a TypeError."
    ),
    since="Starlette 1.2, where httpx2 is installed",
    tier=Tier.REPORT,
    check=None,
    visit=_visit,
    words=rb"\bhttpx\b",
    invalid=(
        Example(
            before={
                **_DECLARED,
                "test_it.py": _TEST.format("assert isinstance(response, httpx.Response)"),
            }
        ),
        Example(
            before={
                **_DECLARED,
                "test_it.py": _TEST.format(
                    "with pytest.raises(httpx.HTTPStatusError):\n"
                    "        response.raise_for_status()"
                ),
            }
        ),
        Example(
            before={
                **_DECLARED,
                "conftest.py": (
                    "import pytest\nfrom starlette.testclient import TestClient\n\n\n"
                    "@pytest.fixture\ndef client():\n    with TestClient(app) as c:\n"
                    "        yield c\n"
                ),
                "test_it.py": (
                    "from httpx import HTTPError\n\n\ndef test_it(client):\n    try:\n"
                    "        client.get('/')\n    except (OSError, HTTPError):\n        pass\n"
                ),
            }
        ),
        Example(
            before={
                **_DECLARED,
                "test_it.py": _TEST.format('client.get("/", auth=httpx.BasicAuth("a", "b"))'),
            }
        ),
    ),
    valid=(
        {
            **_DECLARED,
            "test_it.py": _TEST.format('httpx.get(url, auth=httpx.BasicAuth("a", "b"))'),
        },
        {
            **_DECLARED,
            "test_it.py": _TEST.format(
                "with pytest.raises(httpx.HTTPStatusError):\n        service.fetch()"
            ),
        },
        {
            **_DECLARED,
            "test_it.py": _TEST.format("respx.get('/').mock(return_value=httpx.Response(200))"),
        },
        {
            "requirements.txt": "pytest\nstarlette\nhttpx\n",
            "test_it.py": _TEST.format("assert isinstance(response, httpx.Response)"),
        },
        {
            "requirements.txt": "pytest\nstarlette<1\nhttpx\nhttpx2\n",
            "test_it.py": _TEST.format("assert isinstance(response, httpx.Response)"),
        },
        {
            **_DECLARED,
            "test_it.py": (
                "import httpx\n\n\ndef test_it():\n    response = httpx.Client().get('/')\n"
                "    assert isinstance(response, httpx.Response)\n"
            ),
        },
    ),
)

"""Code that only Python 3.15 can read: `lazy import` (PEP 810), and unpacking in comprehensions."""

from __future__ import annotations

import ast
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from async_test_template.findings import Tier
from made_rules import make_plan
from test_examples import INVALID, desired, lay_out
from test_traps import rewrite

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from async_test_template.rules.pages import Example
    from async_test_template.rules.rule import Rule

if sys.version_info < (3, 15):
    pytest.skip("this Python cannot read it", allow_module_level=True)

#: A lazy import imports nothing yet, which is what this rule asks.
NOT_YET = "AT817"


def made_lazy(files: Mapping[str, str]) -> dict[str, str]:
    """Make every import lazy that can be: at the top level, with explicit names."""
    return {name: _lazily(text) if name.endswith(".py") else text for name, text in files.items()}


def _lazily(text: str) -> str:
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return text
    lines = text.splitlines(keepends=True)
    for node in tree.body:
        from_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if isinstance(node, (ast.Import, ast.ImportFrom)) and not from_future:
            first = lines[node.lineno - 1]
            if node.names[0].name != "*" and not node.col_offset:
                lines[node.lineno - 1] = f"lazy {first}"
    return "".join(lines)


def sorted_lines(files: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the lines without the word; where an import is added depends on which are lazy."""
    return {
        name: sorted(line.removeprefix("lazy ") for line in text.splitlines())
        for name, text in files.items()
    }


@pytest.mark.parametrize(
    ("rule", "example"),
    [case for case in INVALID if made_lazy(case.values[1].before) != case.values[1].before],
)
def test_a_finding_and_its_fix_are_those_of_an_eager_import(
    rule: Rule, example: Example, tmp_path: Path
) -> None:
    before = made_lazy(example.before)
    lay_out(tmp_path, before)
    plan = make_plan(tmp_path, desired(example), [rule], tiers=frozenset())
    found = [(finding.code, finding.tier) for finding in plan.left]
    if rule.code == NOT_YET and example.before.keys() == {"conftest.py"}:
        assert found == []
        return
    assert found == [(rule.code, example.tier)]
    fixed = make_plan(tmp_path, desired(example), [rule], tiers=frozenset(Tier))
    assert fixed.failed == []
    after = {name: data.decode() for name, data in fixed.after.items()}
    assert sorted_lines(after) == sorted_lines(example.after)
    for name in {name for name in after.keys() & before.keys() if name.endswith(".py")}:
        kept = set(after[name].splitlines()) & set(example.before[name].splitlines())
        assert not {f"lazy {line}" for line in kept} & set(before[name].splitlines()), name


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(
            """\
            lazy import httpx as http
            lazy from httpx import AsyncClient, Response
            """,
            """\
            lazy import httpx2 as http
            lazy from httpx2 import AsyncClient, Response
            """,
            id="a module of another name",
        ),
        pytest.param(
            """\
            import os
            lazy import abc

            import aiohttp
            lazy import httpx
            lazy import pytest

            @pytest.fixture
            async def it():
                return os, abc, aiohttp, httpx
            """,
            """\
            import os
            lazy import abc

            import aiohttp
            import pytest_asyncio
            lazy import httpx

            @pytest_asyncio.fixture
            async def it():
                return os, abc, aiohttp, httpx
            """,
            id="an import that is added where ruff would sort it",
        ),
        pytest.param(
            """\
            lazy import pytest
            lazy from asynctest import (
                CoroutineMock,
            )
            mocks = [CoroutineMock(), pytest.raises]
            """,
            """\
            from unittest.mock import AsyncMock

            lazy import pytest
            mocks = [AsyncMock(), pytest.raises]
            """,
            id="an import that goes",
        ),
        pytest.param(
            """\
            lazy import httpx
            one = [*(httpx.AsyncClient(app=a),) for a in apps]
            two = {*(httpx.AsyncClient(app=a),) for a in apps}
            three = {**{1: httpx.AsyncClient(app=a)} for a in apps}
            four = (*[httpx.AsyncClient(app=a)] for a in apps)
            """,
            """\
            lazy import httpx
            one = [*(httpx.AsyncClient(transport=httpx.ASGITransport(app=a)),) for a in apps]
            two = {*(httpx.AsyncClient(transport=httpx.ASGITransport(app=a)),) for a in apps}
            three = {**{1: httpx.AsyncClient(transport=httpx.ASGITransport(app=a))} for a in apps}
            four = (*[httpx.AsyncClient(transport=httpx.ASGITransport(app=a))] for a in apps)
            """,
            id="unpacking in comprehensions",
        ),
    ],
)
def test_it_is_mended(old: str, new: str, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = strict\n")
    requirements = "pytest\npytest-asyncio\nhttpx\nasynctest\n"
    if "httpx2" in new:
        requirements += "httpx2\n"
    (tmp_path / "requirements.txt").write_text(requirements)
    assert rewrite(tmp_path, dedent(old).encode())[0].decode() == dedent(new)

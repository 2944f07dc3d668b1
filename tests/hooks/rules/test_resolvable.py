"""What fixes write into dependencies can be installed, on the oldest Python of the project too."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from async_test_template.desired import Desired
from async_test_template.findings import Tier
from async_test_template.rules import CODES, load
from made_rules import make_plan
from proofs import declared, lay_out

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

RULES = tuple(rule for rule in map(load, CODES) if rule.code >= "AT1" and not rule.optional)
#: What suites of some years declare, with the Pythons that could install it.
OUTDATED = {
    "2019": (("pytest>=5,<6", "pytest-asyncio>=0.10,<0.11"), ("3.8",)),
    "2021": (("pytest~=6.2", "pytest-asyncio==0.16.0", "pytest-aiohttp<1"), ("3.8", "3.9")),
    "2022": (
        ("pytest==7.1.2", "pytest-asyncio==0.18.3", "httpx==0.23.0", "starlette==0.20.4"),
        ("3.8", "3.10"),
    ),
    "2023": (("pytest>=7.4,<8", "pytest-asyncio~=0.21.0", "pytest-timeout<2.2"), ("3.8", "3.11")),
    "2024": (("pytest==8.2.0", "pytest-asyncio==0.23.6", "aiohttp<3.10"), ("3.8", "3.9", "3.12")),
    "no bounds": (("pytest", "pytest-asyncio", "anyio", "httpx"), ("3.8", "3.9", "3.10")),
    "no plugin": (("pytest",), ("3.8", "3.9", "3.12")),
}
SUITE = {
    "conftest.py": """\
import asyncio

import pytest


@pytest.fixture(scope="session")
def event_loop():
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(None)
    yield loop
    loop.close()


@pytest.fixture(scope="session")
async def server(event_loop):
    yield 1
""",
    "test_it.py": """\
import pytest
from starlette.testclient import TestClient


@pytest.mark.asyncio
async def test_it(event_loop, server):
    event_loop.call_soon(print)


def test_client(app):
    TestClient(app).post("/", data="text", allow_redirects=False, timeout=3)
""",
}
#: What the gate has time for.
SHOWN = {"2021-3.8", "no plugin-3.8"}
ALL = [
    pytest.param(
        list(requirements),
        floor,
        id=(called := f"{name}-{floor}"),
        marks=() if called in SHOWN else pytest.mark.full,
    )
    for name, (requirements, floors) in OUTDATED.items()
    for floor in floors
]


@pytest.mark.parametrize(("requirements", "floor"), ALL)
def test_what_is_declared_after_all_fixes_can_be_installed(
    requirements: list[str], floor: str, tmp_path: Path
) -> None:
    project = (
        f'[project]\nname = "one"\nversion = "1"\nrequires-python = ">={floor}"\n'
        f"dependencies = []\n\n[dependency-groups]\ntest = {json.dumps(requirements)}\n"
    )
    lay_out(tmp_path, {**SUITE, "pyproject.toml": project})
    assert _is_resolved(declared(tmp_path), floor), "the project begins with what can be installed"
    plan = make_plan(tmp_path, Desired(), RULES, frozenset({Tier.SAFE, Tier.UNSAFE}))
    for name, data in plan.after.items():
        (tmp_path / name).write_bytes(data)
    after = declared(tmp_path)
    assert _is_resolved(after, floor), after


def _is_resolved(requirements: list[str], floor: str) -> bool:
    command = ["uv", "pip", "compile", "--quiet", "--no-header", "--python-version", floor, "-"]
    resolved = subprocess.run(
        command, input="\n".join(requirements), capture_output=True, text=True, check=False
    )
    print(resolved.stderr)
    return resolved.returncode == 0

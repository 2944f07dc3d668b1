"""`check --run` tells what real pytest and real plugins did."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from async_test_template.cli import main
from async_test_template.rules import CODES, load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeAlias

    from async_test_template.findings import Rule
    from helpers import Environment

    Observe: TypeAlias = Callable[..., list[tuple[str, str, int]]]

pytestmark = pytest.mark.slow
RULES = [load(code) for code in CODES if code < "AT1"]
# A partial is no function; it must not disturb a run.
HEALTHY = {
    "pytest.ini": "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n",
    "test_it.py": """\
import asyncio
import functools

import pytest


@pytest.fixture
async def one():
    yield 1


async def number(of):
    assert of


test_partial = functools.partial(number, 4)


class TestIt:
    @pytest.fixture
    async def two(self, one):
        return one + 1

    @pytest.mark.parametrize("more", [1, 2])
    async def test_it(self, one, two, more):
        await asyncio.sleep(0)
        assert one + two + more > 3


@pytest.mark.skip
async def test_later():
    pass


async def test_sad():
    raise ValueError


def test_sync():
    pass
""",
}


@pytest.fixture
def observed(
    environment: Environment, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Observe:
    """Return what finds the codes, files and lines that a run of some files shows."""

    def observe(files: dict[str, str], *options: str) -> list[tuple[str, str, int]]:
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        before = sorted(tmp_path.rglob("*"))
        command = " ".join([str(environment.python), "-m", "pytest", *options])
        main(["check", str(tmp_path), "--select", "AT0", "--format", "json", "--run", command])
        assert sorted(tmp_path.rglob("*")) == before
        findings = json.loads(capfd.readouterr().out)["findings"]
        return [(entry["code"], entry["file"], entry["line"]) for entry in findings]

    return observe


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_run_shows_what_is_wrong(rule: Rule, observed: Observe) -> None:
    (example,) = rule.invalid
    lines = {"AT001": 9, "AT002": 1, "AT003": 5, "AT004": 5}
    assert observed(dict(example.before), "-p", "no:randomly") == [
        (rule.code, "test_it.py", lines[rule.code])
    ]


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "in parallel"])
def test_a_healthy_suite_has_nothing(options: tuple[str, ...], observed: Observe) -> None:
    assert observed(HEALTHY, *options) == []


def test_a_command_that_runs_no_test_is_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(tmp_path), "--run", "exit 7"]) == 2
    assert "'exit 7' collected no test (exit status 7)" in capfd.readouterr().err

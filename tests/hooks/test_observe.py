"""`check --run` reports what real pytest and real plugins did."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from async_test_template.cli import main
from async_test_template.rules import CODES, load, page_of
from async_test_template.rules.pages import read_page
from proofs import without_others

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeAlias

    from async_test_template.rules.pages import Example
    from async_test_template.rules.rule import Rule
    from environments import Environment

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
        quick = ("-p", "no:hypothesispytest", *without_others(files))
        command = " ".join([str(environment.python), "-m", "pytest", *quick, *options])
        main(["check", str(tmp_path), "--select", "AT0", "--format", "json", "--run", command])
        assert sorted(tmp_path.rglob("*")) == before
        findings = json.loads(capfd.readouterr().out)["findings"]
        return [(entry["code"], entry["file"], entry["line"]) for entry in findings]

    return observe


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_run_shows_what_is_wrong(rule: Rule, observed: Observe) -> None:
    (example,) = read_page(page_of(rule.code)).invalid
    lines = {"AT001": 9, "AT002": 1, "AT003": 5, "AT004": 5, "AT005": 15, "AT006": 5}
    assert observed(dict(example.before), "-p", "no:randomly") == [
        (rule.code, "test_it.py", lines[rule.code])
    ]


@pytest.mark.one_in(11)
@pytest.mark.parametrize(
    "example",
    [
        pytest.param(example, id=f"{rule.code}-{example.heading}")
        for rule in RULES
        for example in read_page(page_of(rule.code)).valid
    ],
)
def test_a_run_of_what_is_left_alone_shows_nothing(example: Example, observed: Observe) -> None:
    assert observed(dict(example.before)) == []


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "in parallel"])
def test_a_healthy_suite_has_nothing(options: tuple[str, ...], observed: Observe) -> None:
    assert observed(HEALTHY, *options) == []


# All of these run: by another runner than pytest's, by a copy, or within a wrapper.
RUN_BY_OTHERS = {
    "pytest.ini": "[pytest]\nasyncio_mode = strict\n",
    "conftest.py": """\
import asyncio

import pytest


def pytest_collection_modifyitems(items):
    for item in items:
        if "runtest_of_its_own" in item.name:
            own = item.obj
            item.runtest = lambda own=own: asyncio.run(own())


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if "in_a_hook" in pyfuncitem.name:
        arguments = {n: pyfuncitem.funcargs[n] for n in pyfuncitem._fixtureinfo.argnames}
        asyncio.run(pyfuncitem.obj(**arguments))
        return True
""",
    "test_it.py": """\
import asyncio
import functools
import unittest

import pytest
from hypothesis import given, strategies


def again(function):
    @functools.wraps(function)
    async def wrapped(*args, **kwargs):
        return await function(*args, **kwargs)

    return wrapped


def alone(function):
    async def skipped():
        pass

    return functools.wraps(function)(skipped)


def in_sync(function):
    @functools.wraps(function)
    def wrapped():
        return asyncio.run(function())

    return wrapped


class TestIsolated(unittest.IsolatedAsyncioTestCase):
    async def test_isolated(self):
        await asyncio.sleep(0)

    @again
    async def test_isolated_in_a_wrapper(self):
        await asyncio.sleep(0)


class TestInherited(TestIsolated):
    pass


@pytest.mark.anyio
async def test_anyio(anyio_backend):
    pass


@pytest.mark.anyio
@given(strategies.integers(max_value=3))
async def test_hypothesis(anyio_backend, number):
    assert number < 4


async def test_in_a_runtest_of_its_own():
    pass


async def test_in_a_hook(tmp_path):
    pass


@pytest.mark.asyncio
@again
@again
async def test_in_wrappers():
    pass


@pytest.mark.asyncio
@alone
async def test_that_its_wrapper_leaves_out():
    raise ValueError


@in_sync
async def test_in_sync():
    pass
""",
}


# Workers are in the test above, too.
@pytest.mark.one_in(2)
@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "in parallel"])
def test_what_another_runner_ran_was_awaited(options: tuple[str, ...], observed: Observe) -> None:
    assert observed(RUN_BY_OTHERS, *options) == []


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    "options",
    [
        ("-p", "no:cacheprovider"),
        ("-p", "no:terminal"),
        ("--strict-config", "--strict-markers", "-W", "error"),
        ("--lf", "-p", "no:randomly"),
        ("-x", "--maxfail=3"),
        ("-p", "no:warnings"),
    ],
    ids=" ".join,
)
def test_the_run_is_that_of_the_user(options: tuple[str, ...], observed: Observe) -> None:
    files = {**HEALTHY, "pytest.ini": f"{HEALTHY['pytest.ini']}strict_config = true\n"}
    files["test_it.py"] = files["test_it.py"].replace("    raise ValueError", "    pass")
    assert observed(files, *options) == []


def test_a_temporary_folder_may_have_a_space_in_its_name(
    observed: Observe, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("with a space")
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:randomly")
    assert observed(HEALTHY) == []
    assert list(folder.iterdir()) == []


ENDS = {
    "killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "gone": "os._exit(3)",
    "ended by pytest": "pytest.exit('enough')",
    "hanging": "time.sleep(99)",
}


@pytest.mark.one_in(3)
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_run_that_ends_in_a_test_says_in_which(end: str, observed: Observe) -> None:
    test = (
        "import os\nimport signal\nimport time\n\nimport pytest\n\n\ndef test_one():\n    pass\n"
        f"\n\ndef test_two():\n    {end}\n\n\ndef test_three():\n    pass\n"
    )
    files = {"test_it.py": test}
    options = ("-p", "no:randomly", "--timeout", "2", "--timeout-method", "thread")
    assert observed(files, *options) == [("AT004", "test_it.py", 12), ("AT004", "test_it.py", 16)]


LOST = {
    "of a TestCase": (
        (
            "import unittest\n\n\nclass TestIt(unittest.TestCase):\n    async def test_it(self):\n"
            "        pass\n"
        ),
        [("AT002", "test_it.py", 5), ("AT003", "test_it.py", 5)],
    ),
    "thrown away by a library": (
        (
            "import asyncio\nimport contextlib\n\n\nasync def lost():\n    pass\n\n\n"
            "def test_it():\n    with contextlib.ExitStack() as stack:\n"
            "        stack.callback(lambda: lost())\n"
        ),
        [("AT003", "test_it.py", 5)],
    ),
    "a library's own, thrown away by it": (
        (
            "import asyncio\nimport contextlib\n\n\n"
            "def test_it():\n    with contextlib.ExitStack() as stack:\n"
            "        stack.callback(asyncio.sleep, 0)\n"
        ),
        [("AT003", "test_it.py", 5)],
    ),
}


@pytest.mark.parametrize(("test", "found"), LOST.values(), ids=LOST)
def test_the_place_of_a_lost_coroutine_is_in_the_repository(
    test: str, found: list[tuple[str, str, int]], observed: Observe
) -> None:
    assert observed({"test_it.py": test}) == found


def test_a_command_that_runs_no_test_is_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(tmp_path), "--run", "exit 7"]) == 2
    assert "'exit 7' collected no test (exit status 7)" in capfd.readouterr().err


FAILS = """\
import asyncio


def test_one():
    asyncio.get_running_loop()


def test_two():
    asyncio.get_running_loop()


def test_three():
    assert 1 == 2
"""


def test_failures_are_explained_or_counted(
    environment: Environment, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "test_it.py").write_text(FAILS)
    command = f"{environment.python} -m pytest -p no:randomly -p no:hypothesispytest"
    assert main(["check", str(tmp_path), "--select", "AT005", "--run", command]) == 1
    output, errors = capfd.readouterr()
    told = "test_it.py:4:1 AT005 [error, no fix] test_one and 1 other failed: no running event loop"
    assert told in output
    assert "    What to do: Make the test or the fixture `async def`.\n" in output
    assert "1 other failure of the run: no cause is known here.\n" in errors


def test_a_file_that_cannot_be_collected_is_explained(observed: Observe) -> None:
    test = "import asyncio\n\nasyncio.get_running_loop()\n"
    assert observed({"test_it.py": test}) == [("AT005", "test_it.py", 1)]


def test_a_hang_names_the_test(observed: Observe) -> None:
    files = {
        "pytest.ini": "[pytest]\nasyncio_mode = auto\ntimeout = 0.3\n",
        "test_it.py": (
            "import asyncio\n\n\nasync def test_it():\n    await asyncio.Event().wait()\n"
        ),
    }
    assert observed(files) == [("AT005", "test_it.py", 4)]

"""What can be set, and what is said of a mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from runs import Runner

LEAK = """
import asyncio
import pytest

async def {name}():
    asyncio.create_task(asyncio.sleep({seconds}), name="worker-7")
"""


def test_a_run_can_switch_it_off(run: Runner) -> None:
    assert run(LEAK.format(name="test_it", seconds=60), settings="async_guard = off")[
        "test_it"
    ].passed


@pytest.mark.parametrize("allowed", ["worker-7", "worker-*", "sleep", "*"])
def test_a_run_can_allow_tasks(allowed: str, run: Runner) -> None:
    tests = LEAK.format(name="test_it", seconds=60)
    assert run(tests, settings=f"async_guard_allow = {allowed}")["test_it"].passed


def test_a_run_can_give_more_or_less_time(run: Runner) -> None:
    tests = LEAK.format(name="test_short", seconds=0.6)
    assert not run(tests)["test_short"].passed
    assert run(tests, settings="async_guard_grace = 5")["test_short"].passed
    assert not run(tests, settings="async_guard_grace = 0")["test_short"].passed


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("async_guard = perhaps", "async_guard: "),
        ("async_guard_strict = perhaps", "async_guard_strict: "),
        ("async_guard_grace = soon", "async_guard_grace: 'soon' is not a number of seconds"),
        ("async_guard_grace = -1", "async_guard_grace: '-1' is not a number of seconds"),
        ("async_guard_grace = inf", "async_guard_grace: 'inf' is not a number of seconds"),
    ],
)
def test_a_mistake_is_told_before_the_first_test(setting: str, says: str, run: Runner) -> None:
    done = run("def test_it(): pass", settings=setting)
    assert says in done.output
    assert done.status == pytest.ExitCode.USAGE_ERROR
    assert "Traceback" not in done.output
    assert "INTERNALERROR" not in done.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("'worker'", "the marker async_guard takes"),
        ("allow='worker'", "the marker async_guard takes"),
        ("allowed=['worker']", "the marker async_guard takes"),
        ("grace='soon'", "test_it: grace: 'soon' is not a number of seconds"),
        ("grace=True", "test_it: grace: True is not a number of seconds"),
    ],
)
def test_a_mistake_in_a_mark_is_told(arguments: str, says: str, run: Runner) -> None:
    done = run(f"import pytest\n@pytest.mark.async_guard({arguments})\ndef test_it(): pass")
    assert says in done["test_it"].text


LENIENT = """
import asyncio

async def test_leaks():
    asyncio.create_task(asyncio.sleep(60), name="worker-7")

async def die():
    raise ValueError("nobody sees it")

async def test_errs(caplog):
    asyncio.create_task(die())
    await asyncio.sleep(0)

def unawaited(test):
    def run():
        run.kept = test()
    run.__wrapped__ = test
    return run

@unawaited
async def test_never_runs():
    pass

@pytest.mark.timeout(1)
async def test_hangs():
    await asyncio.Event().wait()

@pytest.mark.async_guard(strict=True)
async def test_is_mended():
    asyncio.create_task(asyncio.sleep(60))
"""


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["here", "in-a-worker"])
def test_where_it_is_not_strict_only_a_hang_fails_and_the_rest_is_told(
    workers: tuple[str, ...], run: Runner
) -> None:
    """Although warnings are errors here."""
    settings = "async_guard_strict = false\nfilterwarnings = error"
    plugins = (*run.QUICK, "xdist.plugin")
    done = run("import pytest\n" + LENIENT, *workers, settings=settings, plugins=plugins)
    passed = {test: done[test].passed for _, test in done.tests}
    red = dict.fromkeys(("test_hangs", "test_is_mended"), False)
    green = dict.fromkeys(("test_leaks", "test_errs", "test_never_runs"), True)
    assert passed == {**green, **red}
    for said in (
        "test_leaks left tasks running",
        "worker-7: waits at",
        "test_errs left errors in the background",
        "ValueError: nobody sees it\n",
        "the body of test_never_runs never ran",
    ):
        assert done.output.count(said) == 1, said

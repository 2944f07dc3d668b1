"""Who meets an error reads the same of the guard, of a new project's tests and of `explain`."""

from __future__ import annotations

import runpy

import pytest
from async_test_template.messages import PAGES
from helpers import ROOT

GUARD = ROOT / "guard" / "src" / "pytest_async_guard"
SENTENCES = {
    name: text
    for name, text in runpy.run_path(str(GUARD / "sentences.py")).items()
    if name.isupper()
}
MESSAGES = {
    "HANGS": "timeout",
    "LEFT_ERROR": "task_exception_was_never_retrieved",
    "LEFT_RUNNING": "task_was_destroyed",
    "NEVER_AWAITED": "coroutine_was_never_awaited",
    "SAME_LOOP": "attached_to_a_different_loop",
}


@pytest.mark.parametrize("name", SENTENCES)
def test_the_guard_says_what_explain_says(name: str) -> None:
    assert SENTENCES[name] in PAGES[MESSAGES[name]].read_text()
    # test_what_is_said.py and the suites show when it is said.
    used = [file for file in GUARD.glob("*.py") if name in file.read_text()]
    assert len(used) == 2, "it is defined, and no module of the guard says it"


def test_the_tests_of_a_new_project_say_what_explain_says() -> None:
    contract = ROOT / "template" / "tests" / "test_event_loop.py.jinja"
    assert f'    """{SENTENCES["SAME_LOOP"]}"""\n' in contract.read_text()

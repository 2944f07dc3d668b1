"""Iterators for `parametrize` whose content the file adds further below, or has added."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from async_test_template.desired import Desired
from async_test_template.findings import Tier
from async_test_template.rules import load
from made_rules import make_plan

if TYPE_CHECKING:
    from pathlib import Path

RULE = load("AT915")
TEST = '@pytest.mark.parametrize("a", {})\ndef test_it(a):\n    assert a\n\n\n'
OVER = TEST.format("(each for each in CASES)")
BELOW = {
    "append": f"CASES = []\n{OVER}CASES.append(1)\n",
    "extend by another name": f"MORE = []\nCASES = MORE\n{OVER}MORE.extend([1])\n",
    "+=": f"CASES = []\n{OVER}CASES += [1]\n",
    "an entry": f"CASES = [0]\n{OVER}CASES[0] = 1\n",
    "a loop": f"CASES = []\n{OVER}for n in (1, 2):\n    CASES.append(n)\n",
    "a function": f"CASES = []\n\n\ndef fill():\n    CASES.append(1)\n\n\n{OVER}fill()\n",
    "a function that gets it": f"from helper import fill\nCASES = []\n{OVER}fill(CASES)\n",
    "Python's own": f"import random\nCASES = [1, 2]\n{OVER}random.shuffle(CASES)\n",
    "a decorator": (
        "CASES = []\n\n\ndef case(number):\n    def add(function):\n"
        "        CASES.append(function)\n"
        f"        return function\n    return add\n\n\n{OVER}@case(1)\ndef one():\n    pass\n"
    ),
    "a decorator of another module": (
        f"from mine import CASES, case\n\n\n{OVER}@case\ndef one():\n    pass\n"
    ),
    "a decorator above, which comes later": f"from mine import CASES, case\n\n\n@case\n{OVER}",
    "a method": f"from mine import CASES\n\n\n{OVER}@CASES.register\ndef one():\n    pass\n",
    "the body of the class": (
        "CASES = []\n\n\n@pytest.mark.parametrize('a', iter(CASES))\nclass TestIt:\n"
        "    CASES.append(1)\n\n    def test_it(self, a):\n        assert a\n"
    ),
    "what a generator goes through": (
        "CASES = []\n\n\ndef every():\n    yield from CASES\n\n\n"
        f"{TEST.format('every()')}CASES.append(1)\n"
    ),
    "another import": f"from mine import CASES\n\n\n{OVER}import more\n",
}
DONE = {
    "above": f"CASES = []\nCASES.append(1)\nCASES += [2]\n{OVER}",
    "in a test": f"CASES = [1]\n{OVER}def test_other():\n    CASES.append(1)\n",
    "never": f"CASES = [1]\n{OVER}def test_other():\n    assert len(CASES) == 1\n",
    "its variable again": f"CASES = [1]\n{OVER}OTHER = [each for each in CASES]\nprint(CASES)\n",
    "another test has it": (
        f"CASES = [1]\n{OVER}@pytest.mark.parametrize('b', CASES)\ndef test_b(b):\n    pass\n"
    ),
    "the same name in two classes": (
        "class TestA:\n    CASES = [1]\n\n    @pytest.mark.parametrize('a', iter(CASES))\n"
        "    def test_it(self, a):\n        pass\n\n\nclass TestB:\n    CASES = [2]\n\n"
        "    def test_it(self):\n        pass\n"
    ),
    "imported, and used by the tests": (
        f"from mine import CASES, check\n\n\n{OVER}def test_other():\n    check(CASES)\n"
    ),
}


def is_mended(text: str, root: Path) -> bool:
    (root / "test_it.py").write_text(f"import pytest\n\n{text}")
    plan = make_plan(root, Desired(), (RULE,), frozenset(Tier))
    assert [f.code for f in (*plan.left, *plan.fixed)] == [RULE.code]
    return "test_it.py" in plan.after


@pytest.mark.parametrize("text", BELOW.values(), ids=BELOW)
def test_an_iterator_over_what_is_filled_below_stays(text: str, tmp_path: Path) -> None:
    assert not is_mended(text, tmp_path)


@pytest.mark.parametrize("text", DONE.values(), ids=DONE)
def test_an_iterator_over_what_is_complete_becomes_a_list(text: str, tmp_path: Path) -> None:
    assert is_mended(text, tmp_path)

"""Which Pythons reach a place: the code around it decides, and unknown code allows all."""

from __future__ import annotations

import ast

import pytest
from async_test_template.source.conditions import EVERY, Conditions
from async_test_template.source.reach import Reach
from async_test_template.source.source import Source

OLD = frozenset(range(13))
NEW = EVERY - OLD

CONDITIONS = {
    "sys.version_info >= (3, 13)": NEW,
    "sys.version_info < (3, 13)": OLD,
    "(3, 13) <= sys.version_info": NEW,
    "(3, 13) <= sys.version_info < (3, 15)": {13, 14},
    "sys.version_info[:2] == (3, 13)": {13},
    "sys.version_info[:2] != (3, 13)": EVERY - {13},
    "sys.version_info[0:2] == (3, 13)": {13},
    "sys.version_info[:2] in ((3, 12), (3, 13))": {12, 13},
    "sys.version_info[1] > 12": NEW,
    "sys.version_info[0] == 2": frozenset(),
    "sys.version_info.major == 3 and sys.version_info.minor >= 13": NEW,
    "sys.version_info.minor in {12, 13}": {12, 13},
    "sys.hexversion >= 0x030d0000": NEW,
    "compat.PYTHON_VERSION_INFO >= (3, 13)": NEW,
    "PY_VERSION_INFO < (3, 13)": OLD,
    "LIBRARY_VERSION_INFO < (3, 13)": EVERY,
    "int(platform.python_version_tuple()[1]) >= 13": NEW,
    "int(sys.version_info[1]) >= 13": NEW,
    "tuple(map(int, platform.python_version_tuple()[:2])) < (3, 13)": OLD,
    "tuple(map(int, platform.python_version_tuple())) >= (3, 13)": NEW,
    "platform.python_version_tuple()[:2] == ('3', '13')": {13},
    "int(PYPY) >= 13": EVERY,
    "tuple(map(str, platform.python_version_tuple())) >= ('3',)": EVERY,
    # It compares texts, so that "9" is more than "13".
    "platform.python_version_tuple() >= ('3', '13')": (NEW - set(range(100, 130)))
    | set(range(2, 10)),
    "platform.python_version().startswith('3.13')": EVERY,
    "platform.python_version() == '3.13.2'": {13},
    "not sys.version_info >= (3, 13)": OLD,
    "v >= (3, 13, 0, 'final')": NEW,
    # The patch decides within one minor version.
    "v >= (3, 13, 3)": NEW,
    "v < (3, 13, 3)": OLD | {13},
    # Always longer, so that an equal beginning is less.
    "sys.version_info > (3, 13)": NEW,
    "sys.version_info <= (3, 13)": OLD,
    "sys.platform == 'win32' and sys.version_info < (3, 13)": OLD,
    "sys.platform == 'win32' or sys.version_info < (3, 13)": EVERY,
    "bool(sys.version_info < (3, 13))": OLD,
    "hasattr(asyncio, 'EventLoop')": NEW,
    "getattr(asyncio, 'EventLoop', None)": NEW,
    "getattr(asyncio, 'EventLoop', None) is None": EVERY,
    "hasattr(asyncio, 'something')": EVERY,
    "OWN": NEW,
    "NOT_OWN": OLD,
    "TWICE": EVERY,
    "SELF": EVERY,
    "PARAMETER": EVERY,
    "BRANCHED": NEW,
    "not BRANCHED": OLD,
    "LATER": NEW,
    "NOT_WITH_UVLOOP": EVERY,
    "not NOT_WITH_UVLOOP": OLD,
    "HAS_EVENT_LOOP": NEW,
    "KIND == 'new'": NEW,
    "WITH_GLOBAL": EVERY,
    "IN_A_LOOP": EVERY,
    "IN_A_WITH": NEW,
    "IMPORTED": EVERY,
    "FINALLY": NEW,
    "PY313": NEW,
    "compat.PY_3_13_PLUS": NEW,
    "IS_PYTHON_LT_313": OLD,
    "not py313_or_later": OLD,
    "PY2": EVERY,
    "six.PY2": frozenset(),
    "PYPY": EVERY,
    "sys.version_info >= minimum": EVERY,
    "PYPY == -1": EVERY,
    "-PYPY or ~PYPY": EVERY,
    "sys.version_info >= 3": EVERY,
    "sys.version_info >= LEAST": NEW,
    "sys.version_info[9] == 1": EVERY,
    "sys.version_info[1:] > (12, 99)": EVERY,
    "sys.version_info is None": EVERY,
    "True": EVERY,
    "asyncio.run": EVERY - set(range(7)),
}
HEAD = """\
import asyncio
import sys
import six
import compat
from sys import version_info as v

LEAST = (3, 13)
OWN: bool = sys.version_info >= LEAST
NOT_OWN = not OWN
TWICE = OWN
TWICE = not OWN
SELF = SELF
PARAMETER = OWN
def f(PARAMETER):
    global WITH_GLOBAL
    WITH_GLOBAL = True
WITH_GLOBAL = OWN
if OWN:
    BRANCHED = True
else:
    BRANCHED = False
LATER = False
if v >= (3, 13):
    LATER = True
try:
    import uvloop
    NOT_WITH_UVLOOP = False
except ImportError:
    NOT_WITH_UVLOOP = True
if OWN:
    NOT_WITH_UVLOOP = True
try:
    asyncio.EventLoop
    HAS_EVENT_LOOP = True
except AttributeError:
    HAS_EVENT_LOOP = False
if sys.platform == "win32":
    KIND = "old" if NOT_OWN else "new"
elif OWN:
    KIND = "new"
else:
    KIND = "old"
for x in y:
    IN_A_LOOP = OWN
with warnings.catch_warnings():
    IN_A_WITH = OWN
try:
    from compat import IMPORTED
except ImportError:
    IMPORTED = False
try:
    FINALLY = x
finally:
    FINALLY = OWN
"""


@pytest.mark.parametrize(("condition", "pythons"), CONDITIONS.items(), ids=CONDITIONS)
def test_a_condition_holds_on_the_pythons_that_it_says(
    condition: str, pythons: frozenset[int]
) -> None:
    source = Source("test_it.py", f"{HEAD}assert {condition}\n")
    statement = source.tree.body[-1]
    assert isinstance(statement, ast.Assert)
    outcome = Conditions(source).judge(statement.test)
    assert outcome.true == pythons
    # A Python in neither set would have no result, and there is none.
    assert outcome.true | outcome.false == EVERY


GUARDED = {
    "an if": "if sys.version_info < (3, 13):\n    HERE",
    "an else": "if sys.version_info >= (3, 13):\n    pass\nelse:\n    HERE",
    "an elif": "if x:\n    pass\nelif sys.version_info < (3, 13):\n    HERE",
    "the else of an elif": (
        "if x:\n    pass\nelif sys.version_info >= (3, 13):\n    pass\nelse:\n    HERE"
    ),
    "an expression": "new if sys.version_info >= (3, 13) else HERE",
    "the first part of an expression": "HERE if sys.version_info < (3, 13) else new",
    "an and": "sys.version_info < (3, 13) and x and HERE",
    "an or": "x or sys.version_info >= (3, 13) or HERE",
    "an early return": "def f():\n    if sys.version_info >= (3, 13):\n        return\n    HERE",
    "an early return elsewhere": (
        "def f():\n    if sys.version_info < (3, 13):\n        pass\n    else:\n        x = 1\n"
        "        return x\n    HERE"
    ),
    "an early raise": "if sys.version_info >= (3, 13):\n    raise RuntimeError\nHERE",
    "a continue": "for x in y:\n    if sys.version_info >= (3, 13):\n        continue\n    HERE",
    "a test that is skipped inside": (
        "def test():\n    if sys.version_info >= (3, 13):\n        pytest.skip('old')\n    HERE"
    ),
    "a method that is skipped inside": (
        "class T:\n    def test(self):\n        if sys.version_info >= (3, 13):\n"
        "            self.skipTest('old')\n        HERE"
    ),
    "an assertion": "def f():\n    assert sys.version_info < (3, 13)\n    HERE",
    "a module that is skipped": (
        "if sys.version_info >= (3, 13):\n    pytest.skip('old', allow_module_level=True)\n"
        "def test():\n    HERE"
    ),
    "a module that is skipped at its end": (
        "def test():\n    HERE\n"
        "if sys.version_info >= (3, 13):\n    pytest.skip('old', allow_module_level=True)"
    ),
    "a mark": "@pytest.mark.skipif(sys.version_info >= (3, 13), reason='')\ndef test():\n    HERE",
    "a mark with a condition by name": (
        "@pytest.mark.skipif(condition=sys.version_info >= (3, 13), reason='')\n"
        "def test():\n    HERE"
    ),
    "a mark with a string": (
        "@pytest.mark.skipif('sys.version_info >= (3, 13)')\ndef test():\n    HERE"
    ),
    "a mark of a class": (
        "@pytest.mark.skipif(sys.version_info >= (3, 13), reason='')\n"
        "class Test:\n    def test(self):\n        HERE"
    ),
    "a mark with a name": (
        "old = pytest.mark.skipif(sys.version_info >= (3, 13), reason='')\n"
        "@old\ndef test():\n    HERE"
    ),
    "a test that is to fail": "@pytest.mark.xfail(v >= (3, 13))\ndef test():\n    HERE",
    "the marks of a module": (
        "pytestmark = [pytest.mark.asyncio, pytest.mark.skipif(v >= (3, 13), reason='')]\n"
        "def test():\n    HERE"
    ),
    "the mark of a module below": (
        "def test():\n    HERE\npytestmark = pytest.mark.skipif(v >= (3, 13), reason='')"
    ),
    "the mark in a class": (
        "class Test:\n    pytestmark: object = pytest.mark.skipif(v >= (3, 13), reason='')\n"
        "    def test(self):\n        HERE"
    ),
    "unittest's decorator": (
        "@unittest.skipIf(v >= (3, 13), 'old')\nclass T:\n    def test(self):\n        HERE"
    ),
    "unittest's other decorator": "@unittest.skipUnless(v < (3, 13), 'old')\ndef t():\n    HERE",
    "unittest's decorator with a name that is assigned twice": (
        "try:\n    import uvloop\n    skip = False\nexcept ImportError:\n    skip = True\n"
        "if v >= (3, 13):\n    skip = True\n"
        "@unittest.skipIf(skip, 'old')\nclass T:\n    def setUp(self):\n        HERE"
    ),
    "two tests": "if v < (3, 15):\n    if v < (3, 13):\n        HERE",
    "a handler of an import": (
        "try:\n    from asyncio import EventLoop\nexcept ImportError:\n    HERE"
    ),
    "a handler of an attribute": (
        "try:\n    make = asyncio.EventLoop\nexcept (AttributeError, TypeError):\n    HERE"
    ),
    "a helper that is called for old Pythons": (
        "def helper():\n    HERE\n\nif v < (3, 13):\n    helper()"
    ),
    "a fixture that tests for old Pythons get": (
        "@pytest.fixture\ndef old():\n    HERE\n\n"
        "@pytest.mark.skipif(v >= (3, 13), reason='')\ndef test(old):\n    pass"
    ),
    "an import": (
        "if v < (3, 13):\n    from asyncio import HERE\nelse:\n    from inspect import y\nHERE"
    ),
    "an import behind another": (
        "if v >= (3, 13):\n    from inspect import HERE\nelse:\n    from asyncio import HERE\nHERE"
    ),
}
OPEN = {
    "the test itself": "if HERE or sys.version_info < (3, 13):\n    pass",
    "what stands before": "HERE\nif sys.version_info >= (3, 13):\n    raise RuntimeError",
    "what stands behind": "if sys.version_info >= (3, 13):\n    pass\nHERE",
    "another test": "if x:\n    HERE",
    "a decorator": (
        "@pytest.mark.skipif(sys.version_info >= (3, 13), reason='')\n@HERE\ndef test():\n    pass"
    ),
    "a mark for other reasons": "@pytest.mark.skipif(x, reason='3.13')\ndef test():\n    HERE",
    "a mark without a condition": "@pytest.mark.xfail\ndef test():\n    HERE",
    "a mark of another test": (
        "@pytest.mark.skipif(v >= (3, 13), reason='')\ndef test():\n    pass\n"
        "def test_it():\n    HERE"
    ),
    "a module that marks skip only when it is run": (
        "pytestmark = pytest.mark.skipif(v >= (3, 13), reason='')\nHERE"
    ),
    "a module that is skipped behind what runs at its import": (
        "HERE\nif v >= (3, 13):\n    pytest.skip('old', allow_module_level=True)"
    ),
    "a handler of another library": "try:\n    import uvloop\nexcept ImportError:\n    HERE",
    "a handler of another error": "try:\n    asyncio.EventLoop()\nexcept OSError:\n    HERE",
    "a handler of everything": "try:\n    asyncio.wait()\nexcept:\n    HERE",
    "a body with a handler": "try:\n    HERE\nexcept ImportError:\n    pass",
    "a helper that is called for new Pythons too": (
        "def helper():\n    HERE\n\nif v < (3, 13):\n    helper()\nelse:\n    helper()"
    ),
    "a helper that nobody here calls": "def helper():\n    HERE",
    "a helper that calls itself": "def helper():\n    HERE\n    helper()",
    "a fixture that every test gets": (
        "@pytest.fixture(autouse=True)\ndef old():\n    HERE\n\n"
        "@pytest.mark.skipif(v >= (3, 13), reason='')\ndef test(old):\n    pass"
    ),
    "a fixture that is asked for by its name": (
        "@pytest.fixture\ndef old():\n    HERE\n\n"
        "@pytest.mark.skipif(v >= (3, 13), reason='')\ndef test(old):\n    pass\n"
        "@pytest.mark.usefixtures('old')\ndef test_it():\n    pass"
    ),
    "a return that is always there": "def f():\n    return 1\n    HERE",
    "an if that always returns": (
        "def f():\n    if v < (3, 13):\n        return 1\n    else:\n        return 2\n    HERE"
    ),
}
IMPORTS = "import asyncio, pytest, sys, unittest\nfrom sys import version_info as v\n\n"


def pythons_at(body: str, file: str = "test_it.py") -> frozenset[int]:
    text = IMPORTS + body + "\n"
    before, _, _ = text.rpartition("HERE")
    column = len(before) - before.rfind("\n")
    return Reach(Source(file, text)).at(before.count("\n") + 1, column)


@pytest.mark.parametrize("body", GUARDED.values(), ids=GUARDED)
def test_a_place_is_reached_by_the_pythons_that_its_guard_lets_through(body: str) -> None:
    assert pythons_at(body) == OLD


@pytest.mark.parametrize("body", OPEN.values(), ids=OPEN)
def test_a_place_without_a_guard_is_reached_by_all(body: str) -> None:
    assert pythons_at(body) == EVERY


def test_a_mark_in_a_conftest_does_nothing() -> None:
    body = "pytestmark = pytest.mark.skipif(v >= (3, 13), reason='')\ndef pytest_x():\n    HERE"
    assert pythons_at(body, "conftest.py") == EVERY


def test_a_fixture_in_a_conftest_may_be_for_anybody() -> None:
    body = (
        "@pytest.fixture\ndef old():\n    HERE\n\nif v < (3, 13):\n    def test(old):\n        pass"
    )
    assert pythons_at(body) == OLD
    assert pythons_at(body, "conftest.py") == EVERY


def test_what_cannot_be_found_is_reached_by_all() -> None:
    assert Reach(Source("a.py", "if x:\n    pass\n")).at(2, 1) == EVERY

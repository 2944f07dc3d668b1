"""An error that a test expects is neither reported nor fixed, and everything else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from async_test_template.desired import Desired
from async_test_template.findings import Tier
from async_test_template.rules import CODES, load
from async_test_template.source import readings
from made_rules import make_plan

if TYPE_CHECKING:
    from pathlib import Path

    from async_test_template.plan import Plan

# The first rule warns, the second raises, in httpx 0.28, or warns, in 0.27; the third raises, from
# Python 3.14 on, or warns.
CODE = tuple(load(code) for code in CODES if code in {"AT819", "AT811", "AT509"})
WARNS = "client.post('/', data='raw')"
RAISES = "httpx.AsyncClient(app=app)"
HEAD = """\
import contextlib
import unittest
import warnings

import httpx
import pytest
import pytest as pt
from contextlib import suppress
from pytest import raises, warns
from starlette.testclient import TestClient

client = TestClient(app)


class OwnError(TypeError):
    pass


class OwnWarning(UserWarning):
    pass


ERRORS = (TypeError, ValueError)

"""


def planned(root: Path, code: str) -> Plan:
    (root / "test_it.py").write_text(f"{HEAD}\n{code}\n")
    return make_plan(root, Desired(), CODE, frozenset(Tier))


def in_test(body: str, *decorators: str, argument: str = "") -> str:
    lines = [*decorators, f"def test_it({argument}):", *(f"    {b}" for b in body.split("\n"))]
    return "\n".join(lines)


def under(context: str, statement: str) -> str:
    return in_test(f"with {context}:\n    {statement}")


MEANT = {
    "warns": under("pytest.warns(DeprecationWarning)", WARNS),
    "warns of anything": under("pytest.warns()", WARNS),
    "warns of several": under("warns((UserWarning, DeprecationWarning), match='x')", WARNS),
    "warns by its keyword": under("pt.warns(expected_warning=UserWarning)", WARNS),
    "warns of a class of the library's": under(
        "pytest.warns(starlette.exceptions.StarletteDeprecationWarning)", WARNS
    ),
    "deprecated_call": under("pytest.deprecated_call(match='raw')", WARNS),
    "a warning that is an error": under("pytest.raises(DeprecationWarning)", WARNS),
    "raises": under("pytest.raises(TypeError, match='app')", RAISES),
    "raises one of several": under("raises((ValueError, TypeError))", RAISES),
    "raises what a constant names": under("raises(ERRORS)", RAISES),
    "raises anything, in one statement": under("pytest.raises(Exception)", RAISES),
    "raises a group": under("pytest.RaisesGroup(pytest.RaisesExc(TypeError))", RAISES),
    "a warning of the version before": under("pytest.deprecated_call()", RAISES),
    "a context among others": under("open('x') as f, pytest.raises(TypeError)", RAISES),
    "the next context of the same block": in_test(
        f"with pytest.raises(TypeError), {RAISES} as c:\n    pass"
    ),
    "a context further out": in_test(
        f"with pytest.raises(TypeError):\n    for n in a:\n        with n:\n            {RAISES}"
    ),
    "an assertion of unittest": (
        f"class TestIt(unittest.TestCase):\n    def test_it(self):\n"
        f"        with self.assertRaisesRegex(TypeError, 'app'):\n            {RAISES}"
    ),
    "a warning for unittest": (
        f"class TestIt(unittest.TestCase):\n    def test_it(self):\n"
        f"        with self.assertWarns(DeprecationWarning) as caught:\n            {WARNS}"
    ),
    "suppressed": under("contextlib.suppress(ValueError, TypeError)", RAISES),
    "suppressed by its name": under("suppress(TypeError)", RAISES),
    "caught": in_test(f"try:\n    {RAISES}\nexcept TypeError:\n    pass"),
    "caught by a wider class": in_test(f"try:\n    {RAISES}\nexcept Exception:\n    pass"),
    "recorded": under("warnings.catch_warnings(record=True) as caught", WARNS),
    "filtered": in_test(
        "with warnings.catch_warnings():\n"
        f"    warnings.simplefilter('ignore', DeprecationWarning)\n    {WARNS}"
    ),
    "filtered by a message": in_test(
        "with warnings.catch_warnings():\n"
        f"    warnings.filterwarnings('ignore', message='raw')\n    {WARNS}"
    ),
    "filtered by an argument": under(
        "warnings.catch_warnings(action='ignore', category=DeprecationWarning)", WARNS
    ),
    "recwarn": in_test(f"{WARNS}\nassert len(recwarn) == 1", argument="recwarn"),
    "ignored by a mark": in_test(
        WARNS, "@pytest.mark.filterwarnings('ignore:.*:DeprecationWarning')"
    ),
    "ignored by the mark of a class": (
        "@pytest.mark.filterwarnings('ignore::starlette.StarletteDeprecationWarning')\n"
        f"class TestIt:\n    def test_it(self):\n        {WARNS}"
    ),
    "expected to fail": in_test(RAISES, "@pytest.mark.xfail(reason='later', strict=True)"),
    "expected to fail so": in_test(RAISES, "@pytest.mark.xfail(raises=(TypeError, OSError))"),
    "a module that is expected to fail": (
        f"pytestmark = [pytest.mark.slow, pytest.mark.xfail]\n\n{in_test(RAISES)}"
    ),
    "expected to fail by unittest": (
        "class TestIt(unittest.TestCase):\n    @unittest.expectedFailure\n"
        f"    def test_it(self):\n        {RAISES}"
    ),
    "a lambda that is handed over": in_test(f"pytest.raises(TypeError, lambda: {RAISES})"),
    "a function that is handed over": in_test(
        f"def make():\n    return {RAISES}\n\npytest.raises(TypeError, make)"
    ),
    "a function that is called there alone": (
        f"def make():\n    return {RAISES}\n\n"
        + in_test("with pytest.raises(TypeError):\n    make()")
    ),
    "an entered context": in_test(
        "with contextlib.ExitStack() as stack:\n"
        f"    stack.enter_context(pytest.raises(TypeError))\n    {RAISES}"
    ),
    "a context in a variable": in_test(
        f"expected = pytest.raises(TypeError)\nwith expected:\n    {RAISES}"
    ),
    "a context in a parameter": in_test(
        f"with expected:\n    {RAISES}",
        "@pytest.mark.parametrize('expected', [suppress(), pytest.raises(TypeError)])",
        argument="expected",
    ),
    "a context on a condition": under(
        "pytest.raises(TypeError) if NEW else contextlib.nullcontext()", RAISES
    ),
    "a context of the file's own": (
        "@contextlib.contextmanager\ndef refused():\n    with pytest.raises(TypeError) as e:\n"
        f"        yield e\n\n\n{under('refused()', RAISES)}"
    ),
}

PERHAPS = {
    "raises anything, in several statements": in_test(
        f"with pytest.raises(Exception):\n    c = {RAISES}\n    c.get('/')"
    ),
    "a warning where anything is raised": under("pytest.raises(Exception)", WARNS),
    "raises what nobody can tell": in_test(
        f"with pytest.raises(expected):\n    {RAISES}", argument="expected"
    ),
    "a warning where the test may fail": in_test(WARNS, "@pytest.mark.xfail"),
}

MENDED = {
    "raises another error": under("pytest.raises(ValueError)", RAISES),
    "raises an error of the project": under("pytest.raises(OwnError)", RAISES),
    "raises an error of a package": under("pytest.raises(httpx.HTTPStatusError)", RAISES),
    "warns of another class": under("pytest.warns(ResourceWarning)", WARNS),
    "raises, and what follows": in_test(f"with pytest.raises(TypeError):\n    int(None)\n{RAISES}"),
    "the context itself": under(f"pytest.raises({RAISES})", "pass"),
    "warnings are errors": in_test(
        f"with warnings.catch_warnings():\n    warnings.simplefilter('error')\n    {WARNS}"
    ),
    "warnings of another class": in_test(
        "with warnings.catch_warnings():\n"
        f"    warnings.simplefilter('ignore', ResourceWarning)\n    {WARNS}"
    ),
    "an error where warnings are ignored": in_test(
        f"with warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n    {RAISES}"
    ),
    "all warnings are ignored": in_test(WARNS, "@pytest.mark.filterwarnings('ignore')"),
    "warnings are errors by a mark": in_test(WARNS, "@pytest.mark.filterwarnings('error')"),
    "expected to fail otherwise": in_test(RAISES, "@pytest.mark.xfail(raises=ValueError)"),
    "a parameter that may fail": in_test(
        RAISES,
        "@pytest.mark.parametrize('a', [pytest.param(1, marks=pytest.mark.xfail), 2])",
        argument="a",
    ),
    "another test may fail": (
        "@pytest.mark.xfail\ndef test_other():\n    pass\n\n\n" + in_test(RAISES)
    ),
    "a helper that others call too": (
        f"def make():\n    return {RAISES}\n\n"
        + in_test("make()\nwith pytest.raises(TypeError):\n    make()")
    ),
    "anything is caught, in several statements": in_test(
        f"try:\n    c = {RAISES}\n    c.get('/')\nexcept Exception:\n    pass"
    ),
    "another error is caught": in_test(f"try:\n    {RAISES}\nexcept OSError:\n    pass"),
    "the handler itself": in_test(f"try:\n    pass\nexcept TypeError:\n    {RAISES}"),
    "a context of the file's own that expects nothing": (
        "@contextlib.contextmanager\ndef refused():\n    yield\n\n\n" + under("refused()", RAISES)
    ),
}


@pytest.mark.parametrize("code", MEANT.values(), ids=MEANT)
def test_what_is_meant_is_no_finding(code: str, tmp_path: Path) -> None:
    plan = planned(tmp_path, code)
    assert plan.left == []
    assert plan.after == {}


@pytest.mark.parametrize("code", PERHAPS.values(), ids=PERHAPS)
def test_what_may_be_meant_is_only_reported(code: str, tmp_path: Path) -> None:
    plan = planned(tmp_path, code)
    assert [finding.tier for finding in plan.left] == [Tier.REPORT]
    assert "expects an error or a warning" in plan.left[0].hint
    assert plan.after == {}


@pytest.mark.parametrize("code", MENDED.values(), ids=MENDED)
def test_what_is_not_meant_is_mended(code: str, tmp_path: Path) -> None:
    plan = planned(tmp_path, code)
    assert plan.left == []
    assert "test_it.py" in plan.after


def test_an_error_of_a_newer_python_may_be_meant_too(tmp_path: Path) -> None:
    expected = "import asyncio\n" + under("pytest.raises(RuntimeError)", "asyncio.get_event_loop()")
    assert planned(tmp_path, expected).left == []
    other = "import asyncio\n" + under("pytest.raises(OSError)", "asyncio.get_event_loop()")
    assert "asyncio.set_event_loop(" in planned(tmp_path, other).after["test_it.py"].decode()


def test_what_a_helper_is_called_for_is_known_where_no_syntax_tree_was_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "_KEPT_BYTES", 0)
    (tmp_path / "requirements.txt").write_text("pytest-asyncio>=1.5\n")
    call = "asyncio.set_event_loop_policy(None)"
    helper = f"import asyncio\n{HEAD}\n\ndef choose():\n    {call}\n\n\n"
    rule = load("AT507")
    for context, codes in (("pytest.deprecated_call()", []), ("open('x')", ["AT507"])):
        (tmp_path / "test_it.py").write_text(helper + under(context, "choose()"))
        found = make_plan(tmp_path, Desired(), [rule], frozenset()).left
        assert [finding.code for finding in found] == codes

"""AT002: an async test that passed without being awaited; `check --run` sees it."""

from async_test_template.findings import Tier
from async_test_template.rules.rule import Example, Rule

_PLUGIN = """\
import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    pyfuncitem.obj().close()
    return True
"""
_TEST = """\
async def test_it():
    raise ValueError
"""

RULE = Rule(
    code="AT002",
    name="never-awaited",
    title="An async test passed and was never awaited",
    why="Its body never ran, so it can never fail.",
    since="pytest, always",
    tier=Tier.REPORT,
    check=None,
    invalid=(Example(before={"conftest.py": _PLUGIN, "test_it.py": _TEST}),),
    valid=({"test_it.py": "def test_it():\n    pass\n"},),
)

"""AT001: a test that ran in another event loop than its fixture; `check --run` sees it."""

from async_test_template.findings import Tier
from async_test_template.rules.rule import Example, Rule

_SETTINGS = """\
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = session
"""
_TEST = """\
import pytest


@pytest.fixture
async def one():
    return 1


async def test_it(one):
    assert one == 1
"""

RULE = Rule(
    code="AT001",
    name="ran-in-another-loop",
    title="A test ran in another event loop than its fixture",
    why="Nothing fails until an object of the one loop waits in the other.",
    since="pytest-asyncio 0.24",
    tier=Tier.REPORT,
    check=None,
    invalid=(Example(before={"pytest.ini": _SETTINGS, "test_it.py": _TEST}),),
    valid=({"test_it.py": "def test_it():\n    pass\n"},),
)

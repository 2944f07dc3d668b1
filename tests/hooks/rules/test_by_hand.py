"""Fixtures that a suite runs itself, which works only before pytest 9."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from async_test_template.desired import Desired
from async_test_template.findings import Tier
from async_test_template.rules import CODES, load
from made_rules import make_plan

if TYPE_CHECKING:
    from pathlib import Path

    from async_test_template.plan import Plan

ALL = tuple(load(code) for code in CODES if code >= "AT1")
MARK = "@pytest.mark.asyncio\n"


def look(root: Path, files: dict[str, str], *tiers: Tier) -> Plan:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return make_plan(root, Desired(), ALL, frozenset(tiers))


CLIENT = "import pytest\n\n\n@pytest.fixture\nasync def client():\n    return {'a': 1}\n"
HELPERS = (
    "import asyncio\n\n\ndef run(it):\n    return asyncio.run(it)\n\n\n"
    "async def get(it):\n    return await it\n"
)
BY_HAND = {
    "a test that is not async": "def test_it(client):\n    assert asyncio.run(client)\n",
    "a test that awaits it": MARK + "async def test_it(client):\n    assert await client\n",
    "a helper": "def test_it(client):\n    assert helpers.run(client)\n",
    "an async helper": MARK + "async def test_it(client):\n    assert await helpers.get(client)\n",
    "another fixture": (
        "@pytest.fixture\ndef got(client):\n    return helpers.run(client)\n\n\n"
        "def test_it(got):\n    assert got\n"
    ),
    "what another fixture lists": (
        "@pytest.fixture\ndef both(client):\n    return 1, client\n\n\n"
        "def test_it(both):\n    _, it = both\n    assert asyncio.run(it)\n"
    ),
    "a request by name": (
        "@pytest.mark.parametrize('name', ['client'])\ndef test_it(request, name):\n"
        "    it = request.getfixturevalue(name)\n    assert asyncio.run(it)\n"
    ),
    "an attribute": (
        "class TestIt:\n    @pytest.fixture(autouse=True)\n    def _get(self, client):\n"
        "        self.it = client\n\n    def test_it(self):\n"
        "        assert asyncio.run(self.it)\n"
    ),
    "one that overrides it": (
        "@pytest.fixture\ndef client(client):\n    return asyncio.run(client)\n\n\n"
        "def test_it(client):\n    assert client\n"
    ),
    "a test of what it is": "def test_it(client):\n    assert inspect.iscoroutine(client)\n",
    "a function within": (
        "def test_it(client):\n    async def main():\n        return await client\n\n"
        "    assert asyncio.run(main())\n"
    ),
}
NOT_BY_HAND = {
    "a value": MARK + "async def test_it(client):\n    assert client['a'] == await ask(client)\n",
    "its override": (
        "@pytest.fixture\ndef client():\n    return ask()\n\n\n"
        "def test_it(client):\n    assert asyncio.run(client)\n"
    ),
    "a mock": "def test_it(client):\n    assert client.close.call_count == 1\n",
    "a wrapper": (
        "@pytest.fixture\ndef app(client):\n    return App(client)\n\n\n"
        + MARK
        + "async def test_it(app):\n    assert await app.client.get()\n"
    ),
}


def fixture_of(test: str, pytest_: str, root: Path) -> Plan:
    files = {
        "requirements.txt": f"{pytest_}\npytest-asyncio>=0.21\n",
        "conftest.py": CLIENT,
        "helpers.py": HELPERS,
        "sub/test_it.py": (
            f"import asyncio\nimport inspect\n\nimport helpers\nimport pytest\n\n\n{test}"
        ),
        "test_other.py": (
            f"import pytest\n\n\n{MARK}async def test_it(client):\n    assert client['a']\n"
        ),
    }
    return look(root, files, *Tier)


@pytest.mark.parametrize("test", BY_HAND.values(), ids=BY_HAND)
@pytest.mark.parametrize("declared", ["pytest", "pytest>=7"])
def test_a_fixture_that_is_run_by_hand_stays_as_it_is(
    test: str, declared: str, tmp_path: Path
) -> None:
    plan = fixture_of(test, declared, tmp_path)
    assert "conftest.py" not in plan.after
    (found,) = [f for f in plan.left if f.code == "AT701"]
    assert "runs it by hand, which works before pytest 9" in found.hint


@pytest.mark.parametrize("test", NOT_BY_HAND.values(), ids=NOT_BY_HAND)
def test_a_fixture_whose_value_is_looked_at_is_mended(test: str, tmp_path: Path) -> None:
    plan = fixture_of(test, "pytest>=7", tmp_path)
    assert [f.tier for f in plan.fixed if f.code == "AT701"] == [Tier.SAFE]


GIVEN = "def test_given(client):\n    made = helpers.Made()\n    assert made(client)\n"


@pytest.mark.parametrize(
    ("others", "fixed"),
    [
        (MARK + "async def test_it(client):\n    assert client.keys()\n", True),
        (MARK + "async def test_it(client):\n    client.close()\n", False),
        ("", False),
    ],
)
def test_a_test_may_give_a_value_to_something_unknown(
    *, others: str, fixed: bool, tmp_path: Path
) -> None:
    found = fixture_of(f"{GIVEN}\n\n{others}", "pytest>=7", tmp_path)
    assert [f.code for f in found.fixed] == ["AT701"] * fixed
    again = make_plan(tmp_path, Desired(), (load("AT701"),), frozenset({Tier.SAFE}))
    assert not again.fixed, "what is only likely is no safe fix"


def test_what_a_generator_yields_may_be_awaited(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "pytest>=7\npytest-asyncio>=1.4\n",
        "conftest.py": CLIENT.replace("return {'a': 1}", "yield start()"),
        "test_it.py": f"import pytest\n\n\n{MARK}async def test_it(client):\n    await client\n",
    }
    plan = look(tmp_path, files, *Tier)
    assert "AT701" in {finding.code for finding in plan.fixed}


@pytest.mark.parametrize("test", BY_HAND.values(), ids=BY_HAND)
def test_from_pytest_9_on_no_test_passes_with_a_fixture_by_hand(test: str, tmp_path: Path) -> None:
    assert "conftest.py" in fixture_of(test, "pytest>=9", tmp_path).after


UNSEEN = {
    "autouse": (
        CLIENT.replace("fixture", "fixture(autouse=True)"),
        "def test_it():\n    pass\n",
    ),
    "by its name alone": (
        CLIENT,
        "@pytest.mark.usefixtures('client')\ndef test_it():\n    pass\n",
    ),
}


@pytest.mark.parametrize(("fixture", "test"), UNSEEN.values(), ids=UNSEEN)
@pytest.mark.parametrize(("declared", "tier"), [("7", Tier.UNSAFE), ("9", Tier.SAFE)])
def test_a_fixture_that_nobody_looks_at_is_not_run_all_at_once(
    fixture: str, test: str, declared: str, tier: Tier, tmp_path: Path
) -> None:
    files = {
        "requirements.txt": f"pytest>={declared}\npytest-asyncio>=0.21\n",
        "conftest.py": fixture,
        "test_it.py": (f"import pytest\n\n\n{test}\n\n{MARK}async def test_other():\n    pass\n"),
    }
    assert [f.tier for f in look(tmp_path, files).left if f.code == "AT701"] == [tier]


@pytest.mark.parametrize(("run", "holds"), [("asyncio.run(client)", True), ("str(client)", False)])
def test_auto_mode_is_not_set_where_a_fixture_is_run_by_hand(
    run: str, tmp_path: Path, *, holds: bool
) -> None:
    files = {
        "requirements.txt": "pytest>=7\npytest-asyncio>=0.21\n",
        "pytest.ini": "[pytest]\n",
        "conftest.py": CLIENT,
        "test_it.py": (
            f"import asyncio\n\n\ndef test_it(client):\n    assert {run}\n\n\n"
            "async def test_other():\n    pass\n"
        ),
    }
    after = look(tmp_path, files, *Tier).after
    assert (b"asyncio_mode" not in after.get("pytest.ini", b"")) is holds

"""Python files are read as rarely as possible, on several cores, with the same result."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from async_test_template import disk
from async_test_template import spread as spreading
from async_test_template.desired import Desired
from async_test_template.errors import UserError
from async_test_template.faults import Crash
from async_test_template.findings import Finding, Tier
from async_test_template.project import Project
from async_test_template.rules import CODES, load
from async_test_template.source import readings
from made_rules import made_rule, make_plan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from async_test_template.plan import Plan
    from async_test_template.rules.rule import Rule
    from async_test_template.source.source import Source

ALL = tuple(map(load, CODES))
OUTDATED = (
    "import pytest\n\n\n@pytest.mark.asyncio(scope='module')\nasync def test_{0}(event_loop):\n"
    "    assert event_loop.is_running()\n\n\n@pytest.yield_fixture\ndef number():\n    yield {0}\n"
)
SYNC = "import pytest\n\n\n@pytest.fixture\ndef one():\n    return 1\n\n\ndef test_{0}(one): ...\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(
        '[dependency-groups]\ntest = ["pytest>=9", "pytest-asyncio>=1.5"]\n\n'
        "[tool.pytest.ini_options]\n"
    )
    for number in range(20):
        (tmp_path / f"test_old_{number}.py").write_text(OUTDATED.format(number))
        (tmp_path / f"test_sync_{number}.py").write_text(SYNC.format(number))
    return tmp_path


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often each text is parsed."""
    texts: Counter[str] = Counter()
    parse = ast.parse

    def count(text: str, *others: str) -> ast.mod:
        # pytest parses, too, when it tells what went wrong.
        texts[text] += not others
        return parse(text, *others)

    monkeypatch.setattr(ast, "parse", count)
    return texts


def migrate(root: Path, rules: tuple[Rule, ...] = ALL) -> Plan:
    return make_plan(root, Desired(), rules, frozenset(Tier))


def test_a_migration_parses_each_outdated_file_twice_and_no_other(
    root: Path, parsed: Counter[str]
) -> None:
    plan = migrate(root)
    new = {data.decode() for file, data in plan.after.items() if file.endswith(".py")}
    assert len(new) == 20
    expected = {OUTDATED.format(number) for number in range(20)} | new
    assert parsed == dict.fromkeys(expected, 1)


@pytest.mark.slow
def test_many_processes_come_to_the_same_as_one(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "test_broken.py").write_text("async def test_it(:\n")
    alone = migrate(root)
    monkeypatch.setattr(spreading, "_cores", lambda: 3)
    monkeypatch.setattr(spreading, "_SMALL", 1)
    together = migrate(root)
    assert together.after == alone.after
    assert together.left == alone.left
    assert together.fixed == alone.fixed
    assert together.unreadable == alone.unreadable == (("test_broken.py", 1, "invalid syntax"),)


@pytest.mark.slow
@pytest.mark.parametrize("cores", [1, 3])
def test_a_repository_that_is_too_large_to_keep_comes_to_the_same(
    cores: int, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = migrate(root)
    monkeypatch.setattr(disk, "_KEPT_BYTES", 0)
    monkeypatch.setattr(spreading, "_cores", lambda: cores)
    monkeypatch.setattr(spreading, "_SMALL", 1)
    read_again = migrate(root)
    assert (read_again.before, read_again.after) == (kept.before, kept.after)
    assert (read_again.left, read_again.fixed) == (kept.left, kept.fixed)


@pytest.mark.parametrize("cores", [1, 3])
def test_what_is_read_again_and_has_changed_is_told(
    cores: int, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_KEPT_BYTES", 0)
    monkeypatch.setattr(spreading, "_cores", lambda: cores)
    monkeypatch.setattr(spreading, "_SMALL", 1)

    def edit(*_: object) -> bool:
        (root / "test_old_7.py").write_text("# mine\n")
        return True

    with pytest.raises(UserError, match="changed while this program read it") as raised:
        make_plan(root, Desired(), ALL, frozenset(Tier), edit)
    assert raised.value.path == root / "test_old_7.py"


def test_a_rule_that_looks_at_one_file_alone_must_not_ask_for_the_others(root: Path) -> None:
    def visit(project: Project, source: Source) -> Iterator[Finding]:
        yield Finding("AT999", f"{len(project.code.tests)} tests", source.file)

    rule = made_rule("AT999", visit=visit, alone=True)
    with pytest.raises(Crash, match="alone"):
        migrate(root, (rule,))


def test_a_change_of_the_configuration_is_seen_in_files_that_stay_as_they_are(
    tmp_path: Path,
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = legacy\n")
    (tmp_path / "test_it.py").write_text(
        "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_it():\n    pass\n"
    )
    plan = migrate(tmp_path, (load("AT101"), load("AT609")))
    # The mark is unnecessary only in auto mode, which the first fix sets.
    assert [finding.code for finding in plan.fixed] == ["AT101", "AT609"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("setup.cfg", "[pytest]\npython_files = check_*.py\n"),
        ("pytest.toml", "python_files = ['check_*.py']\n"),
    ],
)
def test_what_pytest_collects_by_a_mended_configuration_is_read(
    file: str, text: str, tmp_path: Path
) -> None:
    (tmp_path / file).write_text(text)
    (tmp_path / "check_it.py").write_text(
        "import asyncio\n\n\ndef test_it():\n    assert asyncio.iscoroutinefunction(print)\n"
    )
    plan = migrate(tmp_path)
    # Nothing there matters unless the file contains tests.
    assert "AT913" in [finding.code for finding in plan.fixed if finding.file == "check_it.py"]
    for name, data in plan.after.items():
        (tmp_path / name).write_bytes(data)
    assert migrate(tmp_path).after == {}


def test_a_sync_test_below_words_on_fixtures_is_not_parsed(
    tmp_path: Path, parsed: Counter[str]
) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pytest\n\n\ndef test_one(one):\n    assert one, 'the fixture gives it'\n\n\n"
        "@pytest.mark.parametrize('number', [1, 2])\ndef test_two(number): ...\n"
        "\n\n@pytest.fixture\ndef one():\n    return 1\n"
    )
    migrate(tmp_path)
    assert not parsed


def test_a_file_for_whose_tree_there_is_no_room_is_parsed_once_for_all_its_tests(
    tmp_path: Path, parsed: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "_KEPT_BYTES", 0)
    (tmp_path / "requirements.txt").write_text("pytest>=9\npytest-asyncio>=1.5\n")
    (tmp_path / "conftest.py").write_text(
        "import asyncio\n\nimport pytest\n\n\n@pytest.fixture\ndef event_loop():\n"
        "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
    )
    asking = "\n\nasync def test_{0}(event_loop):\n    assert event_loop\n"
    (tmp_path / "test_it.py").write_text("".join(map(asking.format, range(20))))
    make_plan(tmp_path, Desired(), ALL, frozenset())
    # When it is read, and when a rule looks closer; not once more for each test in it.
    assert max(parsed.values()) <= 3


CLIENT = (
    '"""It is used so:\n\n    from starlette.testclient import TestClient\n"""\n\n'
    "import typing, httpx\n\n\nasync def ask(): ...\n"
)


def test_of_code_that_only_uses_a_library_the_imports_are_known_and_nothing_is_parsed(
    root: Path, parsed: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "client.py").write_text(CLIENT)
    monkeypatch.setattr(spreading, "_SMALL", 1)
    monkeypatch.setattr(spreading, "_cores", lambda: 2)
    project = Project(root, Desired(), {})
    assert project.code.by_file["client.py"].imports == {"typing": 6, "httpx": 6}
    assert CLIENT not in parsed


def test_a_file_is_seen_again_only_by_rules_that_have_spots_in_it(
    root: Path, parsed: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "_KEPT_BYTES", 0)
    monkeypatch.setattr(readings, "_RECENT_BYTES", 0)
    for number, is_slow in enumerate((True, False, True)):
        text = OUTDATED.format(number)
        sleeps = text.replace("    assert", "    time.sleep(1)\n    assert")
        (root / f"test_old_{number}.py").write_text(f"import time\n{sleeps if is_slow else text}")
    plan = make_plan(root, Desired(), (load("AT514"),), frozenset())
    assert [(finding.code, finding.file) for finding in plan.left] == [
        ("AT514", "test_old_0.py"),
        ("AT514", "test_old_2.py"),
    ]
    # Of the files that wait, the last one is still there, until the first one is read again.
    assert sorted(parsed.values(), reverse=True)[:3] == [2, 2, 1]


@pytest.mark.parametrize("imported", ["aiohttp", "fastapi.testclient"])
def test_requests_are_parsed_only_where_some_file_has_the_client(
    tmp_path: Path, parsed: Counter[str], imported: str
) -> None:
    (tmp_path / "pyproject.toml").write_text('[dependency-groups]\ntest = ["fastapi>=0.115"]\n')
    request = "def test_it(client):\n    client.post('/', data='raw')\n"
    (tmp_path / "test_it.py").write_text(request)
    (tmp_path / "conftest.py").write_text(
        f"import pytest\nfrom {imported} import TestClient\n\n\n"
        "@pytest.fixture\ndef client():\n    return TestClient(None)\n"
    )
    plan = make_plan(tmp_path, Desired(), (load("AT819"),), frozenset())
    is_there = imported != "aiohttp"
    assert [finding.code for finding in plan.left] == ["AT819"] * is_there
    assert parsed[request] == is_there

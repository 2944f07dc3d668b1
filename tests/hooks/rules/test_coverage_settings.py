"""AT219 reads and writes the settings that coverage reads: see `coverage/config.py` (7.17)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from async_test_template.desired import Desired
from async_test_template.findings import Severity, Tier
from async_test_template.report.words import severity_of
from async_test_template.rules import load
from made_rules import make_plan

if TYPE_CHECKING:
    from pathlib import Path

    from async_test_template.plan import Plan

CODE = "from sqlalchemy.ext.asyncio import create_async_engine\n"
DECLARED = "aiosqlite\npytest-cov\nsqlalchemy[asyncio]\n"
BOTH = "concurrency = thread, greenlet\n"
LIST = 'concurrency = ["thread", "greenlet"]\n'
NAMED = {"pytest.ini": "[pytest]\naddopts = --cov --cov-config=pyproject.toml\n"}


def look(root: Path, files: dict[str, str], declared: str = DECLARED) -> Plan:
    everything = {"shop/database.py": CODE, "requirements.txt": declared, **files}
    for name, text in everything.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, newline="")
    return make_plan(root, Desired(), (load("AT219"),), frozenset({Tier.SAFE}))


EXTENDED = {
    "an empty file counts": ({".coveragerc": ""}, f"[run]\n{BOTH}"),
    "Windows line ends": (
        {".coveragerc": "\ufeff[run]\r\nbranch = true\r\n"},
        "\ufeff[run]\r\nbranch = true\r\nconcurrency = thread, greenlet\r\n",
    ),
    "a section with the prefix in a file of coverage's own": (
        {".coveragerc": "[coverage:run]\nbranch = true\n"},
        f"[coverage:run]\nbranch = true\n{BOTH}",
    ),
    "one section with it, and one without": (
        {".coveragerc": "[coverage:report]\nfail_under = 1\n[run]\nbranch = true\n"},
        f"[coverage:report]\nfail_under = 1\n[run]\nbranch = true\n{BOTH}",
    ),
    "nothing after the sign": ({".coveragerc": "[run]\nconcurrency =\n"}, f"[run]\n{BOTH}"),
    "a comma at the end": ({".coveragerc": "[run]\nconcurrency = thread,\n"}, f"[run]\n{BOTH}"),
    "only paths in a file of all": (
        {"tox.ini": "[testenv]\nA = 1\n[coverage:paths]\nsource =\n  a\n  b\n"},
        f"[testenv]\nA = 1\n[coverage:paths]\nsource =\n  a\n  b\n\n[coverage:run]\n{BOTH}",
    ),
    "a TOML file of coverage's own": (
        {".coveragerc.toml": "[run]\nbranch = true\n"},
        f"[run]\nbranch = true\n{LIST}",
    ),
    "one with both kinds of tables": (
        {".coveragerc.toml": "[tool.coverage.report]\nskip_empty = true\n[run]\nbranch = true\n"},
        f"[tool.coverage.report]\nskip_empty = true\n[run]\nbranch = true\n{LIST}",
    ),
    "pyproject.toml by an option, without a table": (
        {"pyproject.toml": '[project]\nname = "x"\n', **NAMED},
        f'[project]\nname = "x"\n\n[tool.coverage.run]\n{LIST}',
    ),
    "pyproject.toml by an option, before other files": (
        {
            "pyproject.toml": "[tool.coverage]\nrun.branch = true\n",
            "setup.cfg": "[coverage:run]\nconcurrency = greenlet\n",
            **NAMED,
        },
        f"[tool.coverage]\nrun.branch = true\nrun.{LIST}",
    ),
}


@pytest.mark.parametrize(("files", "after"), EXTENDED.values(), ids=EXTENDED)
def test_greenlets_are_added_where_coverage_reads(
    files: dict[str, str], after: str, tmp_path: Path
) -> None:
    plan = look(tmp_path, files)
    assert {name: data.decode() for name, data in plan.after.items()} == {next(iter(files)): after}


REPORTED = {
    "a space in front of a key": {".coveragerc": "[run]\n    branch = true\n"},
    "a key in capitals": {".coveragerc": "[run]\nConcurrency = thread\n"},
    "a text for a list": {"pyproject.toml": '[tool.coverage.run]\nconcurrency = "thread"\n'},
    "a name that tells nothing of the format": {
        "coverage.conf": "[run]\nbranch = true\n",
        "pytest.ini": "[pytest]\naddopts = --cov-config=coverage.conf\n",
    },
}


@pytest.mark.parametrize("files", REPORTED.values(), ids=REPORTED)
def test_what_our_editors_read_differently_is_left_to_a_person(
    files: dict[str, str], tmp_path: Path
) -> None:
    plan = look(tmp_path, files)
    assert not plan.after
    (finding,) = plan.left
    assert finding.file in files
    assert finding.hint == 'coverage needs concurrency = ["thread", "greenlet"]'


UNSURE = {
    "no driver": "pytest-cov\nsqlalchemy\n",
    "a driver that works without asyncio, too": "psycopg\npytest-cov\nsqlalchemy\n",
    "a marker": "aiosqlite\npytest-cov\nsqlalchemy; sys_platform != 'win32'\n",
}


@pytest.mark.parametrize("declared", UNSURE.values(), ids=UNSURE)
def test_coverage_is_not_told_of_greenlets_that_may_be_missing(
    declared: str, tmp_path: Path
) -> None:
    (finding,) = look(tmp_path, {".coveragerc": ""}, declared).left
    assert finding.hint.endswith("and greenlet wherever the tests run")


WITHOUT_A_FILE = {
    "an option": ("pytest.ini", "[pytest]\naddopts = --cov\n"),
    "a command": ("Makefile", "test:\n\tcoverage run -m pytest\n"),
}


@pytest.mark.parametrize(("name", "text"), WITHOUT_A_FILE.values(), ids=WITHOUT_A_FILE)
def test_what_measures_is_shown_where_nothing_is_set(name: str, text: str, tmp_path: Path) -> None:
    (finding,) = look(tmp_path, {name: text}).left
    assert (finding.file, finding.line) == (name, 2)
    assert finding.hint.endswith("to [tool.coverage.run] in pyproject.toml")


POETRY = """\
[tool.coverage.run]
branch = true

[tool.poetry.dependencies]
{}

[tool.poetry.group.test.dependencies]
pytest-cov = "*"
"""
WITH_POETRY = {
    "the extra": ('sqlalchemy = { version = "^2", extras = ["asyncio"] }', 1),
    "a driver": ('asyncpg = "*"\nsqlalchemy = "^2"', 1),
    "an optional driver": ('asyncpg = {version = "*", optional = true}\nsqlalchemy = "^2"', 0),
    "optional, with the extra": (
        'sqlalchemy = {version = "^2", extras = ["asyncio"], optional = true}',
        0,
    ),
}


@pytest.mark.parametrize(("declared", "fixed"), WITH_POETRY.values(), ids=WITH_POETRY)
def test_poetry_says_whether_greenlet_is_there(declared: str, fixed: int, tmp_path: Path) -> None:
    plan = look(tmp_path, {"pyproject.toml": POETRY.format(declared)}, "pytest-cov\n")
    assert len(plan.fixed) == fixed


SILENT = {
    "a file that is no INI": {".coveragerc": "[run\nbranch = true\n"},
    "a file outside": {"Makefile": "test:\n\tpytest --cov --cov-config=../all.ini\n"},
    "the environment decides": {".coveragerc": "[run]\nconcurrency = ${HOW}\n"},
    "a key in capitals lists greenlets": {".coveragerc": "[run]\nConcurrency = greenlet\n"},
}


@pytest.mark.parametrize("files", SILENT.values(), ids=SILENT)
def test_nothing_is_said_where_nothing_is_known(files: dict[str, str], tmp_path: Path) -> None:
    plan = look(tmp_path, files)
    assert (plan.left, plan.fixed) == ([], [])


def test_nothing_is_said_where_nothing_installs_sqlalchemy(tmp_path: Path) -> None:
    plan = look(tmp_path, {".coveragerc": ""}, "aiosqlite\npytest-cov\n")
    assert (plan.left, plan.fixed) == ([], [])


RELIED_ON = {
    "a number that nothing judges": (Severity.ADVICE, {}, DECLARED),
    "a threshold that no lost line would pass": (
        Severity.ADVICE,
        {"Makefile": "test:\n\tpytest --cov\n\tcoverage report -m --fail-under=100\n"},
        "asyncpg\npytest-cov\nsqlalchemy\n",
    ),
    "a threshold that is off": (
        Severity.ADVICE,
        {"Makefile": "test:\n\tpytest --cov --cov-fail-under=0\n"},
        DECLARED,
    ),
    "a threshold, and a driver that may be missing": (
        Severity.ADVICE,
        {"setup.cfg": "[coverage:report]\nfail_under = 90\n"},
        "pytest-cov\nsqlalchemy\n",
    ),
    "a driver that loses lines, and no threshold": (
        Severity.ADVICE,
        {},
        f"{DECLARED}asyncpg\n",
    ),
    "a threshold of coverage": (
        Severity.WARNING,
        {"setup.cfg": "[coverage:report]\nfail_under = 90\n"},
        DECLARED,
    ),
    "a threshold in a command": (
        Severity.WARNING,
        {"Makefile": "test:\n\tpytest --cov --cov-fail-under=90\n"},
        DECLARED,
    ),
}


@pytest.mark.parametrize(("severity", "files", "declared"), RELIED_ON.values(), ids=RELIED_ON)
def test_it_is_advice_unless_the_number_matters(
    severity: Severity, files: dict[str, str], declared: str, tmp_path: Path
) -> None:
    # PyPy has no fix, so the finding stays.
    files = {"setup.cfg": "[coverage:run]\nbranch = true\n", ".travis.yml": "pypy3\n", **files}
    (finding,) = look(tmp_path, files, declared).left
    assert severity_of(finding) is severity

"""No input ends in a traceback, and the time is proportional to its length."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from async_test_template.cli import main
from async_test_template.config import ini, requirements
from async_test_template.config.toml import read as toml_read
from async_test_template.dependencies import bounds
from async_test_template.dependencies.gather import read_dependencies
from async_test_template.desired import read_answers
from async_test_template.errors import UserError
from async_test_template.tree import Tree
from async_test_template.verify import run_tests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HOOKS = Path(__file__).parents[2] / "hooks"
DIGITS = "9" * 5000

HOSTILE = {
    "digits in a version": {"requirements.txt": f"pytest-asyncio>={DIGITS}\n"},
    "digits in a lock file": {
        "uv.lock": f'[[package]]\nname = "pytest-asyncio"\nversion = "{DIGITS}"\n'
    },
    "digits in TOML": {"pyproject.toml": f"[tool.pytest.ini_options]\ntimeout = {DIGITS}\n"},
    "digits of another base": {"pytest.toml": f"[pytest]\ntimeout = 0x{DIGITS}\n"},
    "digits in a length of lines": {
        "pyproject.toml": f"[tool.ruff]\nline-length = '{DIGITS}'\n",
        "test_it.py": "import asyncio\n\n\n@asyncio.coroutine\ndef it(): ...\n",
    },
    "digits in an import": {
        "test_it.py": f"import b{DIGITS}\nimport a1\nasync def test_it(event_loop):\n    pass\n"
    },
    "digits in the answers": {".copier-answers.yml": f"loop_scope: class\ntimeout: {DIGITS}\n"},
    "a long module": {"test_it.py": f"import {'a.' * 5000}b\nasync def test_it(event_loop): ...\n"},
    "patterns of another root": {
        "pyproject.toml": "[tool.pytest.ini_options]\ntestpaths = ['/*', '**/**/*', '']\n",
        "tests/async_guard.py": "def pytest_timeout_set_timer(): ...\n",
    },
    "digits in a setting": {"pytest.ini": f"[pytest]\ntimeout = {DIGITS}\n"},
    "digits in code": {"test_it.py": f"async def test_it(event_loop):\n    return {DIGITS}\n"},
    "NUL in an include": {"requirements.txt": "-r x\0y\n"},
    "NUL in a setting": {"pytest.ini": "[pytest]\nasyncio_mode = \0\n"},
    "NUL in code": {"test_it.py": "async def test_it(event_loop):\n    '\0'\n"},
    "NUL in a command": {"tox.ini": "[testenv]\ncommands = pytest -c a\0b\n"},
    "a long include": {"requirements.txt": f"-r {'a' * 5000}\n"},
    "a nonsense codec": {"test_it.py": "# coding: nonsense\nasync def test_it(event_loop): ...\n"},
    "many branches": {
        "test_it.py": "async def test_it(event_loop):\n    if 0: pass\n"
        + "    elif 0: pass\n" * 2000
    },
    "as many branches as Python reads": {
        "test_it.py": "import asyncio\nif 0: A = 0\n"
        + "elif 0: A = 1\n" * 1200
        + "class TestIt:\n    async def test_it(self, a): ...\n    if 0: pass\n"
        + "    elif 0: pass\n" * 1200
        + "def test_it(a):\n    if a: return\n"
        + "    elif 0: return\n" * 1200
        + "    if A: asyncio.get_child_watcher()\n"
    },
    "nested brackets": {"test_it.py": f"async def test_it(event_loop):\n    {'[' * 300}\n"},
    "a long chain": {"test_it.py": f"async def test_it(event_loop):\n    a{'.b' * 5000}\n"},
    "a long sum": {"test_it.py": f"async def test_it(event_loop):\n    1{' + 1' * 5000}\n"},
    "a key of many parts": {"pyproject.toml": f"{'a.' * 200_000}a = 1\n"},
    "halves of characters": {
        "requirements.txt": "pytest-asyncio\n",
        "test_it.py": "import pytest\n\n\n@pytest.fixture(name='\\udcff', scope='\\ud800')\n"
        "async def it(event_loop):\n    yield '\\U0000dfff'\n\n\n"
        "@pytest.mark.usefixtures('\\udcff')\n@pytest.mark.parametrize('\\ud800', ['\\ud800'])\n"
        "@pytest.mark.asyncio(scope='\\ud800')\nasync def test_it(event_loop):\n    pass\n",
    },
    "nested TOML": {"pyproject.toml": f"a = {'[' * 5000}\n"},
}


@pytest.mark.slow
@pytest.mark.parametrize("case", HOSTILE)
@pytest.mark.parametrize("command", [["check"], ["migrate", "--unsafe", "--diff"]])
def test_no_input_ends_in_a_traceback(
    case: str, command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in HOSTILE[case].items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    status = main([*command, str(tmp_path)])
    assert status in {0, 1, 2}
    assert "fault of async-test-template" not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    "codec",
    ["utf-7", "utf-16", "punycode", "rot13", "hex", "zlib", "idna", "undefined", "unicode_escape"],
)
def test_a_codec_that_is_none_of_text_is_told(
    codec: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = f"# coding: {codec}\n".encode() + b"async def test_it(event_loop):\n    '\xff'\n"
    (tmp_path / "test_it.py").write_bytes(data)
    (tmp_path / "conftest.py").write_bytes(data.replace(b"\xff", b"#"))
    (tmp_path / "requirements.txt").write_bytes(data)
    assert main(["check", str(tmp_path)]) in {1, 2}
    assert "fault of async-test-template" not in "".join(capsys.readouterr())


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="descriptors are closed as POSIX does")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
@pytest.mark.parametrize("command", ["check", "migrate"])
def test_closed_streams_change_nothing(closed: str, command: str, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = legacy\n")
    done = subprocess.run(
        ["sh", "-c", f'"$0" -m async_test_template {command} . {closed}', sys.executable],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(HOOKS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert (tmp_path / "pytest.ini").read_text() == "[pytest]\nasyncio_mode = legacy\n"


@pytest.mark.slow
def test_folders_may_be_nested_as_deep_as_the_system_lets_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "test_it.py").write_text("async def test_it(event_loop):\n    pass\n")
    monkeypatch.chdir(tmp_path)
    for _ in range(1100):
        Path("d").mkdir()
        os.chdir("d")
    os.chdir(tmp_path)
    try:
        assert main(["check", str(tmp_path)]) == 1
    finally:
        subprocess.run(["rm", "-rf", tmp_path / "d"], check=True)
    assert "fault of async-test-template" not in "".join(capsys.readouterr())


COLLECTED = {"what": "collected", "test": "a", "file": "/a", "module": "/a", "is_async": True}
RECORDS = {
    "no object": "[]",
    "a test that is none": json.dumps({**COLLECTED, "test": 3, "line": 1}),
    "a list of a test": json.dumps({**COLLECTED, "test": ["a"], "line": 1}),
    "no line": json.dumps(COLLECTED),
    "an endless line": json.dumps({**COLLECTED, "line": float("inf")}),
    "a line before the first": json.dumps({**COLLECTED, "line": -1}),
    "rows that are none": json.dumps({**COLLECTED, "line": 1, "fixtures": 3}),
    "rows that are too short": json.dumps({**COLLECTED, "line": 1, "places": [["a"]]}),
    "no text": "\xff",
    "nesting": "[" * 100_000,
    "digits": f'{{"what": {DIGITS}}}',
}


@pytest.mark.parametrize("case", RECORDS)
def test_a_record_that_is_not_ours_is_one_sentence(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(_command: str, _root: Path, environment: Mapping[str, str]) -> int:
        record = Path(environment["ASYNC_TEST_TEMPLATE_RECORD"])
        record.write_bytes(RECORDS[case].encode("latin-1"))
        return 0

    monkeypatch.setattr("async_test_template.shell.run", run)
    assert main(["check", str(tmp_path), "--run", "it"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.skipif(os.name == "nt", reason="links and pipes are made as POSIX has them")
@pytest.mark.parametrize(
    "make",
    [
        Path.mkdir,
        os.mkfifo,
        lambda path: path.symlink_to("/dev/zero"),
        lambda path: path.symlink_to(path),
        lambda path: shutil.rmtree(path.parent),
    ],
    ids=["folder", "pipe", "device", "loop", "nothing"],
)
def test_what_lies_at_the_place_of_the_record_is_not_read(
    make: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(_command: str, _root: Path, environment: Mapping[str, str]) -> int:
        make(Path(environment["ASYNC_TEST_TEMPLATE_RECORD"]))
        return 0

    monkeypatch.setattr("async_test_template.shell.run", run)
    assert main(["check", str(tmp_path), "--run", "it"]) == 2


REPORT = b"<?xml version='1.0'"
REPORTS = {
    "an encoding that is none": REPORT + b" encoding='nonsense'?><a/>",
    "an encoding of several bytes": REPORT + b" encoding='utf-7'?><a/>",
    "entities of entities": REPORT
    + b"?><!DOCTYPE a [<!ENTITY a0 'aaaaaaaaaa'>"
    + b"".join(b"<!ENTITY a%d '%s'>" % (n + 1, b"&a%d;" % n * 10) for n in range(12))
    + b"]><a><testcase name='b'>&a12;</testcase></a>",
    "a file as an entity": REPORT
    + b"?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a><testcase>&b;</testcase></a>",
    "nesting": REPORT + b"?>" + b"<a>" * 100_000,
    "NUL": REPORT + b"?><a>\0</a>",
    "nothing": b"<?xml ",
}


@pytest.mark.skipif(os.name == "nt", reason="the reports go through a pipe of POSIX")
@pytest.mark.parametrize("case", REPORTS)
def test_a_report_that_is_not_pytests_vouches_for_nothing(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(_command: str, _root: Path, environment: Mapping[str, str]) -> int:
        Path(environment["PYTEST_ADDOPTS"].partition("=")[2]).write_bytes(REPORTS[case])
        return 0

    monkeypatch.setattr("async_test_template.shell.run", run)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    assert not run_tests("it", tmp_path).reported


def declared(text: str, root: Path) -> None:
    (root / "requirements.txt").write_text(text)
    dependencies = read_dependencies(Tree(root, {}))
    dependencies.at_least("pytest", "9")
    dependencies.may_be_below("pytest", "9")


def guessed(text: str, root: Path) -> None:
    (root / "setup.py").write_text(text)
    dependencies = read_dependencies(Tree(root, {}))
    dependencies.allows_below("pytest", "9")


def in_toml(text: str, root: Path) -> None:
    entry = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    (root / "pyproject.toml").write_text(f'[project]\ndependencies = ["{entry}"]\n')
    read_dependencies(Tree(root, {})).at_least("pytest", "9")


def in_tox(text: str, root: Path) -> None:
    (root / "tox.ini").write_text(f"[testenv]\ndeps = {text}\n".replace("\n\n", "\n"))
    read_dependencies(Tree(root, {})).at_least("pytest", "9")


def answers(text: str, root: Path) -> None:
    file = root / ".copier-answers.yml"
    file.write_text(f"loop_scope: {text}")
    read_answers(root, file)


READERS: dict[str, Callable[[str, Path], object]] = {
    "requirements": declared,
    "pyproject.toml": in_toml,
    "tox.ini": in_tox,
    "setup.py": guessed,
    "answers": answers,
    "entries": lambda text, _: requirements.parse(text),
    "bounds": lambda text, _: bounds.clauses(text),
    "INI": lambda text, _: ini.parse(f"[pytest]\naddopts = {text}"),
    "TOML": lambda text, _: toml_read.parse(f"a = {text}"),
}
#: The repeated text, with the text before it and an end that makes it invalid.
REPEATED = [
    ("pytest", " ", "x"),
    ("pytest (", " ", "x"),
    ("pytest[", " ", "x"),
    ("pytest ==", " ", "x y"),
    ("", "pytest[", ""),
    ("", "pytest\n", ""),
    ("", "pytest==1 # why\n", ""),
    ("", "pytest \\\n", "x"),
    ("-r", " ", "\\\n x"),
    ("pytest==", "1.", " x"),
    ("pytest==", "1", " x"),
    ("pytest==1", ",", "x"),
    ("pytest==1", ",>=1", " x"),
    ("x", " \t", "x"),
    ("", "#", "x"),
    ("", "# ", "x"),
    ("", '"', "x"),
    ("", "'", "x"),
    ("", "[", "x"),
    ("py{", "3,", "x"),
    ("", "a: ", "x"),
    ("{", "a.", "=1}"),
    ("a", "-", "!"),
    ("a", ".", "!"),
]
#: The allowed factor for doubling the text three times: 2.6 times each, with the noise.
GROWTH = 2.6**3
#: Shorter times (seconds) cannot be measured, and do not matter.
NOTHING = 0.05
SIZES = (1000, 8000, 64_000)


def seconds(read: Callable[[str, Path], object], text: str, root: Path) -> float:
    best = float("inf")
    for _ in range(3):
        begin = time.process_time()
        with contextlib.suppress(UserError):
            read(text, root)
        best = min(best, time.process_time() - begin)
    return best


@pytest.mark.slow
@pytest.mark.one_in(5)
@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("repeated", REPEATED, ids=map(repr, REPEATED))
def test_time_grows_with_the_length_alone(
    name: str, repeated: tuple[str, str, str], tmp_path: Path
) -> None:
    before, unit, after = repeated
    last = 0.0
    for size in SIZES:
        text = before + unit * (size // len(unit)) + after
        took = seconds(READERS[name], text, tmp_path)
        assert took <= max(last * GROWTH, NOTHING), (size, took, last)
        last = took

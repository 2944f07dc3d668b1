"""Text of a repository is shown on a terminal and in a log, and neither obeys it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from async_test_template.report import FORMATS
from async_test_template.shown import public, shown, shown_diff, shown_json, shown_lines, shown_path

if TYPE_CHECKING:
    from collections.abc import Callable

HOOKS = Path(__file__).parents[2] / "hooks"
#: Escape sequences, one-byte introducers of them, a bell, marks that turn text around.
OBEYED = [
    "\x1b[2J",
    "\x9b2J",
    "\x07",
    "\x08",
    "\x7f",
    "\u202e",
    "\u2066",
    "\u200f",
    "\u2028",
    "\x85",
]


def run(root: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "async_test_template", *arguments],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(HOOKS), "PYTHONUTF8": "1", **variables},
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize("text", OBEYED)
def test_nothing_that_is_obeyed_is_left(text: str) -> None:
    for function in (shown, shown_lines, shown_path, shown_json, shown_diff):
        assert text[0] not in function(f"a{text}b")
    assert json.loads(shown_json(json.dumps(text, ensure_ascii=False))) == text


def test_what_is_not_obeyed_stays() -> None:
    text = "süß 日本語 \N{GRINNING FACE} \\x1b"
    assert shown(text) == text
    assert shown("a\nb\tc") == r"a\nb\tc"
    assert shown_lines("a\nb\rc") == "a\nb\\rc"
    assert shown_diff("a\tb\r\nc\rd\n") == "a\tb\r\nc\\rd\n"


def group_name(root: Path, text: str) -> None:
    (root / "pyproject.toml").write_text(
        f'[dependency-groups]\n{json.dumps("d" + text)} = ["pytest", "pytest-asyncio<0.24"]\n'
    )


def file_name(root: Path, text: str) -> None:
    (root / f"test_{text}.py").write_text(
        "import asyncio\n\n\nasync def test_it(event_loop):\n    pass\n"
    )


def unreadable_file(root: Path, text: str) -> None:
    (root / f"test_{text}.py").write_text("async def test_it(:\n    pass\n")


def setting(root: Path, text: str) -> None:
    (root / "pytest.ini").write_text(f"[pytest]\nasyncio_mode = auto\ntimeout = 1{text}2\n")


def wrong_line(root: Path, text: str) -> None:
    (root / "pytest.ini").write_text(f"[pytest]\nno option{text}\n")


def ignored_for_a_reason(root: Path, text: str) -> None:
    (root / "test_it.py").write_text(
        "async def test_it(event_loop):  # att: ignore[AT501] because" + text + "\n    pass\n"
    )


def unknown_setting(root: Path, text: str) -> None:
    (root / "pyproject.toml").write_text(
        f"[tool.async-test-template.ignore]\n{json.dumps('AT' + text)} = 'so'\n"
    )


MAKERS = [
    group_name,
    file_name,
    unreadable_file,
    setting,
    wrong_line,
    ignored_for_a_reason,
    unknown_setting,
]


@pytest.mark.slow
@pytest.mark.one_in(11)
@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("style", FORMATS)
def test_a_report_sends_nothing_that_is_obeyed(
    make: Callable[[Path, str], None], style: str, tmp_path: Path
) -> None:
    text = "\x1b[2J\x9b2J\u202e"
    make(tmp_path, text)
    for command in (["check"], ["migrate", "--unsafe", "--allow-dirty"]):
        done = run(tmp_path, *command, "--format", style)
        assert done.returncode in {0, 1, 2}
        assert not set("\x1b\x9b\u202e") & set((done.stdout + done.stderr).decode())


@pytest.mark.one_in(4)
@pytest.mark.slow
@pytest.mark.parametrize("make", [file_name, unreadable_file])
@pytest.mark.parametrize("style", ["text", "concise", "github"])
def test_no_line_is_a_workflow_command_that_a_name_made(
    make: Callable[[Path, str], None], style: str, tmp_path: Path
) -> None:
    make(tmp_path, "")
    (path,) = tmp_path.glob("test_*.py")
    folder = tmp_path / "::error ::pwned"
    folder.mkdir()
    path.rename(folder / "test_it\n::error ::pwned.py")
    done = run(tmp_path, "check", "--format", style, GITHUB_ACTIONS="true")
    lines = (done.stdout + done.stderr).decode().splitlines()
    ours = [line for line in lines if line.strip().startswith("::")]
    assert all(line.startswith("::error file=%3A%3Aerror %3A%3Apwned/") for line in ours)
    assert bool(ours) == (style == "github")


@pytest.mark.slow
def test_the_runner_obeys_no_line_of_a_diff(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = legacy\n# a\n ::error ::pwned\n")
    (tmp_path / "requirements.txt").write_text("pytest-asyncio<0.24\n")
    done = run(tmp_path, "migrate", "--diff", "--unsafe", GITHUB_ACTIONS="true")
    first, *_, last = done.stdout.decode().splitlines()
    token = first.removeprefix("::stop-commands::")
    assert (first, last) == (f"::stop-commands::{token}", f"::{token}::")
    assert not run(tmp_path, "migrate", "--diff", "--unsafe").stdout.startswith(b"::")


@pytest.mark.one_in(5)
@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["a b .py", 'test_"q".py', "test_\\.py", "test_\x1b[2J.py", "test_\n.py", "test_ü.py"]
)
@pytest.mark.parametrize(
    "encoded",
    [
        b"import pytest\n\n\n@pytest.yield_fixture\ndef it():\n    yield 1\n",
        b"import pytest\r\n\r\n\r\n@pytest.yield_fixture\r\ndef it():\r\n    yield 1",
        b"# coding: latin-1\nimport pytest\n\n\n@pytest.yield_fixture\ndef it():\n    yield '\xe9'",
    ],
)
def test_git_takes_every_diff(name: str, encoded: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    path = folder / f"test_{name}"
    path.write_bytes(encoded)
    done = run(tmp_path, "migrate", "--diff")
    assert done.stdout
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=done.stdout, check=True)
    by_git = path.read_bytes()
    path.write_bytes(encoded)
    run(tmp_path, "migrate", "--allow-dirty")
    assert path.read_bytes() == by_git != encoded


@pytest.mark.slow
def test_git_takes_a_diff_of_what_a_link_leads_to(tmp_path: Path) -> None:
    project = tmp_path / "project"
    real = project / "real" / "settings.ini"
    real.parent.mkdir(parents=True)
    real.write_text("[pytest]\nasyncio_mode = legacy\n")
    (project / "pytest.ini").symlink_to("real/settings.ini")
    done = run(tmp_path, "migrate", "--diff", "project")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=done.stdout, check=True)
    assert "asyncio_mode = auto\n" in real.read_text()
    assert (project / "pytest.ini").is_symlink()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a https://user:S3CRET@host/x@1 b", "a https://host/x@1 b"),
        ("'git+https://S3CRET@host:1'", "'git+https://host:1'"),
        ("https://a:S3@CRET@host https://S3CRET@other", "https://host https://other"),
        ("ssh://git@host/x", "ssh://git@host/x"),
        ("git+ssh://git:S3CRET@host/x", "git+ssh://git@host/x"),
        ("https://host/@x, a@b, https://host?a@b", "https://host/@x, a@b, https://host?a@b"),
        ("a@b:c.git", "a@b:c.git"),
    ],
)
def test_a_url_is_told_without_its_credentials(text: str, told: str) -> None:
    assert public(text) == told


@pytest.mark.one_in(5)
@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
def test_no_report_tells_the_credentials_of_a_url(form: str, tmp_path: Path) -> None:
    url = "https://user:S3CRET@host"
    (tmp_path / "pytest.ini").write_text(
        f"[pytest]\nanyio_mode = {url}/\ntimeout = {url}\naddopts = --timeout={url}/x\n"
        f"asyncio_default_fixture_loop_scope = {url}/\nasyncio_mode = legacy {url}\n"
    )
    (tmp_path / "requirements.txt").write_text(f"pytest<8\npytest-asyncio @ git+{url}/a@0.21\n")
    (tmp_path / "tox.ini").write_text(f"[testenv]\ncommands = pytest {url} --asyncio-mode=legacy\n")
    (tmp_path / "test_it.py").write_text(
        f"import pytest\n\n\n@pytest.mark.asyncio(scope='{url}')\n"
        f"async def test_it(event_loop):\n    event_loop.time()  # att: ignore[AT501] {url}\n"
    )
    for command in (["check", "--advice", "--format", form], ["migrate", "--unsafe"]):
        done = run(tmp_path, *command, GITHUB_ACTIONS="")
        assert b"host" in done.stdout + done.stderr
        assert b"S3CRET" not in done.stdout + done.stderr

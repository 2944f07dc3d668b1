"""Nothing outside of a repository is read or printed, and no pipe blocks a run."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from async_test_template.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

HIDDEN = "for_nobody"
HOOKS = Path(__file__).parents[2] / "hooks"
#: The name of a link, and its target: text that would be printed if it were read.
SECRETS = {
    "setup.cfg": f"{HIDDEN}\n",
    "pytest.ini": f"[pytest]\nasyncio_mode = {HIDDEN}\n",
    "pyproject.toml": f'[tool.pytest.ini_options]\nasyncio_mode = "{HIDDEN}"\n',
    "requirements.txt": f"pytest-asyncio<0.2  # {HIDDEN}\npytest-asyncio=={HIDDEN}\n",
    "tox.ini": f"[testenv]\ndeps = pytest-asyncio<0.{HIDDEN}\n",
    ".copier-answers.yml": f"loop_scope: {HIDDEN}\n",
    "conftest.py": f"def {HIDDEN}(:\n",
    "test_it.py": f"async def test_{HIDDEN}(event_loop):\n    pass\n",
    "uv.lock": f'[[package]]\nname = "{HIDDEN}\n',
}


def to_a_file(root: Path, name: str, outside: Path) -> None:
    (root / name).symlink_to(outside / name)


def by_a_way_around(root: Path, name: str, outside: Path) -> None:
    (root / name).symlink_to(f"../{root.name}/../{outside.name}/{name}")


def over_another_link(root: Path, name: str, outside: Path) -> None:
    (root / "elsewhere").symlink_to(outside)
    (root / name).symlink_to(f"elsewhere/{name}")


def into_git(root: Path, name: str, outside: Path) -> None:
    (root / ".git").mkdir()
    (outside / name).rename(root / ".git" / name)
    (root / name).symlink_to(f".git/{name}")


@pytest.mark.parametrize("link", [to_a_file, by_a_way_around, over_another_link, into_git])
@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("command", [["check"], ["migrate", "--unsafe"]])
def test_what_a_link_leads_to_outside_is_told_and_not_read(
    link: Callable[[Path, str, Path], None],
    name: str,
    command: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / name).write_text(SECRETS[name])
    (root / "test_other.py").write_text("async def test_it(event_loop):\n    pass\n")
    link(root, name, outside)
    before = (root / name).read_bytes()

    assert main([*command, str(root), "--diff"] if command[1:] else [*command, str(root)]) == 2

    output = "".join(capsys.readouterr())
    assert HIDDEN not in output
    assert name in output
    assert (root / name).read_bytes() == before


def test_a_link_inside_the_repository_is_followed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = legacy\n")
    service = tmp_path / "services" / "one"
    service.mkdir(parents=True)
    (service / "pytest.ini").symlink_to("../../pytest.ini")
    assert main(["check", str(service)]) == 1
    assert "AT101" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["conftest.py", "test_it.py", "tests"])
@pytest.mark.parametrize("command", [["check"], ["migrate", "--unsafe"]])
def test_a_link_to_itself_holds_nothing_up(
    name: str, command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "test_other.py").write_text("async def test_it(event_loop):\n    pass\n")
    (tmp_path / name).symlink_to(name)
    assert main([*command, str(tmp_path)]) == (command == ["check"])
    assert "AT501" in capsys.readouterr().out


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as opened:
        os.chdir(path.parent)
        opened.bind(path.name)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def terminal(path: Path) -> None:
    path.symlink_to("/dev/tty")


@pytest.mark.slow
@pytest.mark.parametrize("make", [pipe, listening, endless, terminal])
@pytest.mark.parametrize("name", ["pytest.ini", "pyproject.toml", "setup.py", "requirements.txt"])
def test_what_may_never_end_is_told_and_not_read(
    make: Callable[[Path], None], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make(tmp_path / name)
    (tmp_path / "test_it.py").write_text("async def test_it(event_loop):\n    pass\n")
    done = subprocess.run(
        [sys.executable, "-m", "async_test_template", "check"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(HOOKS)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert name in done.stderr
    assert "Traceback" not in done.stderr

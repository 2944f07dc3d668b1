"""The launcher finds a way to run the engine in the environments that people have."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from uv import find_uv_bin

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
RUN = ROOT / "hooks" / "run.py"
UV = find_uv_bin()  # not a shim of pyenv, which needs more of a PATH than these tests give


#: Modules that the launcher, pip, uv and the engine import.
SHADOWS = ["tempfile", "re", "pip", "json", "fnmatch", "tomllib", "tomlkit", "packaging", "uv"]


class Environment(NamedTuple):
    """A Python of its own, and the programs beside it."""

    python: Path
    path: Path


def environment(folder: Path, *options: str) -> Environment:
    subprocess.run(
        [UV, "venv", "--quiet", "--python", sys.executable, *options, folder], check=True
    )
    programs = folder / "programs"
    programs.mkdir()
    git = shutil.which("git")
    assert git is not None
    (programs / "git").symlink_to(git)
    return Environment(folder / "bin" / "python", programs)


def launch(
    where: Environment, project: Path, *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    kept = {"HOME", "LANG", "TMPDIR"} | {name for name in os.environ if name.endswith("_PROXY")}
    kept |= {name for name in os.environ if name.startswith(("PIP_", "UV_", "SSL_"))}
    return subprocess.run(
        [where.python, project.parent / "hooks" / "run.py", *arguments],
        cwd=project,
        env={
            **{name: value for name, value in os.environ.items() if name in kept},
            "PATH": str(where.path),
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with a file that no one can read, as after a merge, and settings for uv."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("[tool.a]\n[tool.a]\n", encoding="utf-8")
    (folder / "uv.toml").write_text("no-index = true\n", encoding="utf-8")
    # A user's module must not be taken for another one, and neither must what lies beside the
    # launcher.
    hooks = tmp_path / "hooks"
    shutil.copytree(ROOT / "hooks", hooks, ignore=shutil.ignore_patterns("__pycache__"))
    for name in SHADOWS:
        for place in (folder, hooks):
            (place / f"{name}.py").write_text("raise SystemExit('shadowed')\n", encoding="utf-8")
    return folder


def is_run(run: subprocess.CompletedProcess[str]) -> bool:
    """Tell whether the engine has looked at the project and found its file broken."""
    return run.returncode == 2 and "pyproject.toml:2" in run.stderr


def without_network(tmp_path: Path) -> dict[str, str]:
    return {
        "UV_OFFLINE": "1",
        "UV_CACHE_DIR": str(tmp_path / "empty-cache"),
        "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": os.devnull,
    }


def add_uv(where: Environment) -> None:
    (where.path / "uv").symlink_to(UV)


def test_what_it_needs_is_what_the_package_needs() -> None:
    source = RUN.read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    block = re.search(r"^# /// script\n((?:# .*\n)+)# ///$", source, re.MULTILINE)
    assert block is not None
    header = tomllib.loads(re.sub("^# ", "", block[1], flags=re.MULTILINE))
    needed = re.search(r"^NEEDED = (\{.*\})$", source, re.MULTILINE)
    assert needed is not None

    always = [f"{name}>={version}" for name, version in ast.literal_eval(needed[1]).items()]
    assert header["dependencies"] == project["dependencies"]
    assert [needs for needs in header["dependencies"] if ";" not in needs] == always
    assert header["requires-python"] == project["requires-python"]


def test_it_needs_only_the_standard_library_of_python_310() -> None:
    tree = ast.parse(RUN.read_text(encoding="utf-8"), feature_version=(3, 10))

    imported = {
        name.partition(".")[0]
        for node in tree.body
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [str(node.module)]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= sys.stdlib_module_names


@pytest.mark.slow
def test_the_engine_runs_where_all_it_needs_is_installed(tmp_path: Path, project: Path) -> None:
    where = environment(tmp_path / "venv")
    install = [UV, "pip", "install", "--quiet", "--python", str(where.python)]
    subprocess.run([*install, "packaging", "questionary", "tomlkit"], check=True)

    run = launch(where, project, "check", ".", **without_network(tmp_path))

    assert is_run(run), run.stderr


@pytest.mark.slow
@pytest.mark.parametrize("is_link", [True, False])
def test_only_the_engine_beside_the_file_itself_is_started(project: Path, *, is_link: bool) -> None:
    (project / "pyproject.toml").unlink()
    other = project / "async_test_template"
    other.mkdir()
    for name in ("__init__.py", "cli.py"):
        (other / name).write_text("raise SystemExit('shadowed')\n", encoding="utf-8")
    (project / "run.py").symlink_to("../hooks/run.py")
    run = subprocess.run(
        [sys.executable, "run.py" if is_link else "-", "check", "."],
        cwd=project,
        input="" if is_link else RUN.read_text(encoding="utf-8"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, "runs as a file only" in run.stderr) == (
        (0, False) if is_link else (2, True)
    )


@pytest.mark.slow
def test_an_old_tomlkit_is_as_good_as_none(tmp_path: Path, project: Path) -> None:
    where = environment(tmp_path / "venv")
    install = [UV, "pip", "install", "--quiet", "--python", str(where.python)]
    subprocess.run([*install, "packaging", "questionary", "tomlkit==0.13.2"], check=True)

    run = launch(where, project, "check", ".", **without_network(tmp_path))

    assert run.returncode == 2
    assert "tomlkit>=0.15.2" in run.stderr


@pytest.mark.slow
def test_uv_brings_it_along_where_there_is_no_pip(tmp_path: Path, project: Path) -> None:
    where = environment(tmp_path / "venv")
    add_uv(where)

    run = launch(where, project, "check", ".")

    assert is_run(run), run.stderr
    assert "error: " in run.stderr
    assert len(list(project.iterdir())) == 2 + len(SHADOWS), "nothing is left in the project"


@pytest.mark.slow
def test_the_uv_that_runs_copier_is_found_outside_the_path(tmp_path: Path, project: Path) -> None:
    where = environment(tmp_path / "venv")

    run = launch(where, project, "check", ".", UV=UV, PYTHONSAFEPATH="1")

    assert is_run(run), run.stderr


@pytest.mark.full
def test_pip_is_next_where_uv_is_offline(tmp_path: Path, project: Path) -> None:
    where = environment(tmp_path / "venv", "--seed")
    add_uv(where)
    offline = without_network(tmp_path)
    without_uv = {name: offline[name] for name in ("UV_OFFLINE", "UV_CACHE_DIR")}

    run = launch(where, project, "check", ".", PIP_USER="1", **without_uv)

    assert is_run(run), run.stderr


@pytest.mark.full
def test_the_pip_of_another_python_will_do(tmp_path: Path, project: Path) -> None:
    where = environment(tmp_path / "venv")
    other = environment(tmp_path / "other", "--seed")
    (where.path / "pip3").symlink_to(other.python.parent / "pip3")

    run = launch(where, project, "check", ".")

    assert is_run(run), run.stderr


@pytest.mark.one_in(3)
@pytest.mark.slow
@pytest.mark.parametrize("with_uv", [True, False])
@pytest.mark.parametrize("with_pip", [True, False])
def test_where_nothing_helps_one_sentence_says_what_to_install(
    tmp_path: Path, project: Path, *, with_uv: bool, with_pip: bool
) -> None:
    where = environment(tmp_path / "venv", *["--seed"] * with_pip)
    if with_uv:
        add_uv(where)

    run = launch(where, project, "check", ".", **without_network(tmp_path))

    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.count("\n") == 1
    assert "tomlkit>=0.15.2" in run.stderr
    assert str(where.python) in run.stderr


@pytest.mark.slow
def test_uv_runs_it_by_hand(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.a]\n", encoding="utf-8")
    (project / "uv.toml").unlink()
    run = subprocess.run(
        [UV, "run", "--quiet", "--python", sys.executable, "../hooks/run.py", "check", "."],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr

"""Helpers of the tests: rendering projects, environments to run them in, answers."""

from __future__ import annotations

import contextlib
import glob
import io
import itertools
import os
import shutil
import subprocess
import sys
import threading
import warnings
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import copier
import pytest
import pythons
import yaml
from async_test_template.cli import main
from copier._cli import CopierApp
from plumbum import local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from socketserver import BaseRequestHandler

Command = tuple[str | Path, ...]

ROOT = Path(__file__).parents[1]
COPIER: Command = (sys.executable, ROOT / "tests" / "compiled.py")
PARTS = ("copier.yml", "includes", "template", "guard/src")
#: The files of the guard in a project that has it vendored.
VENDORED = {
    f"tests/pytest_async_guard/{file.name}"
    for file in (ROOT / "guard" / "src" / "pytest_async_guard").iterdir()
    if file.suffix in {".py", ".typed"}
}
#: The files of the database in a project that has one.
OF_THE_DATABASE = {
    f"tests/async_database/{name}.py"
    for name in ("__init__", "fixtures", "migrations", "postgresql", "server", "sqlite")
}
QUESTIONS: dict[str, dict[str, Any]] = {
    key: value
    for key, value in yaml.safe_load((ROOT / "copier.yml").read_text()).items()
    # What is never asked nor recorded is only computed.
    if not key.startswith("_") and value.get("when") is not False
}

Answers = dict[str, Any]

# The packages that generated projects can need, in all combinations.
EVERYTHING = (
    "aiohttp",
    "aiosqlite",
    "alembic",
    "anyio[trio]",
    "asgi-lifespan",
    "asyncpg",
    "fastapi",
    "httpx2[ws]",
    "hypothesis",
    "mypy",
    "pytest",
    "pytest-asyncio",
    "pytest-cov",
    "pytest-randomly",
    "pytest-timeout",
    "pytest-xdist",
    "ruff",
    "sqlalchemy[asyncio]",
    "uvicorn",
    "uvloop",
)


def choices(question: str, asked: dict[str, dict[str, Any]] = QUESTIONS) -> list[Any]:
    """Return the values that a question offers, in this template or a release of it."""
    offered = asked[question]["choices"]
    values = offered if isinstance(offered, list) else offered.values()
    return [value["value"] if isinstance(value, dict) else value for value in values]


def products(*keys: str) -> list[Answers]:
    """Return every valid combination of what decides the code and the configuration.

    Args:
        keys: the questions, if not all of those.

    """
    keys = keys or (*STACK, "mode", "loop_scope")
    products = itertools.product(*(choices(key) for key in keys))
    combinations = (dict(zip(keys, values, strict=True)) for values in products)
    return [answers for answers in combinations if can_run(answers)]


def can_run(answers: Answers) -> bool:
    """Tell whether the answers are compatible.

    Only a library on AnyIO runs on trio, and only FastAPI and aiohttp have a database.
    """
    if answers["with_trio"] and (answers["framework"], answers["backend"]) != ("library", "anyio"):
        return False
    return answers.get("database", "none") == "none" or answers["framework"] in STORES


#: The frameworks whose sample may have a database.
STORES = ("aiohttp", "fastapi")
#: The questions that decide which code there is.
STACK = ("framework", "backend", "with_trio", "database")
FRAMEWORKS = products(*STACK[:3])
STACKS = products(*STACK)


def label(answers: Answers) -> str:
    """Name a combination in a test report."""
    return "-".join(
        key if value is True else str(value) for key, value in answers.items() if value is not False
    )


def render(folder: Path, template: Path = ROOT, **answers: Any) -> Path:  # noqa: ANN401
    """Run `copier copy`, untrusted, with answers that all belong to a question."""
    assert set(answers) <= set(QUESTIONS), set(answers) - set(QUESTIONS)
    copier.run_copy(
        str(template), folder, data=answers, defaults=True, quiet=True, unsafe=False, vcs_ref="HEAD"
    )
    return folder


def run_copier(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run Copier's command line in this process: most of its time it would only start.

    The output has what Copier prints, and not what the programs print that it starts.
    """
    command = ["copier", *map(str, arguments)]
    with copier_in(cwd) as said:
        _, status = CopierApp.run(command, exit=False)
    return subprocess.CompletedProcess(command, status, said.getvalue())


def run_engine(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the engine's command line, and the Copier that it starts, in this process."""
    command = [*map(str, arguments)]
    with copier_in(cwd) as said:
        try:
            status = main(command)
        except SystemExit as end:  # by argparse
            status = int(end.code or 0)
    return subprocess.CompletedProcess(command, status, said.getvalue())


@contextlib.contextmanager
def copier_in(folder: Path) -> Iterator[io.StringIO]:
    """Let Copier work in a folder, in this process, and yield what is printed meanwhile."""
    said = io.StringIO()
    with contextlib.ExitStack() as stack:
        # Copier's git starts with what these hold, and they hold what was when they were imported.
        stack.enter_context(local.cwd(str(folder)))
        stack.enter_context(local.env(**os.environ))
        stack.enter_context(contextlib.redirect_stdout(said))
        stack.enter_context(contextlib.redirect_stderr(said))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("default")
        yield said


def run(*command: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command, and return its output and its exit code."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=clean_environment() | env,
        text=True,
        encoding="utf-8",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def start_engine(*arguments: str, cwd: Path, **env: str) -> subprocess.Popen[str]:
    """Start the engine's command line as a process of its own, to be waited for or signalled."""
    return subprocess.Popen(
        [sys.executable, "-m", "async_test_template", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT / "hooks"), **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def compile_imports(python: str | Path, cwd: Path, **env: str) -> None:
    """Let an interpreter write the bytecode of what suites import: none has it from its installer.

    Without, Copier takes three times as long to start, and pytest twice.
    """
    run(python, ROOT / "tests" / "bytecode.py", cwd=cwd, PYTHONDONTWRITEBYTECODE="", **env)


def assert_done(done: subprocess.CompletedProcess[str]) -> None:
    """Require that a command went well, or show its output."""
    assert done.returncode == 0, done.stdout


def clean_environment() -> dict[str, str]:
    """Return the variables of this process without those that affect another pytest or uv."""
    prefixes = ("PYTEST_", "COV_", "UV_PROJECT", "VIRTUAL_ENV", "PYTHONPATH", "TEST_DATABASE_URL")
    return {key: value for key, value in os.environ.items() if not key.startswith(prefixes)} | {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PY_COLORS": "0",
        "NO_COLOR": "1",
    }


def git(folder: Path, *arguments: str) -> str:
    """Run git with a neutral identity, without the settings of this machine."""
    done = run(
        "git",
        "-c",
        "user.name=Test",
        "-c",
        "user.email=test@example.com",
        *arguments,
        cwd=folder,
        GIT_CONFIG_GLOBAL=os.devnull,
        GIT_CONFIG_SYSTEM=os.devnull,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def commit(folder: Path, tag: str = "") -> None:
    """Commit everything in a folder, and tag it."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", tag or "Work")
    if tag:
        git(folder, "tag", tag)
        pack(folder)


def pack(folder: Path) -> None:
    """Keep a repository in one file: Copier clones it for every copy, and again for an update."""
    git(folder, "repack", "-a", "-d", "--quiet")


def copy_template(folder: Path) -> Path:
    """Copy the template of the work tree, for a test to change, and for Copier not to clone."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / part)
    return folder


@contextlib.contextmanager
def serving(handler: Callable[..., BaseRequestHandler]) -> Iterator[str]:
    """Answer HTTP requests on a free port of this machine in a thread, and yield the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def first_release(folder: Path) -> Path:
    """Copy the template of the work tree into a repository with a first release, 1.0.0."""
    copy_template(folder)
    git(folder, "init", "--quiet")
    commit(folder, "1.0.0")
    return folder


def contents(project: Path) -> dict[str, bytes]:
    """Return what a project holds, without what git knows of it."""
    return {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in project.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(project).parts
    }


def interpreters() -> dict[str, Path]:
    """Return the CPython interpreters of this machine, by version, that start."""
    found = {}
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for version in choices("python_version"):
        on_path = shutil.which(f"python{version}")
        candidates = [
            *pyenv.glob(f"{version}.*/bin/python"),
            *([Path(on_path)] if on_path else ()),
            pythons.PROGRAMS / f"python{version}",
        ]
        # pyenv puts programs on the path that only say which version is missing.
        works = (candidate for candidate in candidates if pythons.works(candidate))
        if candidate := next(works, None):
            found[version] = candidate
    return found


def interpreter(version: str) -> Path:
    """Return an interpreter of this machine, or skip the test.

    The newest Pythons have to be there in CI, for what breaks on them shows nowhere else.
    """
    if found := interpreters().get(version):
        return found
    reason = f"this machine has no Python {version}"
    if version in pythons.VERSIONS:
        cure = f"get it by `uv run tests/pythons.py` or `uv python install {version}`"
        skip_outside_ci(f"{reason}: {cure}")
    pytest.skip(reason)


def skip_outside_ci(reason: str) -> NoReturn:
    """Skip a test for want of a program; CI has to have it."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def require_postgresql() -> None:
    """Skip a test whose project starts PostgreSQL where there is none; CI has to have it."""
    if shutil.which("initdb") or glob.glob("/usr/lib/postgresql/*/bin/initdb"):  # noqa: PTH207
        return
    skip_outside_ci("this machine has no PostgreSQL server: get it by `apt-get install postgresql`")

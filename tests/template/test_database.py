"""The databases of the tests: where they are, that tests share none, and that none is left."""

from __future__ import annotations

import importlib.util
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from helpers import assert_done, choices, git, render, require_postgresql, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from environments import Environment

#: Run by a worker of pytest-xdist: it kills the run.
KILL = """\
import os
import signal


async def test_it(session: object) -> None:
    os.kill(os.getppid(), signal.SIGKILL)
"""
BOTH_CLIENTS = """\
from sqlalchemy import text


async def test_it(client, live_client, session):
    await client.post("/items/7/notes", json={"text": "hot"})
    await live_client.post("/items/7/notes", json={"text": "cold"})
    notes = await session.scalars(text("SELECT text FROM note ORDER BY id"))
    assert notes.all() == ["hot", "cold"]
"""
LIST = """\
import asyncio, sys
from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

async def main():
    engine = create_async_engine(sys.argv[1], poolclass=NullPool)
    async with engine.connect() as connection:
        print(*await connection.scalars(text("SELECT datname FROM pg_database")))

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def server(template: Path, tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """Return the module of a project that finds or starts a server."""
    project = render(tmp_path_factory.mktemp("server"), template, database="postgresql")
    file = project / "tests" / "async_database" / "server.py"
    spec = importlib.util.spec_from_file_location("server", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def temporary() -> Iterator[Path]:
    """Return a folder for temporary files: short, and open to the user that PostgreSQL has."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.slow
def test_where_there_is_no_server_a_sentence_says_both_ways(
    server: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(server, "PLACES", ())
    with pytest.raises(LookupError, match=r"install its server.* or set TEST_DATABASE_URL="):
        server.open_server().__enter__()


def test_a_server_that_does_not_start_says_why(
    server: ModuleType, monkeypatch: pytest.MonkeyPatch, temporary: Path
) -> None:
    require_postgresql()
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    monkeypatch.setenv("TMPDIR", str(temporary))
    programs = temporary / "initdb"
    programs.write_text("#!/bin/sh\necho no room; exit 1\n")
    programs.chmod(0o755)
    monkeypatch.setenv("PATH", f"{temporary}:/usr/bin:/bin")
    with pytest.raises(LookupError, match="does not start: "):
        server.open_server().__enter__()
    assert [path.name for path in temporary.iterdir()] == ["initdb"]


@pytest.mark.slow
def test_a_run_that_is_killed_leaves_no_server_and_no_file(
    template: Path, environment: Environment, tmp_path: Path, temporary: Path
) -> None:
    require_postgresql()
    project = render(tmp_path / "sample", template, database="postgresql")
    (project / "tests" / "test_kill.py").write_text(KILL)
    done = environment.pytest(project, "-n", "1", "tests/test_kill.py", TMPDIR=str(temporary))
    assert done.returncode < 0, done.stdout
    wait_for(lambda: not [*temporary.glob("postgresql-*")])
    assert not run("pgrep", "-f", f"{temporary}/postgresql-", cwd=tmp_path).stdout


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something has happened."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.full
def test_a_server_that_stays_has_no_database_of_ours_after_a_run(
    server: ModuleType,
    template: Path,
    environment: Environment,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not even after one that was killed and one with fewer workers, with the same names."""
    require_postgresql()
    monkeypatch.setenv("TMPDIR", "/tmp")  # noqa: S108
    project = render(tmp_path / "sample", template, database="postgresql")
    kill = project / "tests" / "test_kill.py"
    with server.open_server() as url:
        at = url.replace("postgresql:", "postgresql+asyncpg:")

        def databases() -> set[str]:
            listed = run(environment.python, "-c", LIST, at, cwd=tmp_path)
            assert_done(listed)
            return set(listed.stdout.split())

        before = databases()
        kill.write_text(KILL)
        environment.pytest(project, "-n", "3", "tests/test_kill.py", TEST_DATABASE_URL=url)
        assert databases() - before
        kill.unlink()
        for options in (("-n", "2"), ()):
            assert_done(environment.pytest(project, *options, TEST_DATABASE_URL=url))
            assert databases() == before


@pytest.mark.full
@pytest.mark.parametrize("loop_scope", choices("loop_scope"))
def test_both_clients_are_in_the_transaction_of_the_test(
    loop_scope: str, template: Path, environment: Environment, tmp_path: Path
) -> None:
    project = render(tmp_path / "sample", template, database="sqlite", loop_scope=loop_scope)
    (project / "tests" / "test_both.py").write_text(BOTH_CLIENTS)
    assert_done(environment.pytest(project, "tests/test_both.py"))


# In the gate, test_ordinary_work.py deletes a sample.
@pytest.mark.full
def test_without_the_sample_the_rest_is_green(
    template: Path, environment: Environment, tmp_path: Path
) -> None:
    """README names the migration of the sample, too; Alembic makes the folder anew."""
    project = render(tmp_path / "sample", template, framework="aiohttp", database="sqlite")
    commands = re.search(r"```\n(rm -r .*?)uv run", (project / "README.md").read_text(), re.DOTALL)
    assert commands is not None
    assert_done(run("sh", "-ec", commands[1], cwd=project))
    assert_done(environment.pytest(project, "tests/test_database.py", "tests/test_app.py"))
    git(project, "init", "--quiet")
    shutil.rmtree(project / "migrations" / "versions")
    for command in (("upgrade", "head"), ("revision", "-m", "First"), ("upgrade", "head")):
        alembic = (environment.python, "-m", "alembic", *command)
        assert_done(run(*alembic, cwd=project, PYTHONPATH="src"))


@pytest.mark.slow
@pytest.mark.parametrize("database", choices("database"))
def test_an_existing_project_gets_no_fixture_of_a_database(
    database: str, template: Path, tmp_path: Path
) -> None:
    project = render(tmp_path / "old", template, project_kind="existing", database=database)
    assert {path.name for path in project.iterdir()} == {"tests", ".copier-answers.yml"}
    assert not [*project.rglob("*database*")]

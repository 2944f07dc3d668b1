"""The generated tests see what breaks in the code that they test."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest
from covering import gated
from helpers import STACKS, Answers, assert_done, label, render, run
from mutants import __file__ as script
from mutants import mutants

if TYPE_CHECKING:
    from pathlib import Path

    from environments import Environment

GET_USER = "get_user_key: web.AppKey[Callable[[web.Request], str]] = web.AppKey('{}')"
# Changes that nobody can see, and why.
NO_CHANGE: dict[str, dict[str, str]] = {
    "fastapi": {
        "app.py: @asynccontextmanager -> ": "FastAPI takes a bare generator, too",
    },
    "asgi": {},
    "aiohttp": {
        "keys.py: http_key = web.AppKey('http', aiohttp.ClientSession)"
        " -> http_key = web.AppKey('htt', aiohttp.ClientSession)": "a name for messages",
        f"api.py: {GET_USER.format('get_user')} -> {GET_USER.format('get_use')}": "the same",
    },
    "library": {
        "fetch.py: K = TypeVar('K') -> K = TypeVar('')": "a name for messages",
        "fetch.py: V = TypeVar('V') -> V = TypeVar('')": "a name for messages",
    },
}
# Changes that the tests miss, and why they may.
MISSED: dict[str, dict[str, str]] = {
    "fastapi": {
        "service.py: PATIENCE = 5.0 -> PATIENCE = 6.0": "how long to wait is a choice",
    },
    "asgi": {
        "service.py: PATIENCE = 5.0 -> PATIENCE = 6.0": "how long to wait is a choice",
    },
    "aiohttp": {
        "service.py: PATIENCE = 5.0 -> PATIENCE = 6.0": "how long to wait is a choice",
        "api.py: return socket -> return": "aiohttp logs it, to a closed socket; mypy refuses it",
        "__main__.py: web.run_app(create_app()) -> pass": "it starts the service for ever",
    },
    "library": {},
}
ELSEWHERE: dict[str, dict[str, str]] = {
    "none": {},
    "sqlite": {
        "database.py: return os.environ.get('DATABASE_URL', 'sqlite+aiosqlite:///data.db')"
        " -> return os.environ.get('DATABASE_URL', 'sqlite+aiosqlite:///data.d')": "a choice",
    },
    "postgresql": {
        "database.py: return os.environ.get('DATABASE_URL',"
        " 'postgresql+asyncpg://localhost/postgres') -> return os.environ.get('DATABASE_URL',"
        " 'postgresql+asyncpg://localhost/postgre')": "a choice",
    },
}
NAMED: dict[str, str] = {
    "keys.py: sessions_key: web.AppKey[Sessions] = web.AppKey('sessions')"
    " -> sessions_key: web.AppKey[Sessions] = web.AppKey('session')": "a name for messages",
}


def test_every_kind_of_change_is_made() -> None:
    source = '''
        """Say what this is."""
        @route("/a")
        async def get(key: "Key", limit: int | None = None) -> "Value":
            """Return the value."""
            try:
                async with lock:
                    found.value = await fetch(key, limit=2)
            except TimeoutError:
                raise web.HTTPNotFound
            except ValueError:
                return None
            if not found.status == HTTPStatus.OK:
                found.seen += 1
                del found
            log(True)
            return found.value / limit
    '''
    assert [change for change, _ in mutants(textwrap.dedent(source))] == [
        "@route('/a') -> ",
        "except TimeoutError: / raise web.HTTPNotFound -> ",
        "except ValueError: / return None -> ",
        "async with lock: -> if True:",
        "found.value = await fetch(key, limit=2) -> pass",
        "found.value = await fetch(key, limit=2) -> found.value = fetch(key, limit=2)",
        "found.value = await fetch(key, limit=2) -> found.value = await fetch(key)",
        "found.value = await fetch(key, limit=2) -> found.value = await fetch(key, limit=3)",
        "raise web.HTTPNotFound -> pass",
        "raise web.HTTPNotFound -> raise web.HTTPConflict",
        "return None -> pass",
        "if not found.status == HTTPStatus.OK: -> if found.status == HTTPStatus.OK:",
        "if not found.status == HTTPStatus.OK: -> if not found.status != HTTPStatus.OK:",
        "if not found.status == HTTPStatus.OK: -> if not found.status == HTTPStatus.CONFLICT:",
        "found.seen += 1 -> found.seen -= 1",
        "found.seen += 1 -> pass",
        "found.seen += 1 -> found.seen += 2",
        "log(True) -> pass",
        "log(True) -> log(False)",
        "return found.value / limit -> return",
        "return found.value / limit -> return found.value * limit",
        "@route('/a') -> @route('/')",
    ]


#: Each backend; the tests of aiohttp are much like those of FastAPI.
GATE = ("fastapi-asyncio-none", "library-anyio-with_trio-none")


@pytest.mark.slow
# The gate takes a third of them: the tests that it finds too weak are in a few places.
@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.full), 3])
@pytest.mark.parametrize("answers", gated(STACKS, lambda answers: label(answers) in GATE))
def test_the_generated_tests_kill_every_mutant(
    answers: Answers, every: int, template: Path, tmp_path: Path, environment: Environment
) -> None:
    # A test that hangs has failed: let it hang for a short time.
    project = render(tmp_path / "project", template, timeout=2, **answers)
    done = run(environment.python, script, str(every), cwd=project, PYTHONPATH="src")
    assert_done(done)
    fates = [line.partition(": ") for line in done.stdout.splitlines()]
    survivors = [change for fate, _, change in fates if fate == "survived"]
    killed = [change for fate, _, change in fates if fate == "killed"]

    database = answers["database"]
    missed = MISSED[answers["framework"]] | ELSEWHERE[database]
    may_survive = {*NO_CHANGE[answers["framework"]], *missed}
    if database != "none" and answers["framework"] == "aiohttp":
        may_survive |= NAMED.keys()
    assert may_survive.issuperset(survivors)
    assert may_survive.isdisjoint(killed)
    if every > 1:
        return
    assert may_survive == {*survivors}
    assert len(missed) <= 0.05 * (len(missed) + len(killed))
    assert {change.partition(":")[0] for change in killed} == {
        path.name
        for path in project.glob("src/**/*.py")
        if path.name not in ("__init__.py", "__main__.py")
    }

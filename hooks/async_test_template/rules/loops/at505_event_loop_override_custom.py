"""AT505: a fixture `event_loop` with a loop of another kind."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Tier
from async_test_template.rules.loops._canonical import called_names, is_canonical
from async_test_template.rules.loops._loop_factories import (
    HOOK,
    MAKERS,
    SINCE,
    factory_of,
    has_own_loop,
    hook,
)
from async_test_template.rules.loops._loop_fixture import is_override, when_all_is_read
from async_test_template.rules.loops._override import NAME, replacement, settings_alone
from async_test_template.rules.on_code import code_finding, needs
from async_test_template.rules.rule import Example, Rule
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.items import Fixture
    from async_test_template.source.source import Function, Source

#: What an override with such a loop calls besides.
_BESIDES = frozenset({"set_event_loop_policy", *(name.rpartition(".")[2] for name in MAKERS)})


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for fixture in project.code.by_file[source.file].fixtures:
        if not is_override(project, fixture):
            continue
        function = source.functions[fixture.line]
        if not has_own_loop(source, function):
            continue
        made = ", ".join(sorted(name for name in called_names(function) if "loop" in name.lower()))
        yield code_finding(
            RULE.code,
            source,
            function,
            f"the {fixture.scope}-scoped fixture {NAME} replaces nothing any more, and its own "
            f"kind of loop ({made}) is not used",
            tier=Tier.UNSAFE,
            fix=when_all_is_read(project, partial(_fix, project, source, fixture)),
            hint=f"return the loop's factory from {HOOK} in conftest.py ({SINCE})",
        )


def _fix(project: Project, source: Source, fixture: Fixture) -> tuple[Edit, ...]:
    try:
        return _replaced(project, source, fixture)
    except EditError:
        edits = settings_alone(project, fixture)
        if not edits:
            raise
        return edits


def _replaced(project: Project, source: Source, fixture: Fixture) -> tuple[Edit, ...]:
    needs(project, "pytest-asyncio", SINCE)
    function = source.functions[fixture.line]
    text, imports = hook(source, *_factory(source, function))
    edits = replacement(project, source, fixture, text)
    return (*edits, *(edit for edit in imports if edit not in edits))


def _factory(source: Source, function: Function) -> tuple[str, str]:
    """Give module and name of the one factory that an override uses.

    Raises:
        EditError: there are several, or it does something else, or decides as it runs.

    """
    if not is_canonical(function, _BESIDES):
        raise EditError("it does more than make a loop")
    found = set()
    for call in walk(function):
        if isinstance(call, ast.Call) and source.names.resolve(call.func) in MAKERS:
            if _is_conditional(source, call, function):
                raise EditError("the loop depends on a condition")
            found.add(factory_of(source, call))
    if len(found) != 1:
        raise EditError("its loop is not a known one")
    return found.pop()


def _is_conditional(source: Source, node: ast.AST, function: Function) -> bool:
    conditions = (ast.If, ast.IfExp, ast.BoolOp, ast.ExceptHandler)
    for around in source.around(node):
        if around is function:
            return False
        if isinstance(around, conditions):
            return True
    return False


_OVERRIDE = (
    'import pytest\nimport uvloop\n\n\n@pytest.fixture(scope="session")\ndef event_loop():\n'
    "    loop = uvloop.new_event_loop()\n    yield loop\n    loop.close()\n"
)
_HOOK = (
    "def pytest_asyncio_loop_factories(config, item):\n"
    '    return {"uvloop": uvloop.new_event_loop}\n'
)
_INI = "[pytest]\nasyncio_mode = auto\n"
_INI_AFTER = (
    _INI
    + "asyncio_default_fixture_loop_scope = session\nasyncio_default_test_loop_scope = session\n"
)
_NEW_INI = _INI_AFTER.replace("asyncio_mode = auto\n", "")

RULE = Rule(
    code="AT505",
    name="event-loop-override-custom",
    title="An override of `event_loop` with another kind of loop is ignored",
    why=(
        "Nothing warns: tests that should run on uvloop, or on a loop that can do what they need, "
        "run on asyncio's default loop. A hook now chooses the loop."
    ),
    since="pytest-asyncio 1.0; the hook is there since 1.4",
    tier=Tier.UNSAFE,
    about="pytest-asyncio",
    check=None,
    visit=_visit,
    words=rb"event_loop",
    invalid=(
        # Which loop it is depends on the platform; that there is one does not.
        Example(
            before={
                "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
                "conftest.py": (
                    "import asyncio\nimport sys\n\nimport pytest\n\n\n"
                    '@pytest.fixture(scope="session")\ndef event_loop():\n'
                    '    if sys.platform == "win32":\n'
                    "        policy = asyncio.WindowsSelectorEventLoopPolicy()\n"
                    "        asyncio.set_event_loop_policy(policy)\n"
                    "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
                ),
            },
            after={
                "pytest.ini": (
                    "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = session\n"
                    "asyncio_default_test_loop_scope = session\n"
                )
            },
            tier=Tier.UNSAFE,
        ),
        Example(
            before={"pytest.ini": _INI, "conftest.py": _OVERRIDE},
            after={"pytest.ini": _INI_AFTER, "conftest.py": f"import uvloop\n\n\n{_HOOK}"},
            tier=Tier.UNSAFE,
        ),
        Example(
            before={
                "conftest.py": (
                    "import asyncio\nimport pytest\n\n\n@pytest.fixture\ndef event_loop():\n"
                    "    policy = asyncio.WindowsSelectorEventLoopPolicy()\n"
                    "    asyncio.set_event_loop_policy(policy)\n"
                    "    loop = policy.new_event_loop()\n    yield loop\n    loop.close()\n"
                )
            },
            after={
                "conftest.py": (
                    "import asyncio\n\n\ndef pytest_asyncio_loop_factories(config, item):\n"
                    '    return {"asyncio": asyncio.SelectorEventLoop}\n'
                )
            },
            tier=Tier.UNSAFE,
        ),
        Example(
            before={
                "pytest.ini": _INI,
                "conftest.py": (
                    f"{_OVERRIDE}\n\n@pytest.fixture\ndef server(event_loop):\n"
                    "    return event_loop.run_until_complete(serve())\n"
                ),
            },
            after={
                "pytest.ini": _INI_AFTER,
                "conftest.py": (
                    "import asyncio\n\nimport pytest\nimport pytest_asyncio\nimport uvloop\n\n\n"
                    f"{_HOOK}\n\n"
                    '@pytest_asyncio.fixture(scope="session", loop_scope="session")\n'
                    "async def event_loop():\n"
                    '    """Hand the running loop to what still asks for the old fixture."""\n'
                    "    return asyncio.get_running_loop()\n"
                    "\n\n@pytest.fixture\ndef server(event_loop):\n"
                    "    return event_loop.run_until_complete(serve())\n"
                ),
            },
            tier=Tier.UNSAFE,
        ),
        Example(
            before={"requirements.txt": "pytest-asyncio>=1.2\n", "conftest.py": _OVERRIDE},
            after={"pytest.ini": _NEW_INI},
            tier=Tier.UNSAFE,
        ),
        Example(
            before={"test_it.py": _OVERRIDE},
            after={"pytest.ini": _NEW_INI},
            tier=Tier.UNSAFE,
        ),
        Example(
            before={
                "conftest.py": (
                    "import asyncio, sys\nimport pytest\n\n\n@pytest.fixture\ndef event_loop():\n"
                    '    if sys.platform == "win32":\n'
                    "        loop = asyncio.ProactorEventLoop()\n    else:\n"
                    "        loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
                )
            },
        ),
        Example(
            before={"conftest.py": _OVERRIDE.replace("uvloop.new_event", "uvloop.make_my")},
            after={"pytest.ini": _NEW_INI},
            tier=Tier.UNSAFE,
        ),
    ),
    valid=(
        {
            "conftest.py": (
                "import asyncio\nimport pytest\n\n\n@pytest.fixture\ndef event_loop():\n"
                "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
            )
        },
        {"conftest.py": f"import uvloop\n\n\n{_HOOK}"},
    ),
)

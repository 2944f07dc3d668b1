"""AT702: a wide async fixture without `loop_scope` where the default loop is narrower."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Tier
from async_test_template.rules._code import code_finding, decorators, needs, sure
from async_test_template.rules._loops import (
    FIXTURE_SCOPE,
    SCOPES,
    TEST_SCOPE,
    has_other_runner,
    is_used_in_another_loop,
    narrow_fixtures,
    one_loop,
)
from async_test_template.rules.rule import Example, Rule
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.items import Fixture
    from async_test_template.source.source import Source


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    default = project.settings.effective(FIXTURE_SCOPE)
    for fixture in narrow_fixtures(project):
        if fixture.file != source.file or not fixture.function:
            continue
        function = source.functions[fixture.line]
        message = f"the {fixture.scope}-scoped fixture {fixture.name} has the {default} loop"
        if is_used_in_another_loop(project, fixture):
            # A wide loop for it alone would leave its tests in theirs, and the clear error would
            # become an object of one loop that waits in another.
            yield code_finding(
                RULE.code,
                source,
                function,
                message,
                tier=Tier.UNSAFE,
                fix=partial(one_loop, project, _widest(project)),
                hint=f"set {FIXTURE_SCOPE} and {TEST_SCOPE} to {_widest(project)}",
            )
            continue
        # In auto mode pytest's own decorator does, too; it takes no `loop_scope`.
        for decorator in decorators(source, function, fixture.decorator):
            is_foreign = fixture.decorator == "pytest.fixture" and has_other_runner(project)
            yield code_finding(
                RULE.code,
                source,
                function,
                message,
                tier=Tier.UNSAFE if is_foreign else Tier.SAFE,
                fix=partial(_fix, project, source, decorator, fixture),
                hint=f'give @pytest_asyncio.fixture loop_scope="{fixture.scope}"',
            )


def _widest(project: Project) -> str:
    return max((fixture.scope for fixture in narrow_fixtures(project)), key=SCOPES.index)


def _fix(
    project: Project, source: Source, decorator: ast.expr, fixture: Fixture
) -> tuple[Edit, ...]:
    needs(project, "pytest-asyncio", "0.24")
    scope = next((k for k in getattr(decorator, "keywords", ()) if k.arg == "scope"), None)
    if scope is None or not isinstance(decorator, ast.Call):
        raise EditError("its scope is not written as scope=")
    # Right behind `scope=`, whose value then says what the loop is for.
    end = source.end(scope)
    if source.data[source.start(scope) : end].count(b"(") != 0:
        raise EditError("the value of scope= stands in brackets")
    edit = changes.replace(source, end, end, f', loop_scope="{fixture.scope}"')
    if fixture.decorator == "pytest_asyncio.fixture":
        return (edit,)
    sure(source, decorator.func)
    plugin, imports = changes.bind_module(source, "pytest_asyncio")
    return (edit, changes.replace_node(source, decorator.func, f"{plugin}.fixture"), *imports)


_FIXTURE = (
    "import pytest_asyncio\n\n\n@pytest_asyncio.fixture({})\nasync def client():\n    yield 1\n"
)
_INI = {"pytest.ini": "[pytest]\nasyncio_default_fixture_loop_scope = function\n"}

RULE = Rule(
    code="AT702",
    name="fixture-without-loop-scope",
    title="A wide async fixture gets a narrower loop",
    why=(
        "Every test that uses it fails with ScopeMismatch. Where its tests run in a narrower loop "
        "than the fixture needs, they get the wider one as well, by the settings: an object that "
        "waits in the loop of another test is worse than the error."
    ),
    since="pytest-asyncio 0.24",
    tier=Tier.SAFE,
    about="pytest-asyncio",
    check=None,
    visit=_visit,
    words=rb"fixture",
    invalid=(
        Example(
            before={**_INI, "conftest.py": _FIXTURE.format('scope="module"')},
            after={"conftest.py": _FIXTURE.format('scope="module", loop_scope="module"')},
            tier=Tier.SAFE,
        ),
        Example(
            before={**_INI, "conftest.py": _FIXTURE.format("\n    scope='session', # all\n")},
            after={
                "conftest.py": _FIXTURE.format(
                    "\n    scope='session', loop_scope=\"session\", # all\n"
                )
            },
            tier=Tier.SAFE,
        ),
        Example(
            before={
                "pytest.ini": f"{_INI['pytest.ini']}asyncio_mode = auto\n",
                "conftest.py": _FIXTURE.replace("_asyncio", "").format('scope="module"'),
            },
            after={"conftest.py": _FIXTURE.format('scope="module", loop_scope="module"')},
            tier=Tier.SAFE,
        ),
        Example(
            before={
                "pytest.ini": f"{_INI['pytest.ini']}asyncio_mode = auto\n",
                "conftest.py": _FIXTURE.replace("_asyncio", "").format('scope="module"'),
                "test_it.py": (
                    "import pytest\n\n\n@pytest.mark.anyio\nasync def test_it():\n    pass\n"
                ),
            },
            after={"conftest.py": _FIXTURE.format('scope="module", loop_scope="module"')},
            tier=Tier.UNSAFE,
        ),
        # Its test has a loop of its own: both get the wider one, or nothing is changed.
        Example(
            before={
                "requirements.txt": "pytest-asyncio>=1.3\n",
                "pytest.ini": f"{_INI['pytest.ini']}asyncio_mode = auto\n",
                "conftest.py": _FIXTURE.format('scope="session"'),
                "test_it.py": "async def test_it(client):\n    assert client\n",
            },
            after={
                "pytest.ini": (
                    "[pytest]\nasyncio_default_fixture_loop_scope = session\n"
                    "asyncio_mode = auto\nasyncio_default_test_loop_scope = session\n"
                )
            },
            tier=Tier.UNSAFE,
        ),
        Example(
            before={
                "requirements.txt": "pytest-asyncio>=1.3\n",
                "pytest.ini": (
                    f"{_INI['pytest.ini']}asyncio_default_test_loop_scope = session\n"
                    "asyncio_mode = auto\n"
                ),
                "conftest.py": _FIXTURE.format('scope="session"'),
                "test_it.py": "async def test_it(client):\n    assert client\n",
            },
            after={"conftest.py": _FIXTURE.format('scope="session", loop_scope="session"')},
            tier=Tier.SAFE,
        ),
        Example(
            before={
                "requirements.txt": "pytest-asyncio>=0.24,<0.26\n",
                "pytest.ini": f"{_INI['pytest.ini']}asyncio_mode = auto\n",
                "conftest.py": _FIXTURE.format('scope="session"'),
                "test_it.py": "async def test_it(client):\n    assert client\n",
            },
        ),
    ),
    valid=(
        {**_INI, "conftest.py": _FIXTURE.format('scope="module", loop_scope="module"')},
        {**_INI, "conftest.py": _FIXTURE.format("")},
        {"conftest.py": _FIXTURE.format('scope="module"')},
    ),
)

"""AT403: tests use a plugin or a client that no dependency brings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Tier
from async_test_template.rules.premises.about import PYTEST_ASYNCIO, has_own_runner
from async_test_template.rules.premises.deliberate import own_project
from async_test_template.rules.rule import Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.items import Module


_MARKS = {
    "asyncio": ("pytest-asyncio", "1.5"),
    "timeout": ("pytest-timeout", "2.4"),
    "anyio": ("anyio", "4.12"),
    "trio": ("pytest-trio", "0.8"),
}
#: Plugins whose mark may as well be another one's, or the project's own.
_RUNNERS = frozenset({PYTEST_ASYNCIO, "pytest-trio"})
#: What does as well for projects on an old Python or pytest.
_LEAST = {"pytest-asyncio": "0.24", "pytest-timeout": "2.1", "anyio": "3.7", "httpx": "0.24"}
_TEST_CLIENTS = frozenset({"starlette.testclient", "fastapi.testclient"})


def _check(project: Project) -> Iterator[Finding]:
    # Without a declared pytest the test dependencies are kept where nothing here reads them.
    if not project.dependencies.of("pytest"):
        return
    for package, version, file, line in _needed(project):
        if (
            project.dependencies.may_have(package)
            or project.metadata.name == package
            or (package in _RUNNERS and has_own_runner(project))
        ):
            continue
        edit = project.dependencies.added(package, version, _LEAST.get(package))
        yield Finding(
            RULE.code,
            f"the tests use {package}, and no dependency brings it",
            file,
            line,
            tier=Tier.UNSAFE if edit else Tier.REPORT,
            edits=(edit,) if edit else (),
            hint="" if edit else f"add {package}>={version} to the test dependencies",
        )


def _needed(project: Project) -> Iterator[tuple[str, str, str, int]]:
    """Yield each package that the code asks for, once, with where it does so first."""
    modules = [module for module in project.code.modules if not _is_apart(project, module.file)]
    seen = set()
    for test in project.code.tests:
        for mark in test.marks if not _is_apart(project, test.file) else ():
            if mark.name in _MARKS and mark.name not in seen:
                seen.add(mark.name)
                yield (*_MARKS[mark.name], test.file, mark.line)
    if "asyncio" not in seen:
        for module in modules:
            if "pytest_asyncio" in module.imports:
                yield (*_MARKS["asyncio"], module.file, module.imports["pytest_asyncio"])
                break
    yield from _client_needed(project, modules)


def _client_needed(project: Project, modules: list[Module]) -> Iterator[tuple[str, str, str, int]]:
    """Yield what the test clients are built on, where nothing brings it."""
    has_client = any(project.dependencies.may_have(name) for name in ("httpx", "httpx2"))
    if has_client or _has_full_framework(project):
        return
    for module in modules:
        for name in _TEST_CLIENTS & module.imports.keys():
            yield (*_client(project), module.file, module.imports[name])
            return


def _is_apart(project: Project, file: str) -> bool:
    """Tell whether a file is in a project of its own, which has its own dependencies."""
    return bool(own_project(project, file.rpartition("/")[0]))


def _client(project: Project) -> tuple[str, str]:
    """Choose what starlette's TestClient (1.2) prefers, where the Python is new enough."""
    floor = project.dependencies.python_floor
    return ("httpx2", "2.14") if floor is not None and floor >= (3, 11) else ("httpx", "0.28")


def _has_full_framework(project: Project) -> bool:
    """Tell whether an extra of the framework brings an HTTP client along."""
    frameworks = [d for name in ("fastapi", "starlette") for d in project.dependencies.of(name)]
    return any("[" in declaration.text for declaration in frameworks)


RULE = Rule(
    code="AT403",
    name="plugin-not-declared",
    title="The tests use a package that is not declared",
    why="A fresh environment lacks it: the tests fail there, or their marks do nothing.",
    since="pytest, always",
    tier=Tier.UNSAFE,
    check=_check,
    invalid=(
        Example(
            before={
                "requirements-test.txt": "coverage\npytest>=8  # runner\n\n# docs\nsphinx\n",
                "test_it.py": (
                    "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_it():\n    pass\n"
                ),
            },
            after={
                "requirements-test.txt": (
                    "coverage\npytest>=8  # runner\n\n# docs\nsphinx\npytest-asyncio>=1.5\n"
                )
            },
            tier=Tier.UNSAFE,
        ),
        Example(
            before={
                "requirements.txt": "pytest\npytest-asyncio\n",
                "test_it.py": (
                    "import pytest\n\n\n@pytest.mark.trio\nasync def test_it():\n    pass\n"
                ),
            },
            after={"requirements.txt": "pytest\npytest-asyncio\npytest-trio>=0.8\n"},
            tier=Tier.UNSAFE,
        ),
        Example(
            before={
                "requirements.txt": "pytest\npytest-asyncio\n",
                "test_it.py": (
                    "import pytest\n\n\n@pytest.mark.trio\nasync def test_it():\n    pass\n"
                ),
            },
            after={"requirements.txt": "pytest\npytest-asyncio\npytest-trio>=0.8\n"},
            tier=Tier.UNSAFE,
        ),
        Example(
            before={
                "pyproject.toml": (
                    '[project]\nrequires-python = ">=3.11"\ndependencies = ["fastapi"]\n\n'
                    '[dependency-groups]\ndev = [{ include-group = "test" }]\n'
                    'test = ["pytest"]\n'
                ),
                "test_it.py": "from fastapi.testclient import TestClient\n",
            },
            after={
                "pyproject.toml": (
                    '[project]\nrequires-python = ">=3.11"\ndependencies = ["fastapi"]\n\n'
                    '[dependency-groups]\ndev = [{ include-group = "test" }]\n'
                    'test = ["pytest", "httpx2>=2.14"]\n'
                )
            },
            tier=Tier.UNSAFE,
        ),
    ),
    valid=(
        {
            "tox.ini": "[testenv]\ndeps =\n    pytest\n",
            "parts/one/pyproject.toml": '[project]\nname = "one"\n',
            "parts/one/test-requirements.txt": "pytest\npytest-asyncio\npytest-timeout\n",
            "parts/one/test_it.py": (
                "import pytest\n\n\n@pytest.mark.timeout(3)\n@pytest.mark.asyncio\n"
                "async def test_it():\n    pass\n"
            ),
            "parts/one/test_client.py": "from starlette.testclient import TestClient\n",
        },
        {
            "requirements.txt": "pytest\npytest-asyncio\n",
            "test_it.py": (
                "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_it():\n    pass\n"
            ),
        },
        {
            "setup.py": 'setup(extras_require={"t": ["pytest", "pytest-asyncio"]})\n',
            "requirements.txt": "pytest\n",
            "test_it.py": (
                "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_it():\n    pass\n"
            ),
        },
        # It is that package itself.
        {
            "pyproject.toml": '[project]\nname = "pytest-trio"\n',
            "test-requirements.txt": "pytest\n",
            "test_it.py": (
                "import pytest\n\npytestmark = pytest.mark.trio\n\n\n"
                "async def test_it():\n    pass\n"
            ),
        },
    ),
)

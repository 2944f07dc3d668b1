"""The answers that a repository gives to the template's questions, each with its reason."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.boundaries import ASIDE, TESTS, is_below
from async_test_template.config.requirement import normalised
from async_test_template.config.toml.read import table_at
from async_test_template.dependencies.runtime import needed_to_run
from async_test_template.desired import LOOP_SCOPES, MODES
from async_test_template.rules.on_settings import bare_value
from async_test_template.rules.runners import has_marked, without_runner
from async_test_template.rules.which_loop import may_be_auto

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project

#: The Pythons that the template knows, lowest first.
PYTHONS = ("3.11", "3.12", "3.13", "3.14", "3.15")
#: Seconds: the template's own default for tests that are there, if the repository sets none.
TIMEOUT = "300"

#: The answers by package, the most particular first: FastAPI brings Starlette along.
_FRAMEWORKS = {
    "fastapi": "fastapi",
    "starlette": "asgi",
    "litestar": "asgi",
    "quart": "asgi",
    "aiohttp": "aiohttp",
}
# What an application needs that `from aiohttp import web` alone does not tell.
_SERVES = re.compile(rb"\bweb\.(?:Application|AppRunner|RouteTableDef|run_app)\b")
_NO_PACKAGES = TESTS | {"scripts"}
#: The drivers that SQLAlchemy's asyncio knows. A service that has PostgreSQL tests with it.
_DRIVERS = {
    "asyncpg": "postgresql",
    "psycopg": "postgresql",
    "aiosqlite": "sqlite",
}


class Answer(NamedTuple):
    """One answer, as text, and the reason for it in the repository."""

    key: str
    value: str
    reason: str


def infer(project: Project) -> list[Answer]:
    """Answer the template's questions for a repository; unknown answers are left out.

    Raises:
        UserError: a file that has to be looked at cannot be read or parsed.

    """
    framework = _framework(project)
    backend = _backend(project)
    answers = [
        Answer("project_kind", "existing", "adopt keeps every existing file"),
        *_names(project),
        framework,
        backend,
    ]
    if backend.value == "anyio":
        answers.append(_with_trio(project, framework.value))
    if framework.value != "library":
        answers.append(_database(project))
    answers += [
        _mode(project, backend.value),
        _loop_scope(project),
        _timeout(project),
        *_guard(project),
        _python_version(project),
    ]
    return answers


def _guard(project: Project) -> Iterator[Answer]:
    declared = project.dependencies.of("pytest-async-guard")
    if declared:
        reason = f"{declared[0].file}:{declared[0].line} declares pytest-async-guard"
        yield Answer("guard", "package", reason)


def _names(project: Project) -> Iterator[Answer]:
    document = project.tree.toml("pyproject.toml")
    tables = {
        "pyproject.toml, project.name": table_at(document, "project"),
        "pyproject.toml, tool.poetry.name": table_at(document, "tool", "poetry"),
        "setup.cfg, metadata.name": project.tree.ini("setup.cfg").get("metadata", {}),
    }
    name = ""
    for reason, table in tables.items():
        if isinstance(table.get("name"), str):
            name = table["name"]
            yield Answer("project_name", name, reason)
            break
    packages = [
        path.parent.name
        for folder, others in (("src", _NO_PACKAGES), (".", _NO_PACKAGES | ASIDE))
        for path in sorted((project.root / folder).glob("*/__init__.py"))
        if path.parent.name not in others or normalised(path.parent.name) == normalised(name)
    ]
    if packages:
        # Of several, the one that is called like the project.
        package = next((p for p in packages if normalised(p) == normalised(name)), packages[0])
        yield Answer("package_name", package, f"the folder {package} is a package")


def _framework(project: Project) -> Answer:
    framework, reason = _named_framework(project)
    client = _client(project) if framework == "aiohttp" else ""
    if client:
        reason = f"{client} imports aiohttp, and nothing outside of the tests serves with it"
        return Answer("framework", "library", reason)
    return Answer("framework", framework, reason)


def _named_framework(project: Project) -> tuple[str, str]:
    for name, framework in _FRAMEWORKS.items():
        if place := needed_to_run(project.dependencies, name):
            return framework, f"{place} declares {name}"
    for name, framework in _FRAMEWORKS.items():
        if imported := next(_importing(project, name), None):
            return framework, f"{imported[0]}:{imported[1]} imports {name}"
    reason = "nothing but tests needs FastAPI, Starlette, Litestar, Quart or aiohttp"
    return "library", reason


def _client(project: Project) -> str:
    """Say where the code imports aiohttp, if it has no application of aiohttp's."""
    places = list(_importing(project, "aiohttp"))
    is_served = any(_is_of_aiohttp_web(project, file) for file, _ in places)
    return f"{places[0][0]}:{places[0][1]}" if places and not is_served else ""


def _is_of_tests(file: str) -> bool:
    *folders, name = file.split("/")
    return not TESTS.isdisjoint(folders) or name.startswith(("test_", "conftest."))


def _is_of_aiohttp_web(project: Project, file: str) -> bool:
    module = next(module for module in project.code.modules if module.file == file)
    return "aiohttp.web" in module.imports or bool(_SERVES.search(project.tree.read(file) or b""))


def _importing(project: Project, name: str) -> Iterator[tuple[str, int]]:
    """Yield each file and line of a project's own code that imports a package or a module of it."""
    for module in project.code.modules:
        if is_below(module.file, ASIDE) or _is_of_tests(module.file):
            continue
        for found, line in module.imports.items():
            if found == name or found.startswith(f"{name}."):
                yield module.file, line


def _backend(project: Project) -> Answer:
    if project.uses_asyncio_plugin:
        return Answer("backend", "asyncio", "pytest-asyncio is declared or configured")
    if project.settings.effective("anyio_mode"):
        return Answer("backend", "anyio", f"{project.settings.file} sets anyio_mode")
    for test in project.code.async_tests:
        mark = test.mark("anyio")
        if mark:
            return Answer("backend", "anyio", f"{test.file}:{mark.line} marks a test with anyio")
    return Answer("backend", "asyncio", "nothing runs tests with AnyIO's plugin")


def _with_trio(project: Project, framework: str) -> Answer:
    if framework != "library":
        return Answer("with_trio", "false", "the template tests only a library on trio")
    own = next((f for f in project.code.fixtures if f.name == "anyio_backend"), None)
    if own is not None:
        names_trio = b"trio" in (project.tree.read(own.file) or b"")
        reason = f"anyio_backend at {own.file}:{own.line}"
        return Answer("with_trio", "true" if names_trio else "false", reason)
    if reason := _declared(project, "trio"):
        return Answer("with_trio", "true", reason)
    return Answer("with_trio", "false", "trio is not declared")


def _database(project: Project) -> Answer:
    for name, database in _DRIVERS.items():
        if reason := _declared(project, name):
            return Answer("database", database, reason)
    return Answer("database", "none", "no async driver of a database is declared")


def _declared(project: Project, name: str) -> str:
    """Say where a package is declared first, or "" if it is not."""
    declared = project.dependencies.of(name)
    return f"{declared[0].file}:{declared[0].line} declares {name}" if declared else ""


def _configured(project: Project, name: str) -> str:
    """Return the intended value, without the comment or the quotes that AT107 removes."""
    value = project.settings.effective(name) or ""
    found = bare_value(project.settings, name)
    return found[0] if found and value == project.settings.text_of(name) else value.strip()


def _mode(project: Project, backend: str) -> Answer:
    name = f"{backend}_mode"
    configured = _configured(project, name).lower()
    if configured in MODES:
        return Answer("mode", configured, f"{project.settings.file} sets {name}")
    if name == "asyncio_mode" and configured == "legacy":
        reason = f"{project.settings.file} sets {name} to legacy, which did what auto does"
        return Answer("mode", "auto", reason)
    if name == "asyncio_mode" and may_be_auto(project):
        return Answer("mode", "auto", "a command that runs pytest sets it")
    if name == "asyncio_mode" and without_runner(project) and not has_marked(project):
        return Answer("mode", "auto", "no async test has a mark, so nothing else runs them")
    if any(True for _ in project.code.async_tests):
        return Answer("mode", "strict", f"{name} is not set, and strict is the plugin's default")
    return Answer("mode", "auto", "there are no async tests yet")


def _loop_scope(project: Project) -> Answer:
    for name in ("asyncio_default_fixture_loop_scope", "asyncio_default_test_loop_scope"):
        configured = _configured(project, name)
        if configured in LOOP_SCOPES:
            return Answer("loop_scope", configured, f"{project.settings.file} sets {name}")
    scoped = [
        fixture
        for fixture in project.code.fixtures
        if fixture.is_async and (fixture.loop_scope or fixture.scope) in LOOP_SCOPES
    ]
    if scoped:
        widest = max(scoped, key=lambda f: LOOP_SCOPES.index(f.loop_scope or f.scope))
        scope = widest.loop_scope or widest.scope
        reason = f"the widest async fixture, {widest.name}, at {widest.file}:{widest.line}"
        return Answer("loop_scope", scope, reason)
    return Answer("loop_scope", "function", "no async fixture is shared")


def _timeout(project: Project) -> Answer:
    configured = _configured(project, "timeout")
    if re.fullmatch(r"\s*\d{1,9}(\.\d{0,9})?\s*", configured):
        seconds = str(math.ceil(float(configured)))
        return Answer("timeout", seconds, f"{project.settings.file} sets timeout")
    return Answer("timeout", TIMEOUT, "no timeout is set, so this is the template's default")


def _python_version(project: Project) -> Answer:
    floor = project.dependencies.python_floor
    if floor is None:
        return Answer("python_version", PYTHONS[0], "no lowest Python is declared")
    wanted = f"{floor[0]}.{floor[1] if len(floor) > 1 else 0}"
    if wanted in PYTHONS:
        return Answer("python_version", wanted, "the lowest Python that is declared")
    nearest = PYTHONS[0] if tuple(floor[:2]) < (3, 11) else PYTHONS[-1]
    return Answer("python_version", nearest, f"the nearest to {wanted} that the template knows")

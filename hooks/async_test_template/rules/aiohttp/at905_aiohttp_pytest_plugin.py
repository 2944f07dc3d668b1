"""AT905: `pytest_plugins = "aiohttp.pytest_plugin"`."""

from __future__ import annotations

import ast
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.aiohttp._clients import clients_of_callables
from async_test_template.rules.on_code import code_finding, text_of
from async_test_template.rules.rule import Rule, Where
from async_test_template.rules.which_loop import MODE, may_be_auto
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

_PLUGIN = "aiohttp.pytest_plugin"


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    if _PLUGIN not in project.code.by_file[source.file].plugins:
        return
    for node in source.tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "pytest_plugins"
            for target in node.targets
        ):
            yield code_finding(
                RULE.code,
                source,
                node,
                "aiohttp 4 removes aiohttp's own plugin",
                tier=Tier.UNSAFE,
                fix=partial(_fix, project, source, node),
                hint="depend on pytest-aiohttp>=1.1, and remove it",
            )


def _fix(project: Project, source: Source, statement: ast.Assign) -> tuple[Edit, ...]:
    if not project.dependencies.of("pytest-aiohttp"):
        # An environment that is not reinstalled would be left without a plugin.
        raise EditError("no dependency installs pytest-aiohttp yet")
    place = _handing_over(project)
    if place:
        raise EditError(f"{place} passes a function to a client")
    return _without_plugin(source, statement), *_mode(project)


# Only one project is used at a time.
@lru_cache(maxsize=2)
def _handing_over(project: Project) -> str:
    """Return the first place where a client gets a function, or an empty text."""
    for module in project.code.modules:
        for call, _ in clients_of_callables(project, project.code.sources.get(module.file)):
            return f"{module.file}:{call.lineno}"
    return ""


def _without_plugin(source: Source, statement: ast.Assign) -> Edit:
    value = statement.value
    elements = value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]
    named = [element for element in elements if text_of(element) == _PLUGIN]
    if len(named) != 1 or len(statement.targets) != 1:
        raise EditError("it is not a plain list of names")
    if len(elements) > 1 and isinstance(value, (ast.List, ast.Tuple)):
        return changes.remove_element(source, value, named[0])
    return changes.remove_statement(source, statement)


def _mode(project: Project) -> tuple[Edit, ...]:
    """Return the edit for auto mode if tests have no mark: aiohttp's plugin needs none."""
    if may_be_auto(project) or all(test.mark("asyncio") for test in project.code.async_tests):
        return ()
    edits = None
    if project.settings.effective(MODE) is None:
        edits = project.settings.set_all({MODE: "auto"})
    if not edits:
        raise EditError("then async tests without a mark need asyncio_mode = auto")
    return tuple(edits)


RULE = Rule(
    code="AT905",
    name="aiohttp-pytest-plugin",
    severity=Severity.WARNING,
    tier=Tier.UNSAFE,
    visit=_visit,
    words=rb"pytest_plugin",
    where=Where.CLIENTS,
    libraries=("aiohttp",),
    broken_since=(("pytest-aiohttp", "1.0"),),
)

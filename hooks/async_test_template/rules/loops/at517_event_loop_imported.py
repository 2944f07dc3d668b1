"""AT517: the fixture `event_loop` of another package."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.paths import name_of
from async_test_template.rules.importers import is_named_elsewhere
from async_test_template.rules.loops._lost import NAME, when_all_is_read
from async_test_template.rules.on_code import code_finding, is_test_code
from async_test_template.rules.patterns import is_used
from async_test_template.rules.rule import Rule
from async_test_template.source import changes
from async_test_template.source.index import places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

#: In the name of a module with fixtures.
_OF_TESTS = re.compile("test|fixture|plugin")


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for node in _imports(source):
        module = node.module or ""
        if not (_is_own(project, module) or _is_something_else(project, source, module)):
            yield code_finding(
                RULE.code,
                source,
                node,
                f"{NAME} of {module} gives the tests no loop any more",
                tier=Tier.UNSAFE,
                fix=when_all_is_read(project, partial(_fix, project, source, node)),
                hint="import it no longer, and use asyncio.get_running_loop() in its place",
            )


def _imports(source: Source) -> Iterator[ast.ImportFrom]:
    """Yield the imports of the name from elsewhere, which only tests could have a use for."""
    if not is_test_code(source) or is_used(source, NAME):
        return
    for node in source.nodes.of(ast.ImportFrom):
        # AT512 is about the plugin's own.
        is_other = not (node.level or (node.module or "").startswith("pytest_asyncio"))
        if is_other and any((a.name, a.asname or NAME) == (NAME, NAME) for a in node.names):
            yield node


def _is_own(project: Project, module: str) -> bool:
    """Tell whether the repository has a module, wherever it is imported from."""
    path = module.replace(".", "/")
    ends = (f"/{path}.py", f"/{path}/__init__.py")
    return any(f"/{file}".endswith(ends) for file in project.tree.disk.python_files)


def _is_something_else(project: Project, source: Source, module: str) -> bool:
    """Tell whether it is no fixture as far as its module tells, or none that matters to async code.

    That is so where nothing async is in its reach, or only other code asks for it. What one file
    imports from another that has no tests is not followed.
    """
    reached = [
        item
        for item in project.code.items
        if source.file in places(item.file)
        or not (source.module.tests or name_of(source.file) == "conftest.py")
    ]
    asking = [item for item in reached if NAME in item.requests]
    if not asking and not _OF_TESTS.search(module):
        return True
    return not any(item.is_async for item in asking or reached)


def _fix(project: Project, source: Source, node: ast.ImportFrom) -> tuple[Edit, ...]:
    """Return the edit that imports it no longer; other rules mend what asks for it.

    Raises:
        EditError: it is needed, as far as the repository tells.

    """
    if source.parents[node] is not source.tree:
        raise EditError("the import is not at the top of the file")
    package = (node.module or "").partition(".")[0]
    others = {
        name
        for name, target in source.module.targets.items()
        if target.startswith(f"{package}.") and "loop" in name and name != NAME
    }
    if others:
        raise EditError(f"{min(others)} of the same package may ask for it")
    if is_named_elsewhere(project, source.file, NAME):
        raise EditError("another file may import it from here")
    alias = next(alias for alias in node.names if alias.name == NAME)
    return (changes.remove_name(source, node, alias),)


RULE = Rule(
    code="AT517",
    name="event-loop-imported",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    about="pytest-asyncio",
    visit=_visit,
    words=rb"event_loop",
    spots=_imports,
    expects=("ImportError",),
    broken_since=(("pytest-asyncio", "1.0"),),
)

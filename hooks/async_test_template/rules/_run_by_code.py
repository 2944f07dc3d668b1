"""Tests that code makes run, though nothing in the index says so."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.source.conditions import Conditions
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from async_test_template.project import Project
    from async_test_template.source.items import Fixture, Test
    from async_test_template.source.source import Source


def is_run_by_code(project: Project, test: Test, marks: AbstractSet[str]) -> bool:
    """Tell whether a parameter has a mark that runs a test, or its file calls it, or none should.

    Args:
        project: the repository.
        test: the test.
        marks: the marks with which some plugin runs a test.

    """
    return (
        _is_marked_by_parameters(project, test, marks)
        or _is_run_by_its_file(project, test)
        or is_always_skipped(project, test)
    )


def is_always_skipped(project: Project, test: Test) -> bool:
    """Tell whether its file skips a test, whatever the Python."""
    source = project.code.sources.get(test.file)
    function = source.functions.get(test.line)
    lines = {mark.line for mark in test.marks if mark.name == "skipif"}
    lines |= {decorator.lineno for decorator in function.decorator_list} if function else set()
    skipped = _always_skipped(source)
    return 0 in skipped or not lines.isdisjoint(skipped)


# Each test of a file asks this.
@lru_cache(maxsize=1)
def _always_skipped(source: Source) -> frozenset[int]:
    """Return the lines of the marks that always skip; 0 stands for the whole file."""
    judge = Conditions(source).judge
    found = {
        call.lineno
        for call in source.calls("pytest.mark.skipif", "unittest.skipIf")
        if call.args and not judge(call.args[0]).false
    }
    statements = (source.parents[call] for call in source.calls("pytest.skip"))
    is_whole = any(statement in source.tree.body for statement in statements)
    return frozenset(found | {0}) if is_whole else frozenset(found)


def _is_marked_by_parameters(project: Project, test: Test, marks: AbstractSet[str]) -> bool:
    """Tell whether `pytest.param(..., marks=...)` marks a test, its own or one of its fixtures."""
    items: tuple[Fixture | Test, ...] = (test, *project.code.used_by(test))
    for item in items:
        source = project.code.sources.get(item.file)
        function = source.functions.get(item.line)
        for decorator in function.decorator_list if function else ():
            arguments = decorator.args if isinstance(decorator, ast.Call) else []
            keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
            given = [*arguments, *(keyword.value for keyword in keywords)]
            if any(_names_a_runner(source, value, marks) for value in given):
                return True
    return False


def _names_a_runner(
    source: Source, value: ast.expr, marks: AbstractSet[str], steps: int = 2
) -> bool:
    """Tell whether a mark that makes a plugin run a test is in an expression, or in its names."""
    for node in walk(value):
        if isinstance(node, ast.Attribute):
            prefix, _, name = source.names.resolve(node).rpartition(".")
            if prefix == "pytest.mark" and name in marks:
                return True
        if not isinstance(node, ast.Name) or not steps:
            continue
        for statement in source.tree.body:
            targets = statement.targets if isinstance(statement, ast.Assign) else []
            if any(isinstance(target, ast.Name) and target.id == node.id for target in targets):
                made = getattr(statement, "value", value)
                if _names_a_runner(source, made, marks, steps - 1):
                    return True
    return False


def _is_run_by_its_file(project: Project, test: Test) -> bool:
    """Tell whether a file runs its own test, as a script with `asyncio.run(test_it())` does.

    It calls the test, or keeps it in a list of what it runs. A file without pytest that does so
    with one of its tests below `__main__` leaves the others out on purpose.
    """
    if test.owner is not None:
        return False
    source = project.code.sources.get(test.file)
    return _is_called(source, test.name) or _leaves_out(project, source)


# Each test of a file asks this.
@lru_cache(maxsize=2)
def _leaves_out(project: Project, source: Source) -> bool:
    """Tell whether a file without pytest is a script that runs one of its tests."""
    return (
        "pytest" not in source.names.imported
        and any(
            isinstance(node, ast.If) and "__main__" in source.text(node.test)
            for node in source.tree.body
        )
        and any(
            test.is_async and test.owner is None and _is_called(source, test.name)
            for test in project.code.by_file[source.file].tests
        )
    )


def _is_called(source: Source, name: str) -> bool:
    return any(
        isinstance(node, ast.Name)
        and (
            getattr(source.parents[node], "func", None) is node
            or isinstance(source.parents[node], (ast.List, ast.Tuple, ast.Set, ast.Dict))
        )
        for node in source.mentions.get(name, ())
    )

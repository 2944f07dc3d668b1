"""AT508: a hook that marks every test."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.loops._hook_marks import added, meant
from async_test_template.rules.on_code import code_finding, is_called
from async_test_template.rules.rule import Rule, Where
from async_test_template.rules.which_loop import MODE, may_be_auto, names_another
from async_test_template.source import changes
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

#: Checks of a test before it is marked that auto mode makes too.
_QUESTIONS = {
    "asyncio.iscoroutinefunction",
    "inspect.iscoroutinefunction",
    "inspect.isasyncgenfunction",
    "isinstance",
    "getattr",
    "hasattr",
}


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for call in added(source):
        mark = meant(source, call, call.args[-1])
        function = next(
            (node for node in source.around(call) if isinstance(node, ast.FunctionDef)), None
        )
        # That hook runs, or may run, before the plugin has looked at the tests.
        early = function is not None and function.name == "pytest_pycollect_makeitem"
        if mark is None or early:
            continue
        has_arguments = isinstance(mark, ast.Call) and bool(mark.keywords)
        # With these, the mark should choose a loop for tests that the plugin runs anyway.
        if has_arguments and (_all_run(project) or _asks_plugin(source, function)):
            continue
        is_auto = may_be_auto(project)
        found = code_finding(
            RULE.code,
            source,
            call,
            "a hook adds the mark asyncio too late",
            tier=Tier.UNSAFE,
            fix=partial(_fix, project, source, call, has_arguments=has_arguments),
            hint="remove the hook" if is_auto else f"set {MODE} = auto and remove the hook",
        )
        # In that mode every async test runs, marked or not.
        yield found._replace(severity=Severity.ADVICE) if is_auto else found


def _all_run(project: Project) -> bool:
    """Tell whether the plugin runs every async test without the hook, but those of others."""
    tests = [*project.code.async_tests]
    return project.mode == "auto" or (
        bool(tests) and all(test.mark("asyncio") or names_another(test) for test in tests)
    )


def _asks_plugin(source: Source, function: Function | None) -> bool:
    """Tell whether a hook marks only tests that `pytest_asyncio.is_async_test` recognises."""
    return function is not None and any(
        isinstance(call, ast.Call)
        and source.names.resolve(call.func) == "pytest_asyncio.is_async_test"
        for call in walk(function)
    )


def _fix(
    project: Project, source: Source, call: ast.Call, *, has_arguments: bool
) -> tuple[Edit, ...]:
    if any(test.mark(name) for test in project.code.tests for name in ("anyio", "trio")):
        raise EditError("in auto mode pytest-asyncio would take the fixtures of AnyIO's tests")
    edits: tuple[Edit, ...] = ()
    if project.mode != "auto":
        made = project.settings.set_all({MODE: "auto"})
        if made is None or project.settings.option("--asyncio-mode") is not None:
            raise EditError("no file that can be edited contains the mode")
        edits = made
    if has_arguments:
        return edits
    return (*edits, changes.remove_statement(source, _whole(source, call)))


def _whole(source: Source, call: ast.Call) -> ast.stmt:
    """Return the largest statement around a call that does nothing else.

    Raises:
        EditError: something else depends on it.

    """
    statement = source.parents[call]
    if not isinstance(statement, ast.Expr):
        raise EditError("its result is used")
    whole: ast.stmt = statement
    while True:
        around = source.parents[whole]
        if isinstance(around, ast.FunctionDef) and around.name.startswith("pytest_"):
            body = around.body[1:] if ast.get_docstring(around) is not None else around.body
            is_all = len(body) == 1 and not is_called(source, around)
            return around if is_all and not around.decorator_list else whole
        if not isinstance(around, (ast.For, ast.If)) or around.orelse or len(around.body) > 1:
            return whole
        asked = around.test if isinstance(around, ast.If) else around.iter
        if any(
            isinstance(node, ast.Call) and source.names.resolve(node.func) not in _QUESTIONS
            for node in walk(asked)
        ):
            return whole
        whole = around


RULE = Rule(
    code="AT508",
    name="mark-added-by-hook",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    visit=_visit,
    words=rb"add_marker|own_markers",
    about="pytest-asyncio",
    where=Where.EVERYWHERE,
    broken_since=(("pytest-asyncio", "0.23"),),
)

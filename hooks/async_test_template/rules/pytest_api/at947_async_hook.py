"""AT947: a hook of pytest that is async."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, is_called, keyword
from async_test_template.rules.rule import Rule, Where
from async_test_template.source.nodes import callee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

#: Hooks of pytest 9.2. Other packages may await their own.
_HOOK = re.compile(
    r"pytest_(?:addoption|cmdline_(?:main|parse)|collect(?:_file|_directory|start|report)"
    r"|collection(?:_finish|_modifyitems)?|configure|exception_interact"
    r"|fixture_(?:setup|post_finalizer)|generate_tests|itemcollected|pycollect_make(?:item|module)"
    r"|pyfunc_call|report_(?:collectionfinish|header|teststatus)"
    r"|runtest(?:_call|_log(?:finish|report|start)|_makereport|_protocol|_setup|_teardown|loop)"
    r"|session(?:finish|start)|terminal_summary|unconfigure|warning_recorded)"
)


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    # pytest asks no module with tests for hooks.
    if source.module.holds_tests:
        return
    for _, function in sorted(source.functions.items()):
        if (
            isinstance(function, ast.AsyncFunctionDef)
            and _HOOK.fullmatch(function.name)
            and source.parents[function] is source.tree
            and not _is_empty(function)
            and all(_leaves_it(source, decorator) for decorator in function.decorator_list)
            and not is_called(source, function)
        ):
            yield code_finding(
                RULE.code,
                source,
                function,
                f"the hook {function.name} is async, and pytest never awaits it",
                hint="make it a fixture with autouse=True, or run what it awaits by asyncio.run",
            )


def _is_empty(function: Function) -> bool:
    """Tell whether a function does nothing, so that nothing is lost."""
    return all(
        isinstance(statement, ast.Pass)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for statement in function.body
    )


def _leaves_it(source: Source, decorator: ast.expr) -> bool:
    """Tell whether a decorator neither runs a hook nor makes it one of another name."""
    name = source.names.resolve(callee(decorator))
    if isinstance(decorator, ast.Call) and keyword(decorator, "specname") is not None:
        return False
    return name == "pytest.hookimpl" or name.startswith("pytest.mark.")


RULE = Rule(
    code="AT947",
    name="async-hook",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    visit=_visit,
    words=rb"async[ \t]+def[ \t]+pytest_",
    where=Where.TESTS,
    alone=True,
    libraries=("pytest",),
)

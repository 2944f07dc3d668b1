"""AT825: fixtures that once were the options of pytest-httpx."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.conflicts import beside
from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.paths import name_of
from async_test_template.rules.on_code import code_finding, raised
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes, new_imports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

#: Each fixture, with the argument of the mark that replaces it, for what it returned.
_NEW = {
    "assert_all_responses_were_requested": "assert_all_responses_were_requested={}",
    "non_mocked_hosts": "should_mock=lambda request: request.url.host not in {}",
}
_MARK = "mark.httpx_mock"
#: The hook that only a conftest.py has for the tests below it.
_HOOK = "pytest_itemcollected"
#: The first release whose mark has both arguments.
_SINCE = "0.33"


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    functions = list(_options(source))
    for function, name in functions:
        yield code_finding(
            RULE.code,
            source,
            function,
            f"pytest-httpx does not look at the fixture {name}",
            tier=Tier.UNSAFE,
            fix=partial(_fix, project, source, functions),
            hint=f"give the tests the mark pytest.{_MARK}({_NEW[name].format('...')}), "
            f"in conftest.py by item.add_marker in {_HOOK}",
        )


def _options(source: Source) -> Iterator[tuple[Function, str]]:
    """Yield the fixtures of a file that set an option, with their names."""
    for fixture in source.module.fixtures:
        function = source.functions.get(fixture.line)
        if fixture.name in _NEW and function is not None:
            yield function, fixture.name


def _fix(project: Project, source: Source, options: list[tuple[Function, str]]) -> tuple[Edit, ...]:
    """Return the edits for all options of a file: one mark has them.

    Raises:
        EditError: what an option is, or which tests it is for, is unknown.

    """
    if len(options) > len(_NEW):
        raise EditError("the file sets an option twice")
    arguments = ", ".join(_NEW[name].format(_value(source, option)) for option, name in options)
    pytest, imports = new_imports.bind_module(source, "pytest")
    mark = f"{pytest}.{_MARK}({arguments})"
    if name_of(source.file) == "conftest.py":
        if source.named(_HOOK):
            raise EditError(f"the file already has {_HOOK}")
        text = f"def {_HOOK}(item):\n    item.add_marker({mark})\n"
    elif any(isinstance(node, ast.Name) for node in source.mentions.get("pytestmark", ())):
        raise EditError("the file already has a pytestmark")
    else:
        text = f"pytestmark = {mark}\n"
    (first, _), *others = options
    removed = [changes.remove_statement(source, function) for function, _ in others]
    edits = (changes.rewrite_definition(source, first, text), *removed, *imports)
    return beside(raised(project, "pytest-httpx", _SINCE), edits)


def _value(source: Source, function: Function) -> str:
    """Return what a fixture returns, as it is written.

    Raises:
        EditError: it does more, or what it returns is unknown.

    """
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    returned = body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None
    parts = returned.elts if isinstance(returned, (ast.List, ast.Set, ast.Tuple)) else [returned]
    if function.args.args or not all(isinstance(part, ast.Constant) for part in parts):
        raise EditError("it does more than return what is written there")
    return source.text(returned)  # type: ignore[arg-type] # a constant, or several of them


RULE = Rule(
    code="AT825",
    name="httpx-mock-option",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    about="pytest-httpx",
    visit=_visit,
    words=rb"assert_all_responses_were_requested|non_mocked_hosts",
    where=Where.TESTS,
    alone=True,
    broken_since=(("pytest-httpx", "0.31"),),
)

"""AT942: hooks that pytest has removed."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, is_called
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes, new_imports
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

_NAMESPACE = "pytest_namespace"
_CONFIGURE = "pytest_configure"
#: What took the place of each hook that is gone.
_INSTEAD = {
    _NAMESPACE: f"set the attributes of pytest in {_CONFIGURE}",
    "pytest_cmdline_preparse": "write pytest_load_initial_conftests, in an installed plugin",
    "pytest_doctest_prepare_content": "remove it, pytest never called it",
    "pytest_itemstart": "write pytest_runtest_logstart",
    "pytest_logwarning": "write pytest_warning_recorded",
    "pytest_warning_captured": "write pytest_warning_recorded",
}
_OLD_FIXTURE = "pytest_funcarg__"
#: What the function is called that is no hook any more, and the one that sets its values.
_VALUES, _SETTER = "namespace", "set_namespace"
_HOOK = re.compile(rb"(?m)^def pytest_(?!namespace\b|funcarg__)")


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    if not (source.file.endswith("conftest.py") or _HOOK.search(source.data)):
        return
    for function in source.tree.body:
        if not isinstance(function, ast.FunctionDef) or _is_optional(source, function):
            continue
        name = function.name
        if name == _NAMESPACE:
            yield code_finding(
                RULE.code,
                source,
                function,
                _message(name),
                tier=Tier.SAFE,
                fix=partial(_fix, source, function),
                hint=_INSTEAD[name],
            )
        elif name in _INSTEAD:
            yield code_finding(RULE.code, source, function, _message(name), hint=_INSTEAD[name])
        elif name.startswith(_OLD_FIXTURE):
            own = name.removeprefix(_OLD_FIXTURE)
            hint = f"write a fixture {own}"
            yield code_finding(RULE.code, source, function, _message(name), hint=hint)


def _message(name: str) -> str:
    return f"pytest no longer has the hook {name}"


def _is_optional(source: Source, function: Function) -> bool:
    return any("optionalhook" in source.text(d) for d in function.decorator_list)


def _fix(source: Source, function: Function) -> tuple[Edit, ...]:
    if function.decorator_list:
        raise EditError("it has a decorator")
    if source.text(function).count(_NAMESPACE) > 1 or is_called(source, function):
        raise EditError("other code calls it")
    if any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in walk(function)):
        raise EditError("it yields")
    for name in (_VALUES, _SETTER):
        if name in source.names.bound or name in source.names.imported:
            raise EditError(f"the file already uses the name {name}")
    start = source.start(function) + len("def ")
    renamed = changes.replace(source, start, start + len(_NAMESPACE), _VALUES)
    pytest, imports = new_imports.bind_module(source, "pytest")
    types, more = new_imports.bind_module(source, "types")
    setter = _CONFIGURE
    called: tuple[Edit, ...] = ()
    configure = next((f for f in source.tree.body if _is_configure(f)), None)
    if isinstance(configure, ast.FunctionDef):
        setter = _SETTER
        called = (changes.prepend_statement(source, configure, f"{_SETTER}()"),)
    text = (
        f"def {setter}():\n"
        f'    """Set what the hook {_NAMESPACE} set, which pytest 4.1 removed."""\n'
        f"    for name, value in {_VALUES}().items():\n"
        "        if isinstance(value, dict):\n"
        f"            value = {types}.SimpleNamespace(**value)\n"
        f"        setattr({pytest}, name, value)\n"
    )
    return (renamed, *called, *imports, *more, changes.append(source, text))


def _is_configure(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.FunctionDef) and statement.name == _CONFIGURE


RULE = Rule(
    code="AT942",
    name="removed-hook",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    visit=_visit,
    words=(
        rb"pytest_namespace|pytest_cmdline_preparse|pytest_doctest_prepare_content"
        rb"|pytest_itemstart|pytest_logwarning|pytest_warning_captured|pytest_funcarg__"
    ),
    where=Where.EVERYWHERE,
    alone=True,
    libraries=("pytest",),
)

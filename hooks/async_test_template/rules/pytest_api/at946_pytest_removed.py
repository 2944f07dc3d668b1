"""AT946: hooks and names of pytest that are gone."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import (
    code_finding,
    decorators,
    is_below,
    is_chosen_by_version,
    keyword,
)
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes
from async_test_template.source.nodes import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

_HOOKS = {
    "pytest_cmdline_preparse": "write the options into addopts, or use pytest_configure",
    "pytest_logwarning": "write pytest_warning_recorded",
    "pytest_namespace": "set the attributes of pytest in pytest_configure",
    "pytest_warning_captured": "write pytest_warning_recorded, which gets a nodeid",
}
_CONFIG = "pytest.config"
_OLD, _NEW = "get_marker", "get_closest_marker"
#: What tests and hooks call a node of pytest's collection.
_NODES = re.compile(r"(?:^|\.)(?:item|node|pyfuncitem)$")
_LOOKED_FOR = re.compile(r"\bhasattr\(")
_CHOICES = (ast.If, ast.IfExp)


_SPOTS = re.compile(
    rb"\bget_marker\(|\bpytest\.config\b|raises\([^()\n]{1,80}, ?message="
    rb"|pytest_cmdline_preparse|pytest_logwarning|pytest_namespace|pytest_warning_captured"
)


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    if not source.holds(_SPOTS):
        return
    if source.file.endswith("conftest.py"):
        yield from _hooks(source)
    for node in source.references(_CONFIG):
        if _is_expected(source, node):
            continue
        hint = "ask request.config, or decide in a hook such as pytest_collection_modifyitems"
        yield code_finding(RULE.code, source, node, "pytest has no config any more", hint=hint)
    for call in source.calls("pytest.raises"):
        if keyword(call, "message"):
            hint = "take it out, and call pytest.fail below the block"
            message = "pytest.raises does not accept message="
            yield code_finding(RULE.code, source, call, message, hint=hint)
    for call, method in source.method_calls(_OLD):
        if _NODES.search(source.text(method.value)) and not _is_expected(source, call):
            yield code_finding(
                RULE.code,
                source,
                call,
                f"{source.text(method.value)} has no {_OLD} any more",
                tier=Tier.SAFE,
                fix=partial(_fix, source, method),
                hint=f"use {_NEW}",
            )


def _hooks(source: Source) -> Iterator[Finding]:
    for _, function in sorted(source.functions.items()):
        if (
            function.name in _HOOKS
            and source.scope(function) is source.tree
            and not _is_optional(source, function)
            and not _is_expected(source, function)
        ):
            message = f"the hook {function.name} was removed, so pytest stops"
            hint = _HOOKS[function.name]
            yield code_finding(RULE.code, source, function, message, hint=hint)


def _is_optional(source: Source, function: Function) -> bool:
    """Tell whether pytest ignores a hook that it does not know."""
    return any(
        isinstance(decorator, ast.Call) and keyword(decorator, "optionalhook")
        for decorator in decorators(source, function, "pytest.hookimpl")
    )


def _is_expected(source: Source, node: ast.AST) -> bool:
    """Tell whether code chooses between releases of pytest."""
    inside = (around for around in source.around(node) if isinstance(around, FUNCTIONS))
    return (
        is_chosen_by_version(source, node)
        or is_below(source, node, _LOOKED_FOR, _CHOICES)
        or any(_LOOKED_FOR.search(source.text(function)) for function in inside)
    )


def _fix(source: Source, method: ast.Attribute) -> tuple[Edit, ...]:
    end = source.end(method)
    return (changes.replace(source, end - len(_OLD), end, _NEW),)


RULE = Rule(
    code="AT946",
    name="pytest-removed",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    visit=_visit,
    words=(
        rb"\bget_marker\(|\bpytest\.config\b|message=|pytest_cmdline_preparse|pytest_logwarning"
        rb"|pytest_namespace|pytest_warning_captured"
    ),
    where=Where.TESTS,
    suspects=_SPOTS.search,
    alone=True,
    expects=("AttributeError", "TypeError"),
    libraries=("pytest",),
    broken_since=(("pytest", "5.0"),),
)

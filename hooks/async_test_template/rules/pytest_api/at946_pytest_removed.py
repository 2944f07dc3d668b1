"""AT946: names of pytest that are gone."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import (
    code_finding,
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
    from async_test_template.source.source import Source

_CONFIG = "pytest.config"
_OLD, _NEW = "get_marker", "get_closest_marker"
#: What tests and hooks call a node of pytest's collection.
_NODES = re.compile(r"(?:^|\.)(?:item|node|pyfuncitem)$")
_LOOKED_FOR = re.compile(r"\bhasattr\(")
_CHOICES = (ast.If, ast.IfExp)


_WITH_MESSAGE = re.compile(rb"raises\([^()\n]{1,80}, ?message=")


def _is_suspicious(data: bytes) -> bool:
    return (
        b"get_marker(" in data
        or b"pytest.config" in data
        or (b"message=" in data and _WITH_MESSAGE.search(data) is not None)
    )


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
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
    words=rb"get_marker|pytest\.config|message=",
    where=Where.TESTS,
    suspects=_is_suspicious,
    alone=True,
    expects=("AttributeError", "TypeError"),
    libraries=("pytest",),
    broken_since=(("pytest", "5.0"),),
)

"""AT838: communicators of Channels that get the class of a consumer."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, keyword, needs
from async_test_template.rules.origin import origin
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes
from async_test_template.source.nodes import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

_SINCE = ("channels", "3.0")
_COMMUNICATORS = (
    "asgiref.testing.ApplicationCommunicator",
    "channels.testing.ApplicationCommunicator",
    "channels.testing.HttpCommunicator",
    "channels.testing.WebsocketCommunicator",
    "channels.testing.application.ApplicationCommunicator",
    "channels.testing.http.HttpCommunicator",
    "channels.testing.websocket.WebsocketCommunicator",
)
#: Where Channels has its consumers.
_BASES = ("channels.consumer.", "channels.generic.")
#: Classes may form a circle; a consumer has not more ancestors than this.
_DEPTH = 6


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for node in _spots(source):
        if _is_consumer(project, source, node):
            yield code_finding(
                RULE.code,
                source,
                node,
                f"{source.text(node)} is the class of a consumer, and no ASGI application",
                tier=Tier.SAFE,
                fix=partial(_fix, project, source, node),
                hint="pass what its as_asgi() returns",
            )


def _spots(source: Source) -> Iterator[ast.Name | ast.Attribute]:
    """Yield the names that communicators get as their application."""
    for call in source.calls(*_COMMUNICATORS):
        named = keyword(call, "application")
        node = call.args[0] if call.args else named.value if named else None
        if isinstance(node, (ast.Name, ast.Attribute)):
            yield node


def _is_consumer(project: Project, source: Source, node: ast.expr, depth: int = _DEPTH) -> bool:
    """Tell whether an expression is a consumer's class that Channels calls as it calls its own."""
    if source.names.is_certain(node) and source.names.resolve(node).startswith(_BASES):
        return True
    found = origin(project, source, node) if depth else None
    other, owner = found or (source, None)
    if not isinstance(owner, ast.ClassDef) or owner.decorator_list or owner.keywords:
        return False
    own = {method.name for method in owner.body if isinstance(method, FUNCTIONS)}
    return own.isdisjoint({"__call__", "__new__"}) and any(
        _is_consumer(project, other, base, depth - 1) for base in owner.bases
    )


def _fix(project: Project, source: Source, node: ast.expr) -> tuple[Edit, ...]:
    needs(project, *_SINCE)
    return (changes.replace_node(source, node, f"{source.text(node)}.as_asgi()"),)


RULE = Rule(
    code="AT838",
    name="consumer-without-as-asgi",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    visit=_visit,
    words=rb"ApplicationCommunicator\b|HttpCommunicator\b|WebsocketCommunicator\b",
    spots=_spots,
    where=Where.EVERYWHERE,
    expects=("TypeError",),
    libraries=("asgiref", "channels"),
    broken_since=(_SINCE,),
)

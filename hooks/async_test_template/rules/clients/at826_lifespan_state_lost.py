"""AT826: a client on `ASGITransport` whose requests lack the state that the lifespan yields."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.clients._lifespans import (
    application,
    in_reach,
    is_with_lifespan,
    runs_lifespan,
    transports,
)
from async_test_template.rules.on_code import code_finding, keyword, text_of
from async_test_template.rules.origin import bindings, origin
from async_test_template.rules.rule import Rule, Where
from async_test_template.source.nodes import walk_scope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source

#: Requests that lack the state may never reach what reads it.
_OVERRIDDEN = re.compile(rb"dependency_overrides")
#: Something gives requests a state by hand.
_BY_HAND = re.compile(rb"""["']state["'](?:\]\s*=[^=]|\s*:)""")
_STATE = re.compile(rb"(?<!app)\.state\b|[\"']state[\"']\]")


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for call in transports(source):
        made = application(project, source, call)
        if made is None or not is_with_lifespan(*made):
            continue
        reach = [*in_reach(project, source)]
        if any(other.holds(_OVERRIDDEN) for other in reach):
            continue
        # Where nothing runs the lifespan, AT821 says so.
        if not any(runs_lifespan(other) for other in (made[0], *reach)):
            continue
        if (key := _read(project, _yielded(project, *made))) is not None:
            yield code_finding(
                RULE.code,
                source,
                call,
                f"requests of this client have no state.{key}, which the lifespan yields",
                hint=(
                    "give the transport the application of the manager: "
                    "`async with LifespanManager(app) as manager`, then "
                    "`ASGITransport(app=manager.app)`"
                ),
            )


def _yielded(project: Project, source: Source, made: ast.expr | ast.stmt) -> list[str]:
    """Return the names in the state that the lifespan of an application yields."""
    given = keyword(made, "lifespan") if isinstance(made, ast.Call) else None
    lifespan = origin(project, source, given.value) if given is not None else None
    if lifespan is None or not isinstance(lifespan[1], ast.AsyncFunctionDef):
        return []
    names: list[str] = []
    for node in walk_scope(lifespan[1]):
        if isinstance(node, ast.Yield) and node.value is not None:
            names += _names(_made(lifespan[0], node.value))
    return names


def _made(source: Source, state: ast.expr) -> ast.AST | None:
    """Return the dictionary that a name stands for, or the call that makes the state."""
    if isinstance(state, ast.Name):
        values = bindings(source, source.scope(state), state.id)
        return values[0] if len(values) == 1 else None
    return state


def _names(state: ast.AST | None) -> Iterator[str]:
    """Yield the keys of a dictionary, or of a call that makes one."""
    if isinstance(state, ast.Dict):
        yield from (name for name in map(text_of, state.keys) if name and name.isidentifier())
    elif isinstance(state, ast.Call):
        yield from (argument.arg for argument in state.keywords if argument.arg)


def _read(project: Project, names: list[str]) -> str | None:
    """Return the first of some names that code reads from the state of a request.

    None if something else may put it there.
    """
    if not names:
        return None
    texts = [data for _, data in project.reader.mentioning(_STATE, (b"state",))]
    if any(True for _ in project.reader.mentioning(_BY_HAND, (b"state",))):
        return None
    for name in names:
        word = name.encode()
        used = re.compile(
            rb"(?:(?<!app)\.state|[\"']state[\"']\])(?:\.%s\b|\[[\"']%s[\"']\])" % (word, word)
        )
        put = re.compile(
            rb"(?:(?<!app)\.state|[\"']state[\"']\])(?:\.%s\b|\[[\"']%s[\"']\])"
            rb"[ \t]*(?::[^=\n]{0,80})?=[^=]" % (word, word)
        )
        if any(map(used.search, texts)) and not any(map(put.search, texts)):
            return name
    return None


RULE = Rule(
    code="AT826",
    name="lifespan-state-lost",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    visit=_visit,
    words=rb"ASGITransport",
    spots=transports,
    where=Where.CLIENTS,
    anywhere=rb"lifespan\s*=",
    libraries=("httpx", "httpx2"),
)

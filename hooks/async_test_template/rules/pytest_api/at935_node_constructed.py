"""AT935: a node of pytest's collection that is made by calling its class."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, raised, sure
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

#: Their first arguments are the name and the parent.
_NODES = tuple(
    f"{module}.{name}" for module in ("pytest", "_pytest.python") for name in ("Class", "Function")
)
_FIRST = ("name", "parent")
#: The first release with `from_parent`, which runs on no Python that pytest 9 supports.
_SINCE = ("pytest", "5.4")
#: The parent has these, and `from_parent` does not take them.
_GONE = frozenset({"config", "session"})


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    tier = Tier.UNSAFE if project.dependencies.allows_below(*_SINCE) else Tier.SAFE
    for call in source.calls(*_NODES):
        name = source.names.resolve(call.func).rpartition(".")[2]
        yield code_finding(
            RULE.code,
            source,
            call,
            f"pytest does not let {name} be called",
            tier=tier,
            fix=partial(_fix, project, source, call),
            hint=f"call {name}.from_parent(parent, name=...)",
        )


def _fix(project: Project, source: Source, call: ast.Call) -> tuple[Edit, ...]:
    sure(source, call.func)
    if len(call.args) > len(_FIRST) or any(isinstance(item, ast.Starred) for item in call.args):
        raise EditError("some of its arguments are unknown")
    given = dict(zip(_FIRST, call.args, strict=False))
    others = []
    for keyword in call.keywords:
        if keyword.arg is None or keyword.arg in given:
            raise EditError("some of its arguments are unknown")
        if keyword.arg in _FIRST:
            given[keyword.arg] = keyword.value
        elif keyword.arg not in _GONE:
            others.append(source.text(keyword))
    if len(given) < len(_FIRST):
        raise EditError("it gets no parent")
    arguments = [source.text(given["parent"]), f"name={source.text(given['name'])}", *others]
    text = f"{source.text(call.func)}.from_parent({', '.join(arguments)})"
    return (*raised(project, *_SINCE), changes.replace_node(source, call, text))


RULE = Rule(
    code="AT935",
    name="node-constructed",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    visit=_visit,
    words=rb"Function\(|Class\(",
    where=Where.EVERYWHERE,
    suspects=re.compile(rb"pytest").search,
    alone=True,
    libraries=("pytest",),
    broken_since=(("pytest", "7.0"),),
)

"""AT925: event loop policies used, created or derived from."""

from __future__ import annotations

import ast
import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.filters import EVERY, Warned, is_fatal
from async_test_template.rules.loops._lost import is_override
from async_test_template.rules.on_code import code_finding, sure
from async_test_template.rules.patched import not_patched
from async_test_template.rules.reasons import has_reason
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes, new_imports
from async_test_template.source.relevance import is_of_tests

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

_ASKED = "asyncio.get_event_loop_policy"
_CLASSES = tuple(
    f"asyncio.{name}"
    for name in (
        "AbstractEventLoopPolicy",
        "BaseDefaultEventLoopPolicy",
        "DefaultEventLoopPolicy",
        "WindowsProactorEventLoopPolicy",
        "WindowsSelectorEventLoopPolicy",
    )
)
_DEFINED = re.compile(
    rb"(?m)^[ \t]*class[ \t]+(?:\w*EventLoopPolicy\b|\w+\([^()\n]*EventLoopPolicy\b)"
)
_ASKED_FOR = re.compile(rb"\bget_event_loop_policy\(")
#: What `asyncio` itself does with the policy, word for word: events.py, Python 3.8 to 3.15.
_SAME = ("new_event_loop", "set_event_loop")
#: What Python 3.14 says of it.
_WARNED = Warned(
    "'asyncio.get_event_loop_policy' is deprecated and slated for removal in Python 3.16",
    EVERY | {"DeprecationWarning"},
)
#: Functions that AT507 and AT506 cover.
_SETTING = ("asyncio.set_event_loop_policy",)


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    module = project.code.by_file[source.file]
    if not (module.tests or module.fixtures or source.file.endswith("conftest.py")):
        if is_fatal(project, _WARNED):
            yield from _in_application(project, source)
        return
    for finding in _uses(project, source):
        # Its tests have to try what the project gives to others, or does itself.
        is_meant = _has(project, _DEFINED) or (not finding.edits and _has(project, _ASKED_FOR))
        is_meant = is_meant or has_reason(source, finding.line)
        yield finding._replace(severity=Severity.ADVICE) if is_meant else finding


# Only one project is used at a time.
@lru_cache(maxsize=4)
def _has(project: Project, pattern: re.Pattern[bytes]) -> bool:
    """Tell whether code of the project that is no test defines a policy, or asks for it."""
    words = (b"EventLoopPolicy", b"get_event_loop_policy")
    found = project.reader.mentioning(pattern, words)
    return any(not is_of_tests(file) for file, _ in found)


def _in_application(project: Project, source: Source) -> Iterator[Finding]:
    """Yield where the application asks for the policy, in tests whose warnings are errors."""
    for call in source.calls(_ASKED):
        # A policy that is set, or made, is what the application is about.
        if isinstance(source.parents[call], ast.Attribute):
            yield code_finding(
                RULE.code,
                source,
                call,
                "asyncio.get_event_loop_policy is deprecated, and warnings are errors in the tests",
                tier=Tier.SAFE,
                fix=partial(_fix, project, source, call.func),
                hint="use asyncio.get_event_loop or asyncio.new_event_loop, or ignore the warning",
            )


def _uses(project: Project, source: Source) -> Iterator[Finding]:
    for node in source.references(_ASKED, *_CLASSES):
        call = source.parents[node]
        is_called = isinstance(call, ast.Call) and call.func is node
        name = source.names.resolve(node)
        if _belongs_elsewhere(project, source, node) or _is_a_type(source, node):
            continue
        if isinstance(call, ast.ClassDef) and _is_of_fixture(source, call):
            continue
        if name == _ASKED and is_called:
            yield code_finding(
                RULE.code,
                source,
                node,
                "asyncio.get_event_loop_policy is deprecated",
                tier=Tier.SAFE,
                fix=partial(_fix, project, source, node),
                hint="create the loop with asyncio.new_event_loop or asyncio.Runner",
            )
        elif name != _ASKED and (is_called or isinstance(call, ast.ClassDef)):
            yield code_finding(
                RULE.code,
                source,
                node,
                f"{name} is deprecated, as all policies are",
                hint="pass a loop factory to asyncio.Runner, or to the plugin that runs the tests",
            )


def _belongs_elsewhere(project: Project, source: Source, node: ast.AST) -> bool:
    """Tell whether another rule covers the place: it sets a policy, or is an override."""
    module = project.code.by_file[source.file]
    lines = {getattr(around, "lineno", 0) for around in source.around(node)}
    if any(
        fixture.line in lines
        and (is_override(project, fixture) or fixture.name == "event_loop_policy")
        for fixture in module.fixtures
    ):
        return True
    return any(
        isinstance(around, ast.Call) and source.names.resolve(around.func) in _SETTING
        for place in (node, *_mentions(source, node))
        for around in source.around(place)
    )


def _mentions(source: Source, node: ast.AST) -> Sequence[ast.AST]:
    """Return where the name of a policy is, if it is created for a name."""
    assigned = source.parents.get(source.parents[node])
    name = getattr(assigned.targets[0], "id", "") if isinstance(assigned, ast.Assign) else ""
    return source.mentions.get(name, ()) if name else ()


def _is_of_fixture(source: Source, made: ast.ClassDef) -> bool:
    """Tell whether a policy is used for `event_loop_policy`, which AT506 covers."""
    return any(
        isinstance(around, ast.FunctionDef) and around.name == "event_loop_policy"
        for mention in source.mentions.get(made.name, ())
        for around in source.around(mention)
    )


def _is_a_type(source: Source, node: ast.AST) -> bool:
    """Tell whether a policy is only named in an annotation."""
    child = node
    for around in source.around(node):
        if child in (getattr(around, "annotation", None), getattr(around, "returns", None)):
            return True
        child = around
    return False


def _fix(project: Project, source: Source, node: ast.expr) -> tuple[Edit, ...]:
    sure(source, node)
    not_patched(project, _ASKED)
    policy = source.parents[node]
    method = source.parents[policy]
    if not isinstance(policy, ast.Call) or not isinstance(method, ast.Attribute):
        raise EditError("it is unclear what the policy is used for")
    call = source.parents[method]
    if method.attr not in _SAME or not isinstance(call, ast.Call) or call.func is not method:
        raise EditError("asyncio has no function that does the same")
    name, imports = new_imports.bind_module(source, "asyncio")
    return (changes.replace_node(source, method, f"{name}.{method.attr}"), *imports)


RULE = Rule(
    code="AT925",
    name="policy-asked",
    severity=Severity.WARNING,
    tier=Tier.SAFE,
    python=">=3.14",
    visit=_visit,
    words=rb"get_event_loop_policy|EventLoopPolicy",
    where=Where.EVERYWHERE,
    expects=("DeprecationWarning",),
)

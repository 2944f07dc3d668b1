"""AT507: a loop policy set for the whole process."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.loops._bare import SETUPS
from async_test_template.rules.loops._loop_factories import HOOK, SINCE, factory_of, hook
from async_test_template.rules.loops._lost import is_override
from async_test_template.rules.on_code import code_finding, is_below, needs
from async_test_template.rules.premises.about import PYTEST_ASYNCIO, Presence, presence
from async_test_template.rules.reasons import has_reason
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes
from async_test_template.source.nodes import FUNCTIONS
from async_test_template.source.reach import Reach

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

_CALLS = ("asyncio.set_event_loop_policy", "uvloop.install")
#: The condition of code that only `python file.py` runs.
_IS_SCRIPT = re.compile("__main__")
#: The condition of code for Pythons that still have policies.
_HAS_POLICIES = re.compile(r"hasattr\(\s*asyncio\s*,\s*[\"']\w*(?:EventLoopP|event_loop_p)olicy")
#: The first Python without policies.
_WITHOUT = 16
#: Hooks that pytest calls once, before the first test.
_ONCE = ("pytest_configure", "pytest_sessionstart")


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    if not (source.file.endswith("conftest.py") or project.code.by_file[source.file].tests):
        return
    put_back = _put_back(source)
    found = [
        call
        for call in _setting(source)
        if not (
            _is_in_override(project, source, call)
            or _is_of_script(source, call)
            or call in put_back
        )
    ]
    # One for all: it knows what it has looked at.
    reach = Reach(source)
    is_asyncios = presence(project, PYTEST_ASYNCIO) is Presence.THERE
    for call in found:
        finding = code_finding(
            RULE.code,
            source,
            call,
            f"{source.names.resolve(call.func)} sets the policy of the whole process",
            tier=Tier.UNSAFE,
            fix=partial(_fix, project, source, call, is_single=len(found) == 1)
            if is_asyncios
            else None,
            hint=(
                f"return the loop's factory from {HOOK} in conftest.py"
                if is_asyncios
                else "give what runs the tests a function that creates the loop"
            ),
        )
        is_advice = (
            _restores(call)
            or has_reason(source, call.lineno)
            or _is_left_behind(reach, source, call)
        )
        yield finding._replace(severity=Severity.ADVICE) if is_advice else finding


def _is_of_script(source: Source, call: ast.Call) -> bool:
    """Tell whether only `python file.py` runs a call, or all that calls the function around it."""
    if is_below(source, call, _IS_SCRIPT):
        return True
    function = next((a for a in source.around(call) if isinstance(a, FUNCTIONS)), None)
    named = source.mentions.get(function.name, ()) if function in source.tree.body else ()
    uses = [use for use in named if isinstance(use, ast.Name)]
    return bool(uses) and all(is_below(source, use, _IS_SCRIPT) for use in uses)


def _setting(source: Source) -> Iterator[ast.Call]:
    return source.calls(*_CALLS)


def _restores(call: ast.Call) -> bool:
    """Tell whether a call takes asyncio's own policy, which is there anyway."""
    return len(call.args) == 1 and ast.unparse(call.args[0]) == "None"


def _is_left_behind(reach: Reach, source: Source, call: ast.Call) -> bool:
    """Tell whether a condition keeps a call from the Pythons that have no policies any more."""
    return is_below(source, call, _HAS_POLICIES) or _WITHOUT not in reach.of(call)


def _put_back(source: Source) -> set[ast.Call]:
    """Find the calls that set the policy that was there before, and those that it replaces later.

    None stands for asyncio's own policy, and takes another one back.
    """
    kept = {
        ast.unparse(target)
        for getting in source.calls("asyncio.get_event_loop_policy")
        if isinstance(assignment := source.parents[getting], ast.Assign)
        for target in assignment.targets
    }
    waiting: defaultdict[ast.AST, list[ast.Call]] = defaultdict(list)
    found: set[ast.Call] = set()
    for call in sorted(_setting(source), key=lambda call: call.lineno):
        earlier = waiting[_region(source, call)]
        policy = ast.unparse(call.args[0]) if len(call.args) == 1 else ""
        if policy in kept or (_restores(call) and earlier):
            found.update((call, *earlier))
            earlier.clear()
        else:
            earlier.append(call)
    return found


def _region(source: Source, call: ast.Call) -> ast.AST:
    """Return the function around a call, or the class of a method that prepares or ends tests.

    A function within, such as a finalizer, belongs to that around it.
    """
    functions = [around for around in source.around(call) if isinstance(around, FUNCTIONS)]
    if not functions:
        return source.tree
    function = functions[-1]
    around = source.parents[function]
    return around if isinstance(around, ast.ClassDef) and function.name in SETUPS else function


def _is_in_override(project: Project, source: Source, call: ast.Call) -> bool:
    """Tell whether a call is in an override of `event_loop`, which AT505 covers."""
    lines = {getattr(around, "lineno", 0) for around in source.around(call)}
    return any(
        fixture.line in lines and is_override(project, fixture)
        for fixture in project.code.by_file[source.file].fixtures
    )


def _fix(project: Project, source: Source, call: ast.Call, *, is_single: bool) -> tuple[Edit, ...]:
    needs(project, "pytest-asyncio", SINCE)
    statement = source.parents[call]
    around = source.parents[statement]
    is_hook = isinstance(around, ast.FunctionDef) and around.name in _ONCE
    if not is_single or not isinstance(statement, ast.Expr):
        raise EditError("it is not clear which policy it sets")
    if around is not source.tree and not is_hook:
        raise EditError("it is not called in every run")
    text, imports = hook(source, factory_of(source, _maker(call)))
    return (changes.remove_statement(source, statement), *imports, changes.append(source, text))


def _maker(call: ast.Call) -> ast.Call:
    """Return the call that shows the type of loop: the policy, or `uvloop.install()` itself."""
    if not call.args and not call.keywords:
        return call
    if len(call.args) == 1 and not call.keywords and isinstance(call.args[0], ast.Call):
        return call.args[0]
    raise EditError("the policy is unknown")


RULE = Rule(
    code="AT507",
    name="policy-set-in-tests",
    severity=Severity.WARNING,
    tier=Tier.UNSAFE,
    python=">=3.14",
    visit=_visit,
    words=rb"set_event_loop_policy|uvloop",
    spots=_setting,
    expects=("DeprecationWarning",),
    where=Where.TESTS,
)

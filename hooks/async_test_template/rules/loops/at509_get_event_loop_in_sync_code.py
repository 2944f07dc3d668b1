"""AT509: code that asks for the current loop where no loop runs."""

from __future__ import annotations

import ast
import re
from functools import lru_cache, partial
from itertools import islice
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.loops._bare import Root, context, roots
from async_test_template.rules.loops._current_fixture import current_loop
from async_test_template.rules.loops._current_loop import has_loop
from async_test_template.rules.on_code import code_finding, has_stars, keyword
from async_test_template.rules.premises.expected import wish
from async_test_template.rules.rule import Rule, Where
from async_test_template.source.nodes import last_name, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

#: Functions that always use the current loop, whatever their arguments are.
_ALWAYS = ("asyncio.get_event_loop",)
#: Functions that do so without `loop=`, with the number of positional arguments before it.
_WITHOUT_LOOP = {
    "asyncio.Future": 0,
    "asyncio.StreamReader": 1,
    "asyncio.Task": 1,
    "asyncio.wrap_future": 1,
}
#: Functions that do so for a coroutine; a future has its own loop.
_OF_COROUTINES = (
    "asyncio.as_completed",
    "asyncio.ensure_future",
    "asyncio.gather",
    "asyncio.shield",
)
#: Calls that return a future, or an unknown mock, and no coroutine.
_NO_COROUTINES = re.compile(
    r"(^|\.)(create_task|gather|shield|submit|\w*futures?"
    r"|run_coroutine_threadsafe|Future|Task|\w*Mock|create_autospec|range|map|list|iter)$"
)
#: How many callers a fix looks at; one that it does not see is found in the next run.
_MOST_OTHERS = 50
#: How often the lines of a file are read from the bottom.
_LOOKS = 4
_CALLED = re.compile(
    rb"get_event_loop|\b(?:Future|StreamReader|Task|wrap_future|as_completed|ensure_future|gather"
    rb"|shield)\("
)

_PREPARES = re.compile(rb"def (?:setup_\w+|setUp\w*)\(")


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for around, call in _asking(source).items():
        if isinstance(around, ast.FunctionDef) and around.name == "event_loop":
            continue
        every = roots(project, source, call)
        first = next((root for root in every if _is_bare(project, source, call, root)), None)
        if first is not None and not (_is_patched(source, call) or _is_for_own_loop(source, call)):
            yield code_finding(
                RULE.code,
                source,
                call,
                _message(source, call, first),
                tier=Tier.UNSAFE,
                fix=partial(_fix, project, source, call, first, every),
                hint=_hint(source, call),
            )


def _fix(
    project: Project, source: Source, call: ast.Call, first: Root, others: Iterator[Root]
) -> tuple[Edit, ...]:
    if _is_run_by_new_loop(source, call):
        raise EditError("another loop than the current one runs it")
    return current_loop(project, [first, *islice(others, _MOST_OTHERS)])


def _is_bare(project: Project, source: Source, call: ast.Call, root: Root) -> bool:
    """Tell whether a root reaches a call without a current loop, and not on purpose."""
    return not (
        (has_loop(project, root, call) and not _is_run_by_new_loop(source, call))
        or _replaces_asyncio(source, root)
        or _is_expected(source, root)
    )


def _asking(source: Source) -> dict[ast.AST, ast.Call]:
    """Return the first call in each function, or in none, that may run outside of a coroutine."""
    found: dict[ast.AST, ast.Call] = {}
    if not _may_be_outside_coroutines(source.data):
        return found
    of_policies = (call for call, _ in source.method_calls("get_event_loop"))
    for call in (*source.calls(*_ALWAYS, *_WITHOUT_LOOP, *_OF_COROUTINES), *of_policies):
        around = context(source, call)
        first = found.get(around)
        is_asked = isinstance(around, (ast.FunctionDef, ast.Module)) and _takes_loop(source, call)
        if is_asked and (first is None or source.start(call) < source.start(first)):
            found[around] = call
    return found


def _takes_loop(source: Source, call: ast.Call) -> bool:
    """Tell whether a call asks for the current loop, as far as the code shows."""
    name = source.names.resolve(call.func)
    if name in _ALWAYS or _is_of_policy(source, call):
        return True
    loop = keyword(call, "loop")
    if loop is not None and not (isinstance(loop.value, ast.Constant) and loop.value.value is None):
        return False
    if name in _WITHOUT_LOOP:
        return not has_stars(call) and len(call.args) <= _WITHOUT_LOOP[name]
    if not call.args:
        return name == "asyncio.gather" and not call.keywords
    return _is_coroutine(source, call.args[0])


def _is_of_policy(source: Source, call: ast.Call) -> bool:
    """Tell whether a method of the current policy is called, and not of another object."""
    policy = call.func.value if isinstance(call.func, ast.Attribute) else None
    return (
        isinstance(policy, ast.Call)
        and source.names.resolve(policy.func) == "asyncio.get_event_loop_policy"
    )


def _is_coroutine(source: Source, node: ast.expr) -> bool:
    """Tell whether an argument is very likely a coroutine, or starts with one.

    That is the call of a function that may be `async def`.
    """
    if isinstance(node, ast.Starred):
        node = node.value
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)) and node.elts:
        node = node.elts[0]
    elif isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
        node = node.elt
    if not isinstance(node, ast.Call):
        return False
    name = source.names.resolve(node.func)
    own = source.named(name)
    if own:
        return all(isinstance(function, ast.AsyncFunctionDef) for function in own)
    return bool(name) and not _NO_COROUTINES.search(name)


def _is_patched(source: Source, call: ast.Call) -> bool:
    """Tell whether the file replaces the function that is called."""
    name = source.names.resolve(call.func).rpartition(".")[2] or last_name(call.func)
    return name in _last_words(source)


def _replaces_asyncio(source: Source, root: Root) -> bool:
    """Tell whether a test of another file may replace what gets the loop."""
    words = {"asyncio", "get_event_loop"}
    return root.source is not source and not words.isdisjoint(_last_words(root.source))


def _is_expected(source: Source, root: Root) -> bool:
    """Tell whether a test of another file expects the error where it calls the code."""
    if root.source is source or not isinstance(root.place, ast.Call):
        return False
    called = code_finding(RULE.code, root.source, root.place, "")
    return wish(root.source, called, RULE.expects) is not None


def _is_for_own_loop(source: Source, call: ast.Call) -> bool:
    """Tell whether an object runs a call in the loop that it has, and may have made current."""
    return isinstance(_runner(source, call), ast.Attribute)


def _is_run_by_new_loop(source: Source, call: ast.Call) -> bool:
    """Tell whether a loop that the same function has made, and not made current, runs a call."""
    loop, scope = _runner(source, call), source.scope(call)
    return (
        isinstance(loop, ast.Call)
        and source.names.resolve(loop.func) == "asyncio.new_event_loop"
        and isinstance(scope, ast.FunctionDef)
        and "set_event_loop" not in source.text(scope)
    )


def _runner(source: Source, call: ast.Call) -> ast.AST | None:
    """Return the loop whose `run_until_complete` gets a call, or the value of its name."""
    outside = source.parents[call]
    method = outside.func if isinstance(outside, ast.Call) else None
    if not isinstance(method, ast.Attribute) or method.attr != "run_until_complete":
        return None
    loop = method.value
    if isinstance(loop, ast.Name):
        named = [
            statement.value
            for statement in walk(source.scope(call))
            if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == loop.id
        ]
        loop = named[-1] if named else loop
    return loop


# Each call in a file asks for both.
@lru_cache(maxsize=2)
def _last_words(source: Source) -> frozenset[str]:
    """Return what is after the last dot of each text that may say what a call replaces.

    That is `"app.asyncio"`, or `"asyncio"` behind the module that has it.
    """
    seconds = {call.args[1] for call in source.nodes.of(ast.Call) if len(call.args) > 1}
    texts = (
        text.value
        for text in source.nodes.of(ast.Constant)
        if isinstance(text.value, str) and ("." in text.value or text in seconds)
    )
    return frozenset(text.rpartition(".")[2] for text in texts)


def _message(source: Source, call: ast.Call, root: Root) -> str:
    name = source.text(call.func)
    if root.function is None:
        return f"{name}() gets the current loop, and there is none when the file is imported"
    around = context(source, call)
    if around is root.function:
        return f"{root.function.name} is not async, and {name}() gets the current loop"
    return (
        f"{name}() gets the current loop, and {root.function.name}"
        f" ({root.source.file}:{root.function.lineno}) calls it without one"
    )


def _hint(source: Source, call: ast.Call) -> str:
    if source.names.resolve(call.func) == "asyncio.Future":
        return "create it in an async function or with loop.create_future(); mock with AsyncMock"
    return "make it async, or run what it needs in an asyncio.Runner"


# The same file is asked about before it is parsed, and after.
@lru_cache(maxsize=2)
def _may_be_outside_coroutines(data: bytes) -> bool:
    """Tell from the indentation whether one of the calls may be outside of `async def`.

    Most files have all of them in async tests, and need no closer look. If following the calls
    has cost several times the size of the file, this check is cheaper.
    """
    lines = iter(range(_LOOKS * data.count(b"\n") + 1000))
    return any(not _is_in_coroutine(data, match.start(), lines) for match in _CALLED.finditer(data))


def _is_suspicious(data: bytes) -> bool:
    """Tell whether a file may have a helper of the tests that gets the loop, or prepares them."""
    asks = b"get_event_loop" in data or b"Future(" in data
    return _PREPARES.search(data) is not None or (asks and _may_be_outside_coroutines(data))


def _is_in_coroutine(data: bytes, place: int, lines: Iterator[int]) -> bool:
    start = data.rfind(b"\n", 0, place) + 1
    line = data[start : place + 1]
    depth = len(line) - len(line.lstrip())
    while depth and start and next(lines, None) is not None:
        end = start
        start = data.rfind(b"\n", 0, end - 1) + 1
        line = data[start:end]
        text = line.lstrip()
        if text and len(line) - len(text) < depth and not text.startswith((b"#", b")")):
            depth = len(line) - len(text)
            if text.startswith(b"async def "):
                return True
            if text.startswith(b"def "):
                return False
    return False


RULE = Rule(
    code="AT509",
    name="get-event-loop-in-sync-code",
    severity=Severity.WARNING,
    tier=Tier.UNSAFE,
    python=">=3.14",
    visit=_visit,
    words=(
        rb"get_event_loop|Future\(|StreamReader\(|Task\(|wrap_future\(|as_completed\("
        rb"|ensure_future\(|gather\(|shield\("
    ),
    where=Where.EVERYWHERE,
    spots=_asking,
    suspects=_is_suspicious,
    expects=("RuntimeError", "DeprecationWarning"),
)

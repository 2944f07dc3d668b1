"""AT926: processes that rely on being forked."""

from __future__ import annotations

import ast
import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, keyword, sure
from async_test_template.rules.patched import not_patched
from async_test_template.rules.rule import Rule, Where
from async_test_template.rules.which_loop import SCOPES
from async_test_template.source import changes, new_imports
from async_test_template.source.items import Fixture, Test
from async_test_template.source.nodes import FUNCTIONS, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

_PROCESS = "multiprocessing.Process"
_PARTIAL = "functools.partial"
#: The end of a reason that holds wherever a process does not start as a copy of its parent.
_LOST = " cannot be pickled"
#: Applications that cannot be pickled (FastAPI 0.165, aiohttp 3.14).
_APPLICATIONS = {"fastapi.FastAPI", "aiohttp.web.Application"}
#: How the start method of processes is chosen, or read, in any file.
_METHOD = re.compile(rb"[gs]et_start_method\s*\(")
#: `multiprocessing.Process = …`, or a call that gets the name and what to put there.
_REPLACED = re.compile(rb"\bmultiprocessing\.Process\s*=(?!=)|[(,]\s*[\"']Process[\"']\s*,")
#: Fixtures, and calls, that change what a forked process would inherit.
_CHANGES = re.compile(
    rb"monkeypatch\.set(?:attr|env|item)|mocker\.patch|(?<![\w.])patch(?:\.\w+)?\(|mock\.patch"
    rb"|dependency_overrides|os\.environ\s*\["
)


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    module = project.code.by_file[source.file]
    if not (module.tests or module.fixtures or source.file.endswith("conftest.py")):
        return
    texts = (project.tree.read(around.file) or b"" for around in project.code.around(source.file))
    if any(map(_METHOD.search, texts)):
        return
    found = list(_processes(project, source))
    if found and _replaces_processes(project):
        return
    for node, reason in found:
        # Where processes are not forked at all, what cannot be pickled has never worked.
        is_lost = isinstance(node, ast.Call) and reason.endswith(_LOST)
        yield code_finding(
            RULE.code,
            source,
            node,
            f"this process is no longer forked: {reason}",
            tier=Tier.UNSAFE if is_lost else Tier.REPORT,
            fix=partial(_fix, project, source, node) if isinstance(node, ast.Call) else None,
            hint=(
                "pass a module-level function and the data that it needs, or ask for "
                'multiprocessing.get_context("fork")'
            ),
        )


def _fix(project: Project, source: Source, call: ast.Call) -> tuple[Edit, ...]:
    not_patched(project, _PROCESS)
    context = call.func.value if isinstance(call.func, ast.Attribute) else None
    if isinstance(context, ast.Call):
        sure(source, context.func)
        # After the bracket of `get_context()`.
        end = source.end(context) - 1
        return (changes.replace(source, end, end, '"fork"'),)
    sure(source, call.func)
    module, imports = new_imports.bind_module(source, "multiprocessing")
    text = f'{module}.get_context("fork").Process'
    return (changes.replace_node(source, call.func, text), *imports)


# Only one project is used at a time, and each file with a process asks this.
@lru_cache(maxsize=2)
def _replaces_processes(project: Project) -> bool:
    """Tell whether code of the project puts a class of its own in the place of `Process`."""
    is_test_file = project.reader.is_test_file
    code = project.reader.mentioning(
        _REPLACED, (b"Process",), lambda file: not (is_test_file(file) or "conftest" in file)
    )
    return any(b"multiprocessing" in data for _, data in code)


def _processes(project: Project, source: Source) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """Yield where a process is created that goes wrong, and how."""
    for made in _created(source):
        if isinstance(made, ast.ClassDef):
            yield made, f"an object of the nested class {made.name} cannot be pickled"
        elif reason := _reason(project, source, made):
            yield made, reason


def _created(source: Source) -> Iterator[ast.Call | ast.ClassDef]:
    """Yield where a process is created, and the nested classes of processes."""
    yield from source.calls(_PROCESS)
    for context in source.calls("multiprocessing.get_context"):
        method = source.parents[context]
        call = source.parents[method]
        if (
            not (context.args or context.keywords)
            and isinstance(method, ast.Attribute)
            and method.attr == "Process"
            and isinstance(call, ast.Call)
        ):
            yield call
    for made in source.nodes.of(ast.ClassDef):
        is_process = _PROCESS in map(source.names.resolve, made.bases)
        if is_process and isinstance(source.scope(made), FUNCTIONS):
            yield made


def _reason(project: Project, source: Source, call: ast.Call) -> str:
    """Return what goes wrong with a process that inherits nothing, or an empty text."""
    target = keyword(call, "target")
    values = [target.value] if target is not None else call.args[1:2]
    given = (keyword(call, "args"), keyword(call, "kwargs"))
    arguments = [argument.value for argument in given if argument is not None]
    for value in (*values, *arguments):
        for node in _handed_over(source, value):
            what = _unpicklable(source, node)
            if what:
                return f"{what}{_LOST}"
    if any(_is_of_module(source, value) for value in values):
        changed = _changed(project, source, call)
        if changed:
            return f"it does not see what {changed} has changed"
    return ""


def _handed_over(source: Source, node: ast.expr) -> Iterator[ast.expr]:
    """Yield what is pickled: an argument, or everything in a tuple, a dict or a partial."""
    if isinstance(node, (ast.Tuple, ast.List)):
        for item in node.elts:
            yield from _handed_over(source, item)
    elif isinstance(node, ast.Dict):
        for item in node.values:
            yield from _handed_over(source, item)
    elif isinstance(node, ast.Call) and source.names.resolve(node.func) == _PARTIAL:
        for item in (*node.args, *(k.value for k in node.keywords)):
            yield from _handed_over(source, item)
    else:
        yield node


def _unpicklable(source: Source, node: ast.expr) -> str:
    if isinstance(node, ast.Lambda):
        return "a lambda"
    if isinstance(node, ast.Call) and source.names.resolve(node.func) in _APPLICATIONS:
        return "an application"
    if isinstance(node, ast.Name):
        return _unpicklable_name(source, node)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return _unpicklable_method(source, node, node.value)
    return ""


def _unpicklable_name(source: Source, node: ast.Name) -> str:
    for function in _functions(source).get(node.id, ()):
        if _is_local(source, function, node):
            return f"the nested function {node.id}"
    value = _assigned(source, node)
    if isinstance(value, ast.Lambda):
        return f"the lambda {node.id}"
    if isinstance(value, ast.Call) and source.names.resolve(value.func) in _APPLICATIONS:
        return f"the application {node.id}"
    return ""


def _unpicklable_method(source: Source, node: ast.Attribute, owner: ast.Name) -> str:
    """Check `server.run`: the object is pickled with its method."""
    if owner.id == "self":
        around = next((a for a in source.around(node) if isinstance(a, ast.ClassDef)), None)
        if not any(source.parents[own] is around for own in _functions(source).get(node.attr, ())):
            return ""  # An attribute that may hold anything, and not a method.
        bases = [source.names.resolve(base) for base in around.bases] if around else []
        return "a test case of unittest" if any(b.endswith("TestCase") for b in bases) else ""
    value = _assigned(source, owner)
    if not isinstance(value, ast.Call):
        return ""
    for made in source.nodes.of(ast.ClassDef):
        if (
            isinstance(value.func, ast.Name)
            and made.name == value.func.id
            and _is_local(source, made, node)
        ):
            return f"an object of the nested class {made.name}"
    for argument in (*value.args, *(k.value for k in value.keywords)):
        inner = argument
        if isinstance(inner, ast.Name):
            inner = _assigned(source, inner) or inner
        parts = (
            [*inner.args, *(k.value for k in inner.keywords)] if isinstance(inner, ast.Call) else []
        )
        if any(_unpicklable(source, part) for part in (argument, *parts)):
            return f"{owner.id} with everything that it holds"
    return ""


def _is_local(source: Source, definition: ast.AST, node: ast.AST) -> bool:
    """Tell whether a function or a class is defined inside a function that contains a place."""
    scope = source.scope(definition)
    return isinstance(scope, FUNCTIONS) and scope in source.around(node)


def _assigned(source: Source, name: ast.Name) -> ast.expr | None:
    """Return the value of a name, if the file assigns it only once."""
    found = _assignments(source).get(name.id, [])
    return found[0] if len(found) == 1 else None


# Every process of a file asks for each of them.
@lru_cache(maxsize=2)
def _assignments(source: Source) -> dict[str, list[ast.expr]]:
    """Return the values of each name in a file."""
    found: dict[str, list[ast.expr]] = {}
    for statement in source.nodes.of(ast.Assign):
        for target in statement.targets:
            if isinstance(target, ast.Name):
                found.setdefault(target.id, []).append(statement.value)
    return found


@lru_cache(maxsize=2)
def _functions(source: Source) -> dict[str, list[Function]]:
    """Return the functions and methods of each name."""
    found: dict[str, list[Function]] = {}
    for function in source.functions.values():
        found.setdefault(function.name, []).append(function)
    return found


@lru_cache(maxsize=8)
def _first_change(source: Source, function: Function) -> int:
    """Return the offset after the first change in a function, or the end of the file."""
    match = _CHANGES.search(source.data, source.start(function), source.end(function))
    return len(source.data) + 1 if match is None else match.end()


def _is_of_module(source: Source, node: ast.expr) -> bool:
    """Tell whether a target is a function of this or another file: it is looked up by name."""
    if not isinstance(node, ast.Name):
        return source.names.is_certain(node) if isinstance(node, ast.Attribute) else False
    own = _functions(source).get(node.id, [])
    return node.id in source.names.imported or any(source.scope(f) is source.tree for f in own)


def _changed(project: Project, source: Source, call: ast.Call) -> str:
    """Name what has changed the parent before a process is created, or return an empty text.

    That is the function around it, above the call, or a fixture that is alive at the call.
    """
    function = next((a for a in source.around(call) if isinstance(a, FUNCTIONS)), None)
    if function is None:
        return ""
    if _first_change(source, function) <= source.start(call):
        return function.name
    item = project.code.at(source.file, function.lineno)
    fixtures = [] if item is None else _alive(project, item)
    return next((f.name for f in fixtures if _changes(project, f.file, f.line)), "")


def _alive(project: Project, item: Fixture | Test) -> list[Fixture]:
    """Return the fixtures that may be alive when a test runs, or when a fixture is set up.

    A fixture with a narrower scope is set up later, so a fork did not inherit from it either.
    """
    code = project.code
    if isinstance(item, Test):
        return list(code.used_by(item))
    tests = [*code.by_file[item.file].tests, *code.users.get(item, ())]
    found = [
        fixture for test in tests if item in (used := [*code.used_by(test)]) for fixture in used
    ]
    known = [f for f in found if f != item and {f.scope, item.scope} <= set(SCOPES)]
    return [f for f in known if SCOPES.index(f.scope) >= SCOPES.index(item.scope)]


def _changes(project: Project, file: str, line: int) -> bool:
    if not re.search(
        rb"monkeypatch|patch\(|dependency_overrides|environ", project.tree.read(file) or b""
    ):
        return False
    source = project.code.sources.get(file)
    function = source.functions.get(line)
    if function is None:
        return False
    found = _CHANGES.finditer(source.data, source.start(function), source.end(function))
    places = [match.start() for match in found]
    elsewhere = [*_branches(source, function)] if places else []
    return any(not any(place in branch for branch in elsewhere) for place in places)


def _branches(source: Source, function: Function) -> Iterator[range]:
    """Yield what a fixture does on a condition that is not about its own parameters.

    It changes something only on some platforms, or in some runs.
    """
    for node in walk(function):
        if isinstance(node, ast.If) and "request" not in source.text(node.test):
            yield range(source.start(node), source.end(node))


RULE = Rule(
    code="AT926",
    name="server-process",
    severity=Severity.WARNING,
    tier=Tier.UNSAFE,
    python=">=3.14",
    visit=_visit,
    words=rb"multiprocessing",
    spots=_created,
    where=Where.TESTS,
    expects=("PicklingError", "AttributeError", "TypeError"),
)

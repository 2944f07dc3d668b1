"""Loops other than asyncio's own: who asks for one, and the hook that now chooses it."""

from __future__ import annotations

import ast
import re
import textwrap
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.errors import EditError
from async_test_template.findings import Change
from async_test_template.rules.home import home, source_of
from async_test_template.rules.loops._canonical import CANONICAL, called_loops, has_params
from async_test_template.rules.on_code import sure
from async_test_template.source import changes, new_imports
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

#: The hook, and the first pytest-asyncio that calls it; older versions stop at it.
HOOK = "pytest_asyncio_loop_factories"
SINCE = "1.4"
#: Event loop policies, with the factory of the loops that they create.
POLICIES = {
    "uvloop.EventLoopPolicy": ("uvloop", "new_event_loop"),
    "asyncio.DefaultEventLoopPolicy": ("asyncio", "new_event_loop"),
    "asyncio.WindowsSelectorEventLoopPolicy": ("asyncio", "SelectorEventLoop"),
    "asyncio.WindowsProactorEventLoopPolicy": ("asyncio", "ProactorEventLoop"),
}
#: Calls after which a loop is of such a type.
MAKERS = {
    **{name: factory for name, factory in POLICIES.items() if factory[1] != "new_event_loop"},
    "uvloop.EventLoopPolicy": ("uvloop", "new_event_loop"),
    "uvloop.new_event_loop": ("uvloop", "new_event_loop"),
    "uvloop.Loop": ("uvloop", "new_event_loop"),
    "uvloop.install": ("uvloop", "new_event_loop"),
    "asyncio.SelectorEventLoop": ("asyncio", "SelectorEventLoop"),
    "asyncio.ProactorEventLoop": ("asyncio", "ProactorEventLoop"),
}


#: Names in a condition that no test changes.
_STEADY = frozenset({"os", "platform", "sys"})


class Factory(NamedTuple):
    """What makes the loops of a run.

    Attributes:
        label: what it is called in the hook's result.
        module: the module to import for it, empty where the file has its name already.
        call: the expression that stands for it, after the module's name if there is one.
        condition: the expression that chooses it; otherwise loops are asyncio's own.
        extra: definitions that it needs.

    """

    label: str
    module: str
    call: str
    condition: str = ""
    extra: str = ""


def has_own_loop(source: Source, function: Function) -> bool:
    """Tell whether an override creates its own type of loop, as far as names show."""
    return (
        has_params(function)
        or bool(called_loops(function) - CANONICAL - {"set_event_loop_policy"})
        or any(
            makes_own_loop(source, call) for call in walk(function) if isinstance(call, ast.Call)
        )
    )


def makes_own_loop(source: Source, call: ast.Call) -> bool:
    """Tell whether a call makes a loop of another type, or chooses such a type."""
    target = source.names.resolve(call.func)
    return target in MAKERS or (target not in POLICIES and _own(target) is not None)


def factory_of(source: Source, call: ast.Call) -> Factory:
    """Return the factory of the loops of a policy or of another creator.

    Raises:
        EditError: it is unknown, or gets arguments that only its function knows.

    """
    target = source.names.resolve(call.func)
    found = MAKERS.get(target) or POLICIES.get(target)
    own = _own(target) if found is None else None
    if found is None and own is None:
        raise EditError("the policy is unknown")
    around = [outer for outer in source.around(call) if isinstance(outer, ast.FunctionDef)]
    condition = _condition(source, call, around[0]) if around else ""
    given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    if found is not None:
        sure(source, call.func)
        if not given:
            return Factory(found[0], *found, condition)
    if given and (not around or target in POLICIES):
        raise EditError("it gets arguments")
    inside = [_with_values(source, around[0], value) for value in given]
    extra = _class_in(source, around[0], call.func) if own and around else ""
    text = f"{source.text(call.func)}({', '.join(inside)})"
    label = target.partition(".")[0] if found is not None else target.rpartition(".")[2]
    if own is not None and own["policy"]:
        return Factory(label, "", f"{text}.new_event_loop", condition, extra)
    maker = f"lambda: {text}" if given else source.text(call.func)
    return Factory(label, "", maker, condition, extra)


def _own(target: str) -> re.Match[str] | None:
    """Return how the name of a class says that it is a loop, or a policy, of the project."""
    return _OWN_CLASS.fullmatch(target.rpartition(".")[2])


_OWN_CLASS = re.compile(r"_?[A-Z]\w*(?:Loop|(?P<policy>Policy))")


def _condition(source: Source, call: ast.Call, function: ast.FunctionDef) -> str:
    """Return the condition about the platform that a call depends on.

    Raises:
        EditError: it depends on something else.

    """
    inner: ast.AST = call
    found = ""
    for around in source.around(call):
        if around is function:
            break
        if isinstance(around, ast.If):
            known = {node.id for node in walk(around.test) if isinstance(node, ast.Name)}
            if not known <= _STEADY or inner not in around.body or found:
                raise EditError("the loop depends on a condition")
            found = source.text(around.test)
        elif isinstance(around, (ast.IfExp, ast.BoolOp, ast.ExceptHandler)):
            raise EditError("the loop depends on a condition")
        inner = around
    return found


def _with_values(source: Source, function: ast.FunctionDef, given: ast.expr | ast.keyword) -> str:
    """Return an argument as it is written, with what a variable of the function stands for.

    Raises:
        EditError: only the function knows it.

    """
    if isinstance(given, ast.keyword):
        name = f"{given.arg}=" if given.arg else "**"
        return f"{name}{_with_values(source, function, given.value)}"
    value = given
    arguments = {argument.arg for argument in function.args.args}
    values: dict[str, list[ast.expr]] = {}
    for node in walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                values.setdefault(source.text(target), []).append(node.value)
    if isinstance(value, ast.Name) and len(values.get(value.id, [])) == 1:
        value = values[value.id][0]
    used = {node.id for node in walk(value) if isinstance(node, ast.Name)}
    if used & (arguments | values.keys()):
        raise EditError("it gets arguments")
    return source.text(value)


def _class_in(source: Source, function: ast.FunctionDef, name: ast.expr) -> str:
    """Return the text of a class that a function defines, empty where it defines none.

    Raises:
        EditError: the class uses variables of the function.

    """
    for node in function.body:
        if isinstance(node, ast.ClassDef) and source.text(name) == node.name:
            return _on_its_own(source, function, node) + "\n\n\n"
    return ""


def _on_its_own(source: Source, function: ast.FunctionDef, node: ast.ClassDef) -> str:
    """Return the text of a class without what its function knows: its instance is `self`.

    Raises:
        EditError: it uses other variables of the function.

    """
    inside = {inner for inner in walk(node) if isinstance(inner, ast.Name)}
    bound = {inner.id for inner in inside if isinstance(inner.ctx, ast.Store)}
    bound |= {inner.arg for inner in walk(node) if isinstance(inner, ast.arg)}
    own = {argument.arg for argument in function.args.args}
    instances: set[str] = set()
    for other in walk(function):
        if isinstance(other, ast.Assign) and other not in walk(node):
            is_made = (
                isinstance(other.value, ast.Call) and source.text(other.value.func) == node.name
            )
            names = {source.text(target) for target in other.targets}
            (instances if is_made else own).update(names)
    used = [name for name in inside if name.id in (own | instances) - bound]
    start = source.start(node)
    data = source.data[start : source.end(node)]
    for name in sorted(used, key=source.start, reverse=True):
        receiver = _receiver(source, name, node)
        if name.id in own or not receiver:
            raise EditError("its class uses variables of the fixture")
        place = source.start(name) - start
        data = data[:place] + receiver.encode() + data[place + len(name.id.encode()) :]
    # An empty line that ends in "\r\n" is one with text for dedent.
    text = data.decode(errors="replace").replace("\r\n", "\n")
    return textwrap.dedent(" " * node.col_offset + text)


def _receiver(source: Source, name: ast.Name, owner: ast.ClassDef) -> str:
    """Return what the method around a name calls its instance, empty outside of methods."""
    for method in source.around(name):
        if isinstance(method, ast.FunctionDef) and source.parents[method] is owner:
            return method.args.args[0].arg if method.args.args else ""
    return ""


def hook_elsewhere(
    project: Project, source: Source, factory: Factory, files: list[str]
) -> tuple[Edit, ...]:
    """Return the edits that put the hook into the conftest.py that some files see.

    Raises:
        EditError: there is already such a hook, or the class cannot be imported there.

    """
    file = home(project, files)
    if file.rpartition("/")[2] != "conftest.py":
        file = f"{file.rpartition('/')[0]}/conftest.py".lstrip("/")
    conftest = source_of(project, file)
    if any(function.name == HOOK for function in conftest.functions.values()):
        raise EditError(f"{file} already has such a hook")
    if factory.condition or not factory.call.isidentifier():
        raise EditError("pytest calls hooks only in conftest.py")
    module = factory.module or _module_of(project, source, files)
    name, imports = new_imports.bind_name(conftest, module, factory.call)
    text = f'def {HOOK}(config, item):\n    return {{"{factory.label}": {name}}}\n'
    if project.tree.read(file) is None:
        return (Change(file, "create", (), f"from {module} import {name}\n\n\n{text}"),)
    return (*imports, changes.append(conftest, text))


def _module_of(project: Project, source: Source, files: list[str]) -> str:
    """Return the name under which files import a module.

    Raises:
        EditError: they import it by a relative name.

    """
    path = source.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    for file in files:
        for statement in project.code.sources.get(file).nodes.of(ast.ImportFrom):
            module = statement.module or ""
            if not statement.level and module and f".{path}".endswith(f".{module}"):
                return module
    raise EditError("it is unknown how conftest.py can import its class")


def hook(source: Source, factory: Factory) -> tuple[str, tuple[Edit, ...]]:
    """Return the definition of the hook that chooses a factory, and the imports that it needs.

    Raises:
        EditError: pytest does not call hooks in the file, or the file already has the hook.

    """
    if source.file.rpartition("/")[2] != "conftest.py":
        raise EditError("pytest calls hooks only in conftest.py")
    if source.named(HOOK):
        raise EditError("the file already has such a hook")
    call = factory.call
    imports: tuple[Edit, ...] = ()
    if factory.module:
        name, bound = new_imports.bind_module(source, factory.module)
        imports = bound
        call = f"{name}.{call}"
    lines = [f'return {{"{factory.label}": {call}}}']
    if factory.condition:
        asyncio, more = new_imports.bind_module(source, "asyncio")
        lines = [f"if {factory.condition}:", f"    {lines[0]}"]
        lines.append(f'return {{"asyncio": {asyncio}.new_event_loop}}')
        imports = tuple(dict.fromkeys((*imports, *more)))
    body = "\n    ".join(lines)
    return f"{factory.extra}def {HOOK}(config, item):\n    {body}\n", imports

"""What contexts such as `pytest.raises`, `warns` and `catch_warnings` expect."""

from __future__ import annotations

import ast
import builtins
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.rules.on_code import keyword, text_of
from async_test_template.source.nodes import FUNCTIONS, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.source.source import Function, Source

#: The warnings that `pytest.deprecated_call` accepts.
DEPRECATED = frozenset({"DeprecationWarning", "PendingDeprecationWarning", "FutureWarning"})
#: The actions of a warning filter that do not fail a test.
QUIET = frozenset({"ignore", "always", "all", "default", "module", "once"})

_CONTEXTS = {
    "pytest.raises": "BaseException",
    "pytest.RaisesGroup": "BaseException",
    "pytest.RaisesExc": "BaseException",
    "pytest.warns": "Warning",
    "contextlib.suppress": "BaseException",
}
#: Methods of `unittest`, on any object; nose has them as functions with underscores.
_ASSERTIONS = {
    "assertRaises": "BaseException",
    "assertRaisesRegex": "BaseException",
    "assertRaisesRegexp": "BaseException",
    "assert_raises": "BaseException",
    "assert_raises_regex": "BaseException",
    "assertWarns": "Warning",
    "assertWarnsRegex": "Warning",
    "assert_warns": "Warning",
}
_FILTERS = {"warnings.simplefilter": 1, "warnings.filterwarnings": 2}


class Hope(NamedTuple):
    """What may happen in a place without harm.

    Attributes:
        classes: last names of exceptions and warnings, None if they are unknown.
        is_tolerated: warnings are dropped or collected; none is required.
        is_recorded: they are collected, and the test may look at them.

    """

    classes: frozenset[str] | None
    is_tolerated: bool = False
    is_recorded: bool = False


def hopes(source: Source, node: ast.expr, block: ast.AST) -> Iterator[Hope]:
    """Yield what a context expects, if it is one of these.

    A name leads to its value: a local variable, or a parameter of `parametrize`. The name of
    a function in the file leads to the contexts around its `yield`.

    Args:
        source: the file.
        node: the context, or a call of `pytest.raises(TypeError, function)` and the like.
        block: the block of the context.

    """
    if isinstance(node, ast.IfExp):
        yield from hopes(source, node.body, block)
        yield from hopes(source, node.orelse, block)
    elif isinstance(node, ast.Name):
        for around in source.around(node):
            if isinstance(around, (*FUNCTIONS, ast.Module)):
                for value in _values(source, around, node.id):
                    yield from _inside(source, value)
    elif isinstance(node, ast.Call) and _is_context(source, node):
        yield from _of_call(source, node, block)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        for function in source.functions.values():
            if function.name == node.func.id:
                yield from around_yield(source, function)


def is_called_form(source: Source, call: ast.Call) -> bool:
    """Tell whether a call is `raises(TypeError, function)`, which calls the function itself."""
    first = 0 if source.names.resolve(call.func) == "pytest.deprecated_call" else 1
    return len(call.args) > first and _is_context(source, call)


def class_names(source: Source, node: ast.expr, depth: int = 0) -> frozenset[str] | None:
    """Return the last names of a class, or of several; None if one is unknown."""
    if isinstance(node, (ast.Tuple, ast.List)):
        return _joined(source, node.elts, depth)
    if isinstance(node, ast.Call):
        # `RaisesGroup(RaisesExc(TypeError))`
        return _joined(source, node.args[:1] or [node.func], depth)
    if isinstance(node, ast.Constant):
        return frozenset()
    name = source.names.resolve(node)
    if name and (isinstance(node, ast.Attribute) or _is_class(source, name)):
        return frozenset({name.rpartition(".")[2]})
    values = _assigned(source).get(name, ()) if name and depth == 0 else ()
    return class_names(source, values[0].value, depth + 1) if len(values) == 1 else None


def _joined(source: Source, nodes: list[ast.expr], depth: int) -> frozenset[str] | None:
    found: frozenset[str] = frozenset()
    for node in nodes:
        names = class_names(source, node, depth)
        if names is None:
            return None
        found |= names
    return found


def _is_class(source: Source, name: str) -> bool:
    """Tell whether a name is imported, a class of the file, or a built-in exception."""
    return (
        name in source.names.imported
        or "." in name
        or isinstance(getattr(builtins, name, None), type)
        or name in _classes(source)
    )


# One file is looked at by all rules before the next.
@lru_cache(maxsize=2)
def _classes(source: Source) -> frozenset[str]:
    return frozenset(node.name for node in source.nodes.of(ast.ClassDef))


@lru_cache(maxsize=2)
def _assigned(source: Source) -> dict[str, list[ast.Assign]]:
    """Return the assignments to each name, anywhere in the file."""
    found: dict[str, list[ast.Assign]] = {}
    for node in source.nodes.of(ast.Assign):
        for name in {target.id for target in node.targets if isinstance(target, ast.Name)}:
            found.setdefault(name, []).append(node)
    return found


@lru_cache(maxsize=2)
def _assigned_in(source: Source) -> dict[tuple[ast.AST, str], list[ast.expr]]:
    """Return what is assigned to each name of a scope."""
    found: dict[tuple[ast.AST, str], list[ast.expr]] = {}
    for name, nodes in _assigned(source).items():
        for node in nodes:
            found.setdefault((source.scope(node), name), []).append(node.value)
    return found


def _is_context(source: Source, call: ast.Call) -> bool:
    name = source.names.resolve(call.func)
    last = call.func.attr if isinstance(call.func, ast.Attribute) else name.rpartition(".")[2]
    others = {"pytest.deprecated_call", "warnings.catch_warnings"}
    return name in _CONTEXTS or name in others or last in _ASSERTIONS


def _of_call(source: Source, call: ast.Call, block: ast.AST) -> Iterator[Hope]:
    name = source.names.resolve(call.func)
    if name == "pytest.deprecated_call":
        yield Hope(DEPRECATED)
    elif name == "warnings.catch_warnings":
        yield from _filtered(source, call, block)
    else:
        last = call.func.attr if isinstance(call.func, ast.Attribute) else name.rpartition(".")[2]
        given = [k.value for k in call.keywords if (k.arg or "").startswith("expected_")]
        given += call.args if name == "contextlib.suppress" else call.args[:1]
        default = frozenset({_CONTEXTS.get(name) or _ASSERTIONS[last]})
        yield Hope(_joined(source, given, 0) if given else default)


def around_yield(source: Source, function: Function) -> Iterator[Hope]:
    """Yield what the contexts around the `yield` of a function expect."""
    for node in walk(function):
        if not isinstance(node, (ast.Yield, ast.YieldFrom)):
            continue
        for block in source.around(node):
            if block is function:
                break
            for item in block.items if isinstance(block, (ast.With, ast.AsyncWith)) else ():
                call = item.context_expr
                # Do not follow a helper again: it may be this one.
                if isinstance(call, ast.Call) and _is_context(source, call):
                    yield from _of_call(source, call, block)


def _inside(source: Source, value: ast.expr) -> Iterator[Hope]:
    for inner in walk(value):
        if isinstance(inner, ast.Call) and _is_context(source, inner):
            yield from _of_call(source, inner, inner)


def _values(source: Source, scope: ast.AST, name: str) -> Iterator[ast.expr]:
    """Yield the possible values of a name in a scope, including those of `parametrize`."""
    if isinstance(scope, FUNCTIONS) and name in {a.arg for a in scope.args.args}:
        yield from scope.decorator_list
    else:
        yield from _assigned_in(source).get((scope, name), ())


def _filtered(source: Source, call: ast.Call, block: ast.AST) -> Iterator[Hope]:
    """Yield the warnings that a block of `catch_warnings` collects or drops."""
    record, action = keyword(call, "record"), keyword(call, "action")
    every = frozenset({"Warning"})
    if record is not None and not (
        isinstance(record.value, ast.Constant) and record.value.value is False
    ):
        yield Hope(every, is_tolerated=True, is_recorded=True)
    if action is not None and text_of(action.value) in QUIET:
        category = keyword(call, "category")
        names = class_names(source, category.value) if category else every
        yield Hope(names, is_tolerated=True)
    for inner in walk(block):
        at = _FILTERS.get(source.names.resolve(inner.func)) if isinstance(inner, ast.Call) else None
        if at and isinstance(inner, ast.Call) and inner.args and text_of(inner.args[0]) in QUIET:
            named = keyword(inner, "category")
            given = named.value if named else inner.args[at] if len(inner.args) > at else None
            yield Hope(class_names(source, given) if given else every, is_tolerated=True)

"""Overrides of `event_loop` with `params`: each test runs once in each type of loop."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.rules.loops._canonical import CANONICAL, called_names
from async_test_template.rules.loops._loop_factories import HOOK, MAKERS
from async_test_template.rules.on_code import keyword, sure, text_of
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from async_test_template.source.source import Function, Source

#: All that such an override has, around the line that calls its parameter.
_PLAIN = (ast.Assign, ast.Expr, ast.Return, ast.Try)


def hook_of_params(source: Source, function: Function) -> str:
    """Return the hook that has the loops of an override's `params`.

    Raises:
        EditError: a loop is unknown, or the override does more with it.

    """
    params = _argument(function, "params")
    if not isinstance(params, (ast.List, ast.Tuple)) or not _only_calls_it(function):
        raise EditError("its loop is unknown")
    if source.file.rpartition("/")[2] != "conftest.py":
        raise EditError("pytest calls hooks only in conftest.py")
    if any(each.name == HOOK for each in source.functions.values()):
        raise EditError("the file already has such a hook")
    for maker in params.elts:
        if source.names.resolve(maker) not in {"asyncio.new_event_loop", *MAKERS}:
            raise EditError("its loop is unknown")
        sure(source, maker)
    labels = _labels(source, function, params.elts)
    if len({*labels}) != len(params.elts):
        raise EditError("two of its loops have the same name")
    lines = [
        f'        "{label}": {source.text(maker)},\n'
        for label, maker in zip(labels, params.elts, strict=True)
    ]
    return f"def {HOOK}(config, item):\n    return {{\n{''.join(lines)}    }}\n"


def _argument(function: Function, name: str) -> ast.expr | None:
    calls = [one for one in function.decorator_list if isinstance(one, ast.Call)]
    found = keyword(calls[0], name) if len(calls) == len(function.decorator_list) == 1 else None
    return found.value if found is not None else None


def _only_calls_it(function: Function) -> bool:
    """Tell whether an override makes a loop by its parameter, gives it, and closes it."""
    nodes = [node for statement in function.body for node in walk(statement)]
    asked = [node for node in nodes if isinstance(node, ast.Name) and node.id == "request"]
    made = [
        node
        for node in nodes
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "param"
        and not (node.args or node.keywords)
    ]
    given = [node.value for node in nodes if isinstance(node, (ast.Return, ast.Yield))]
    return (
        len(asked) == len(made) == len(given) == 1
        and made[0].func.value is asked[0]  # type: ignore[attr-defined] # see above
        and isinstance(given[0], (ast.Name, ast.Call))
        and called_names(function) <= CANONICAL | {"param"}
        and all(isinstance(node, _PLAIN) for node in nodes if isinstance(node, ast.stmt))
    )


def _labels(source: Source, function: Function, makers: list[ast.expr]) -> list[str]:
    """Return what each test is called with a loop: the `ids`, or names of their makers."""
    ids = _argument(function, "ids")
    if ids is None:
        names = [source.names.resolve(maker).rpartition(".") for maker in makers]
        return [module if name == "new_event_loop" else name for module, _, name in names]
    texts = [text_of(one) for one in ids.elts] if isinstance(ids, (ast.List, ast.Tuple)) else []
    labels = [text for text in texts if text is not None and text.isidentifier()]
    if len(labels) != len(makers):
        raise EditError("the names of its loops are unknown")
    return labels

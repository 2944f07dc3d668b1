"""Statements of an `event_loop` override that end its loop, or make it the current one."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.source.nodes import last_name, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.source.source import Source

#: Methods that end a loop, or run it until something else does.
_ENDS = frozenset(
    {"close", "run_forever", "shutdown_asyncgens", "shutdown_default_executor", "stop"}
)
#: Functions that say which loop is the current one, or collect what was left of it.
_SETS = frozenset({"collect", "set_event_loop", "set_event_loop_policy", "teardown_test_loop"})
#: What may be around them, and has no effect without them.
_AROUND = frozenset(
    {
        "DefaultEventLoopPolicy",
        "addfinalizer",
        "call_soon",
        "get_event_loop",
        "get_event_loop_policy",
        "is_closed",
        "is_running",
        "new_event_loop",
        "run_until_complete",
        "sleep",
        "suppress",
    }
)
_GIVES = (ast.Yield, ast.YieldFrom, ast.Raise)
_BLOCKS = ("body", "orelse", "finalbody")


class Ending:
    """Finds what an override does no longer have to do, as its loop belongs to something else."""

    def __init__(self, source: Source, loops: frozenset[str], makers: frozenset[str]) -> None:
        """Take what its loop is called, and dotted names of what makes loops of another type."""
        self._source = source
        self._loops = loops
        self._makers = makers
        #: Functions in the override that only end the loop.
        self._functions: set[str] = set()

    def runs(self, block: list[ast.stmt]) -> Iterator[list[ast.stmt]]:
        """Yield lists of statements, which follow each other, that do nothing else."""
        run: list[ast.stmt] = []
        for statement in block:
            if self._is_one(statement):
                run.append(statement)
                continue
            if run:
                yield run
                run = []
            for inner in _blocks(statement):
                yield from self.runs(inner)
        if run:
            yield run

    def ends(self, node: ast.AST) -> bool:
        """Tell whether a node is a method of the loop that ends it."""
        if not isinstance(node, ast.Attribute) or node.attr not in _ENDS:
            return False
        loop = node.value
        is_current = isinstance(loop, ast.Call) and last_name(loop.func) == "get_event_loop"
        return is_current or self._source.text(loop) in self._loops

    def _is_one(self, statement: ast.stmt) -> bool:
        nodes = list(walk(statement))
        if any(isinstance(node, _GIVES) for node in nodes) or _returns(nodes):
            return False
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = [node for node in statement.body if not isinstance(node, ast.Pass)]
            if body and all(map(self._is_one, body)):
                self._functions.add(statement.name)
                return True
            return False
        if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return)):
            return False
        calls = [node for node in nodes if isinstance(node, ast.Call)]
        return all(map(self._is_harmless, calls)) and any(map(self._is_about_it, nodes))

    def _is_harmless(self, call: ast.Call) -> bool:
        name = last_name(call.func)
        if name in _ENDS:
            return self.ends(call.func)
        return (
            name in _SETS | _AROUND | self._functions
            or self._source.names.resolve(call.func) in self._makers
        )

    def _is_about_it(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Call) and last_name(node.func) in _SETS:
            return True
        if isinstance(node, ast.Assert):
            return any(
                isinstance(inner, ast.Attribute) and inner.attr in {"is_closed", "is_running"}
                for inner in walk(node)
            )
        return self.ends(node) or (isinstance(node, ast.Name) and node.id in self._functions)


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in _BLOCKS:
        yield getattr(statement, name, [])
    for handler in getattr(statement, "handlers", ()):
        yield handler.body


def _returns(nodes: list[ast.AST]) -> bool:
    return any(isinstance(node, ast.Return) and node.value is not None for node in nodes)

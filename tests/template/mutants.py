"""Change the sources of a project in small ways, one at a time, and see which its tests miss.

Run it in the folder of the project, by an interpreter that has all that the tests need:

    PYTHONPATH=src python mutants.py [EVERY]

With a number EVERY it makes only one change of so many.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import difflib
import gc
import itertools
import multiprocessing
import os
import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 20
"""Seconds for one run of the tests: their own timeout does not see an import that hangs."""

LOG = "pytest.log"
BRIEF = ("-x", "--tb=line")

OPPOSITES: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Div: ast.Mult,
    ast.Eq: ast.NotEq,
    ast.Gt: ast.LtE,
    ast.In: ast.NotIn,
    ast.Is: ast.IsNot,
    ast.Lt: ast.GtE,
}
OPPOSITES |= {opposite: kind for kind, opposite in OPPOSITES.items()}

Node = TypeVar("Node", bound=ast.AST)


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """Yield every change and the source with it."""
    original = ast.unparse(ast.parse(source))
    seen = {original}
    number = 0
    while Change(number).apply(tree := ast.parse(source)):
        changed = ast.unparse(tree)
        if changed not in seen:
            seen.add(changed)
            yield difference(original, changed), changed
        number += 1


class Change(ast.NodeTransformer):
    """Makes the change of one number, counted from the top of the source."""

    def __init__(self, number: int) -> None:
        """Count down from the number."""
        self.left = number

    def apply(self, tree: ast.Module) -> bool:
        """Change the tree, and tell whether there is a change of this number."""
        self.kept = set(without_effect(tree))
        self.visit(tree)
        return self.left < 0

    def visit(self, node: ast.AST) -> ast.AST:
        """Change this node or what is in it."""
        if node in self.kept:
            return node
        for changed in changes(node):
            self.left -= 1
            if self.left == -1:
                return ast.fix_missing_locations(ast.copy_location(changed, node))
        if self.left >= 0:
            self.generic_visit(node)
        return node


def without_effect(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the docstrings and the annotations."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node
        yield from filter(None, (getattr(node, field, None) for field in ("annotation", "returns")))


def changes(node: ast.AST) -> Iterator[ast.AST]:  # noqa: C901, PLR0912 - a list of cases, one by one
    """Yield what may be in place of a node."""
    match node:
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(value=str() as value):
            yield ast.Constant(value[:-1])
        case ast.Attribute(value=ast.Name("HTTPStatus")):
            yield with_field(node, "attr", "CONFLICT")
        case ast.Attribute(value=ast.Name("web"), attr=attr) if attr.startswith("HTTP"):
            yield with_field(node, "attr", "HTTPConflict")
        case ast.Compare(ops=[op]):
            yield with_field(node, "ops", [OPPOSITES[type(op)]()])
        case ast.BinOp(op=op):
            yield with_field(node, "op", OPPOSITES[type(op)]())
        case ast.UnaryOp(op=ast.Not(), operand=value) | ast.Await(value=value):
            yield value
        case ast.AugAssign(op=op):
            yield with_field(node, "op", OPPOSITES[type(op)]())
            yield ast.Pass()
        case ast.Return(value=ast.Constant(value=None)):
            yield ast.Pass()
        case ast.Return():
            yield ast.Return()
        case ast.Expr() | ast.Raise() | ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()
        case ast.With(items=[ast.withitem(optional_vars=None)]):
            yield ast.If(ast.Constant(value=True), node.body, [])
        case ast.AsyncWith(items=[ast.withitem(optional_vars=None)]):
            yield ast.If(ast.Constant(value=True), node.body, [])
    for field in ("decorator_list", "handlers", "keywords"):
        yield from without_one(node, field)


def with_field(node: Node, field: str, value: object) -> Node:
    """Return the node with another value in a field."""
    changed = copy.copy(node)
    setattr(changed, field, value)
    return changed


def without_one(node: Node, field: str) -> Iterator[Node]:
    """Yield the node without each of what a field lists."""
    listed = getattr(node, field, [])
    for index in range(len(listed)):
        yield with_field(node, field, listed[:index] + listed[index + 1 :])


def difference(before: str, after: str) -> str:
    """Tell the lines that changed."""
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))
    sides = ([line[1:].strip() for line in lines[3:] if line[0] == sign] for sign in "-+")
    return " -> ".join(" / ".join(side) for side in sides)


def run_in_fork(*arguments: str) -> int | None:
    """Run the tests in a process of its own; None where they did not end in time."""
    run = multiprocessing.get_context("fork").Process(target=run_tests, args=arguments)
    run.start()
    run.join(PATIENCE)
    status = run.exitcode
    run.kill()
    run.join()
    return status


def run_tests(*arguments: str) -> None:
    """Run the tests, their output in a file, and end with pytest's exit code."""
    os.dup2(os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), sys.stdout.fileno())
    os.dup2(sys.stdout.fileno(), sys.stderr.fileno())
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:randomly", *arguments]))


def import_once(*arguments: str) -> None:
    """Run the tests here, so that what forks from here need not import their dependencies."""
    before = set(sys.modules)
    pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:randomly", *arguments])
    gc.freeze()  # what is here now, pytest need not search for garbage each time
    own = {path.name for path in Path("src").iterdir()} | {"tests"}
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in own:
            del sys.modules[name]


def main(every: int = 1) -> None:
    """Print every change, or one of so many, and whether the tests see it."""
    with contextlib.ExitStack() as stack:
        server = Path("tests/async_database/server.py").absolute()
        if server.exists():  # otherwise every run would start PostgreSQL, within its first test
            open_server = runpy.run_path(str(server))["open_server"]
            os.environ["TEST_DATABASE_URL"] = stack.enter_context(open_server())
        try_mutants(every)


def try_mutants(every: int) -> None:
    """Print every change, or one of so many, and whether the tests see it."""
    import_once()
    if run_in_fork(*BRIEF) != 0:
        sys.exit(Path(LOG).read_text())
    for path in sorted(Path("src").rglob("*.py")):
        source = path.read_text()
        for change, changed in itertools.islice(mutants(source), 0, None, every):
            path.write_text(changed)
            survived = run_in_fork(*BRIEF) == 0
            print("survived:" if survived else "killed:", f"{path.name}: {change}", flush=True)
        path.write_text(source)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

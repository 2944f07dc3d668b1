"""Which Pythons reach a place in a file: what the tests and marks around it say."""

from __future__ import annotations

import ast
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, cast

from async_test_template.source.conditions import EVERY, Conditions
from async_test_template.source.names import dotted
from async_test_template.source.nodes import FUNCTIONS, callee

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from async_test_template.source.conditions import Pythons
    from async_test_template.source.source import Function, Placed, Source

#: The first characters of functions that are not called by name.
_BY_PYTEST = ("test", "pytest_", "setup", "teardown", "setUp", "tearDown", "asyncSetUp", "__")
_BLOCKS = ("body", "orelse", "finalbody")
#: Decorators of functions that run where their names are called.
_KEEP_THE_NAME = {"contextlib.asynccontextmanager", "contextlib.contextmanager"}
#: Calls that nothing in the same block comes after.
_ENDS = {"pytest.skip", "pytest.xfail", "pytest.fail", "pytest.exit", "sys.exit", "exit"}
#: Marks that skip a test, or let it fail, if their condition is true, or if it is false.
_UNLESS = {"pytest.mark.skipif", "pytest.mark.xfail", "unittest.skipIf"}
_ONLY = {"unittest.skipUnless"}


class _Place(NamedTuple):
    """Where a statement is in a block.

    Attributes:
        block: the name of the block.
        past: the Pythons that get past the statements before it.
        past_all: those that get past the whole block, as the only entry.

    """

    block: str
    past: Pythons
    past_all: Sequence[Pythons]


class Reach:
    """Tells which Pythons reach the places of one file."""

    def __init__(self, source: Source) -> None:
        """Take the file."""
        self._source = source
        self._conditions = Conditions(source)
        self._open: set[ast.AST] = set()
        # Many findings ask for each of them.
        self._known: dict[ast.AST, Pythons] = {}
        self._known_calls: dict[ast.AST, Pythons] = {}
        self._known_users: dict[ast.AST, Pythons] = {}
        self._known_imports: dict[tuple[str, str], Pythons] = {}
        self._known_marks: dict[ast.AST, Pythons] = {}
        self._places: dict[ast.AST, dict[ast.AST, _Place]] = {}

    def at(self, line: int, column: int) -> Pythons:
        """Return the Pythons that reach what begins at a place, counted as findings count.

        What is there has to be reached, and so has the import of the name that it begins
        with: of `from asyncio import timeout` in a branch, only the Pythons of that branch know.
        """
        nodes = [
            node
            for node in self._source.nodes.beginning_in(line)
            if self._source.column(cast("Placed", node)) == column
        ]
        if not nodes:
            return EVERY
        # The innermost node: in `old() if PY313 else new()` the left part is not the whole.
        node = nodes[-1]
        return self.of(node) & self._imported(node)

    def of(self, node: ast.AST) -> Pythons:
        """Return the Pythons that reach a node."""
        found = self._marked(node) if isinstance(node, FUNCTIONS) else EVERY
        passed: list[tuple[ast.AST, Pythons]] = []
        child = node
        for around in self._source.around(node):
            if child in self._known:
                break
            reached = self._branch(around, child) & self._block(around, child)
            if isinstance(around, FUNCTIONS) and self._is_in_body(around, child):
                reached &= self._called(around)
            passed.append((child, reached))
            child = around
        outer = self._known.get(child, EVERY)
        for child, reached in reversed(passed):
            outer &= reached
            # While a function is being looked at, its callers are left out.
            if not self._open:
                self._known[child] = outer
        return found & outer

    def _called(self, function: Function) -> Pythons:
        """Return the Pythons that call a function, as far as its own file tells.

        pytest calls tests and hooks. It calls a fixture for those who ask for it, and a helper is
        called where its name is; for either, this file alone counts.
        """
        by_pytest = function.name.startswith(_BY_PYTEST)
        if function in self._open or (by_pytest and not self._is_nested(function)):
            return EVERY
        if function not in self._known_calls:
            self._known_calls[function] = self._called_by_others(function)
        return self._known_calls[function]

    def _is_nested(self, function: Function) -> bool:
        """Tell whether a function is in another one, where pytest does not look for tests."""
        return isinstance(self._source.scope(function), FUNCTIONS)

    def _called_by_others(self, function: Function) -> Pythons:
        decorators = list(map(self._called_name, function.decorator_list))
        users: list[ast.AST] = []
        if all(name in _KEEP_THE_NAME for name in decorators):
            users += self._source.mentions.get(function.name, ())
        elif any(name.endswith(".fixture") for name in decorators) and not self._is_given(function):
            users += (
                self._source.parents[self._source.parents[parameter]]
                for parameter in self._parameters.get(function.name, ())
            )
        self._open.add(function)
        for user in users:
            if user not in self._known_users:
                self._known_users[user] = self.of(user)
        reached = [self._known_users[user] for user in users]
        self._open.remove(function)
        return frozenset().union(*reached) if reached else EVERY

    @cached_property
    def _parameters(self) -> dict[str, list[ast.arg]]:
        """The parameters of a name."""
        found: dict[str, list[ast.arg]] = {}
        for parameter in self._source.nodes.of(ast.arg):
            found.setdefault(parameter.arg, []).append(parameter)
        return found

    def _called_name(self, decorator: ast.expr) -> str:
        called = callee(decorator)
        return self._source.names.resolve(called)

    def _is_given(self, fixture: Function) -> bool:
        """Tell whether functions of other files may use a fixture."""
        return (
            self._source.file.endswith("conftest.py")
            or any("autouse" in self._source.text(item) for item in fixture.decorator_list)
            or fixture.name in self._constants
        )

    @cached_property
    def _constants(self) -> frozenset[object]:
        return frozenset(constant.value for constant in self._source.nodes.of(ast.Constant))

    def _imported(self, node: ast.AST) -> Pythons:
        """Return the Pythons that reach an import of a name as what it stands for in this file."""
        if not isinstance(node, ast.Name):
            return EVERY
        target = self._source.names.resolve(node)
        if (node.id, target) not in self._known_imports:
            reached = [
                self.of(statement)
                for statement, bound in self._imports.get(node.id, ())
                if bound == target
            ]
            found = frozenset().union(*reached) if reached else EVERY
            self._known_imports[node.id, target] = found
        return self._known_imports[node.id, target]

    @cached_property
    def _imports(self) -> dict[str, list[tuple[ast.stmt, str]]]:
        """Every import of a name, and what it makes the name stand for."""
        found: dict[str, list[tuple[ast.stmt, str]]] = {}
        nodes = self._source.nodes
        for plain in nodes.of(ast.Import):
            for alias in plain.names:
                first = alias.name.partition(".")[0]
                bound = (plain, alias.name if alias.asname else first)
                found.setdefault(alias.asname or first, []).append(bound)
        for node in nodes.of(ast.ImportFrom):
            for alias in node.names:
                target = dotted("." * node.level + (node.module or ""), alias.name)
                found.setdefault(alias.asname or alias.name, []).append((node, target))
        return found

    def _branch(self, around: ast.AST, child: ast.AST) -> Pythons:
        """Return the Pythons that go from a node into one of its branches."""
        if isinstance(around, (ast.If, ast.While, ast.IfExp)):
            if child is around.test:
                return EVERY
            outcome = self._conditions.judge(around.test)
            return outcome.true if self._is_in_body(around, child) else outcome.false
        if isinstance(around, ast.BoolOp):
            outcomes = [
                self._conditions.judge(value)
                for value in around.values[: around.values.index(child)]  # type: ignore[arg-type]
            ]
            is_and = isinstance(around.op, ast.And)
            return EVERY.intersection(*(o.true if is_and else o.false for o in outcomes))
        if isinstance(around, ast.Try) and isinstance(child, ast.ExceptHandler):
            return self._conditions.lacking(around, child)
        return EVERY

    def _block(self, around: ast.AST, child: ast.AST) -> Pythons:
        """Return the Pythons that reach a statement of a block, past those before it."""
        is_definition = isinstance(child, (*FUNCTIONS, ast.ClassDef))
        place = self._place(around, child)
        found = EVERY
        if place is not None:
            # No function of a module runs before the whole module is imported.
            is_last = isinstance(around, ast.Module) and is_definition
            found &= place.past_all[0] if is_last else place.past
        if isinstance(around, (*FUNCTIONS, ast.ClassDef)) and self._is_in_body(around, child):
            found &= self._marked(around)
        if isinstance(around, (ast.Module, ast.ClassDef)) and is_definition:
            if around not in self._known_marks:
                self._known_marks[around] = self._assigned_marks(around)
            found &= self._known_marks[around]
        return found

    def _is_in_body(self, around: ast.AST, child: ast.AST) -> bool:
        place = self._place(around, child)
        return place.block == "body" if place else getattr(around, "body", None) is child

    def _place(self, around: ast.AST, child: ast.AST) -> _Place | None:
        """Return the place of a statement in a block of another, None if it is in none."""
        if around not in self._places:
            self._places[around] = {
                statement: place for name in _BLOCKS for statement, place in self._of(around, name)
            }
        return self._places[around].get(child)

    def _of(self, around: ast.AST, name: str) -> Iterator[tuple[ast.stmt, _Place]]:
        """Yield the statements of a block with their places."""
        past, past_all = EVERY, [EVERY]
        for statement in _block_of(around, name):
            yield statement, _Place(name, past, past_all)
            past &= self._past(statement)
            past_all[0] = past

    def _past(self, statement: ast.stmt) -> Pythons:
        """Return the Pythons that get past a statement."""
        if isinstance(statement, ast.Assert):
            return self._conditions.judge(statement.test).true
        if self._ends(statement):
            # Nothing reaches the code after it, whatever the version.
            return EVERY
        if isinstance(statement, ast.If):
            outcome = self._conditions.judge(statement.test)
            if any(map(self._ends, statement.body)):
                return outcome.false
            if any(map(self._ends, statement.orelse)):
                return outcome.true
        return EVERY

    def _ends(self, statement: ast.stmt) -> bool:
        """Tell whether nothing of a block comes after a statement."""
        # No recursion over `elif`, each of which is nested in the one before.
        while isinstance(statement, ast.If):
            if not any(map(self._ends, statement.body)):
                return False
            if len(statement.orelse) != 1:
                return any(map(self._ends, statement.orelse))
            (statement,) = statement.orelse
        if isinstance(statement, (ast.Return, ast.Raise, ast.Continue, ast.Break)):
            return True
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            name = self._source.names.resolve(statement.value.func)
            return name in _ENDS or name.endswith(".skipTest")
        return False

    def _assigned_marks(self, around: ast.Module | ast.ClassDef) -> Pythons:
        """Return the Pythons that `pytestmark = …` allows; in a conftest.py it has no effect."""
        found = EVERY
        if self._source.file.endswith("conftest.py"):
            return found
        for statement in around.body:
            if isinstance(statement, ast.Assign):
                targets: Sequence[ast.expr] = statement.targets
            elif isinstance(statement, ast.AnnAssign):
                targets = [statement.target]
            else:
                continue
            if statement.value is not None and any(
                isinstance(name, ast.Name) and name.id == "pytestmark" for name in targets
            ):
                value = statement.value
                listed = value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]
                found = found.intersection(*map(self._mark, listed))
        return found

    def _marked(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Pythons:
        """Return the Pythons that the decorators of a function or a class allow."""
        return EVERY.intersection(*map(self._mark, node.decorator_list))

    def _mark(self, mark: ast.expr) -> Pythons:
        if isinstance(mark, ast.Name):
            mark = self._conditions.constants.get(mark.id, mark)
        if not isinstance(mark, ast.Call):
            return EVERY
        name = self._source.names.resolve(mark.func)
        if name not in _UNLESS | _ONLY:
            return EVERY
        named = (keyword.value for keyword in mark.keywords if keyword.arg == "condition")
        conditions = [*mark.args[: None if name == "pytest.mark.skipif" else 1], *named]
        outcomes = [self._conditions.judge(_parsed(condition)) for condition in conditions]
        return EVERY.intersection(*(o.true if name in _ONLY else o.false for o in outcomes))


def _block_of(node: ast.AST, name: str) -> Sequence[ast.stmt]:
    block = getattr(node, name, ())
    return block if isinstance(block, list) else ()


def _parsed(condition: ast.expr) -> ast.expr:
    """Return a condition as code: pytest also accepts a string."""
    if isinstance(condition, ast.Constant) and isinstance(condition.value, str):
        with suppress(SyntaxError, ValueError):
            return ast.parse(condition.value.strip(), mode="eval").body
    return condition

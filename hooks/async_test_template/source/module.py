"""The fixtures and tests of one Python file, found by its syntax tree without running it."""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from async_test_template.source.classes import (
    CONSTRUCTORS,
    DECIDE_HOW_TESTS_RUN,
    HARMLESS_DECORATORS,
    NAMING,
    Naming,
    added_marks,
    changing_tests,
    gives_async,
    is_test_of,
    statements,
)
from async_test_template.source.decorators import keywords_of, literal, marks_in, scope_of, text
from async_test_template.source.hooks import RUNS, may_run_async_tests
from async_test_template.source.ignoring import ignored
from async_test_template.source.items import (
    UNKNOWN,
    Class,
    Fixture,
    Mark,
    Module,
    OptionAssignment,
    Test,
)
from async_test_template.source.nodes import callee, walk
from async_test_template.source.source import Function, Source

_FIXTURES = {
    "pytest.fixture": "pytest.fixture",
    "pytest.yield_fixture": "pytest.fixture",
    "pytest_asyncio.fixture": "pytest_asyncio.fixture",
    "pytest_asyncio.plugin.fixture": "pytest_asyncio.fixture",
}
_NO_FIXTURES = frozenset({"self", "cls", "request"})
_UNITTEST = re.compile(r"(^|\.)(\w*TestCase)$")


def read_module(source: Source, *, holds_tests: bool, naming: Naming = NAMING) -> Module:
    """Read the fixtures and tests of one file.

    Args:
        source: the parsed file.
        holds_tests: pytest would collect tests from a file of this name.
        naming: how tests are named.

    """
    tree = source.tree
    reader = _Reader(source, naming, holds_tests=holds_tests)
    marks, hides_marks = reader.assigned_marks(tree.body)
    reader.module_marks = marks
    reader.read_body(tree.body, owner=None, marks=marks)
    reader.read_rest(source)
    return Module(
        source.file,
        tuple(reader.fixtures),
        tuple(reader.tests),
        tuple(reader.assignments),
        tuple(reader.anyio_backends),
        reader.names.modules,
        has_item_hook=reader.has_item_hook,
        runs_tests=reader.runs_tests,
        has_fixture_star=bool(reader.names.stars & {"pytest", "pytest_asyncio"}),
        assigned=_assigned(tree.body),
        imports_all=bool(reader.names.stars),
        plugins=tuple(_texts(tree.body, "pytest_plugins")),
        hands_out=reader.names_fixtures or b"def pytest_generate_tests" in source.data,
        classes=tuple(reader.classes),
        marks=marks,
        hides_marks=hides_marks or "pytestmark" in reader.names.imported,
        is_test=is_test_of(tree.body),
        targets=reader.names.targets,
        ignored=ignored(source),
        holds_tests=holds_tests,
        coroutines=tuple(reader.coroutines),
        aliases=dict(_aliases(tree.body, naming)),
        wrappers=frozenset(reader.wrappers),
        sets_mode=reader.sets_mode,
    )


class _Reader:
    def __init__(self, source: Source, naming: Naming, *, holds_tests: bool) -> None:
        self.file = source.file
        self.naming = naming
        self.classes: list[Class] = []
        self.module_marks: tuple[Mark, ...] = ()
        self.names = source.names
        self.generators = source.generators
        self._changing = changing_tests(source)
        self.holds_tests = holds_tests
        self.fixtures: list[Fixture] = []
        self.tests: list[Test] = []
        self.coroutines: list[Test] = []
        self.wrappers: set[str] = set()
        self.assignments: list[OptionAssignment] = []
        self.anyio_backends: list[tuple[int, int]] = []
        self.has_item_hook = False
        self.names_fixtures = False
        self.runs_tests = False
        self.sets_mode = False
        self._decorators: set[ast.expr] = set()
        self._unittest_classes: set[str] = set()
        self._constructed: set[str] = set()

    def read_body(
        self,
        body: list[ast.stmt],
        *,
        owner: str | None,
        marks: tuple[Mark, ...],
        in_unittest: bool = False,
    ) -> None:
        for node in statements(body, self._is_for_types):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._read_function(node, owner, marks, in_unittest=in_unittest)
            elif isinstance(node, ast.ClassDef):
                bases = [self.names.resolve(base) for base in node.bases]
                is_unittest = any(
                    _UNITTEST.search(base) or base in self._unittest_classes for base in bases
                )
                if is_unittest:
                    self._unittest_classes.add(node.name)
                elif self._is_constructed(node, bases):
                    self._constructed.add(node.name)
                own = tuple(marks_in(self.names, node.decorator_list))
                inner, hides_marks = self.assigned_marks(node.body)
                every = (*inner, *own, *marks)
                self._read_class(node, every, is_opaque=hides_marks)
                self.read_body(node.body, owner=node.name, marks=every, in_unittest=is_unittest)

    def _is_constructed(self, node: ast.ClassDef, bases: list[str]) -> bool:
        """Tell whether pytest leaves a class out because it has a constructor, by its own file.

        A base from another file may be one of `unittest`, which pytest collects all the same.
        """
        if not {"object", *self._constructed}.issuperset(bases):
            return False
        own = {getattr(statement, "name", "") for statement in statements(node.body)}
        return not own.isdisjoint(CONSTRUCTORS) or not self._constructed.isdisjoint(bases)

    def _is_for_types(self, node: ast.stmt) -> bool:
        """Tell whether only a checker of types reads the body of a statement."""
        if not isinstance(node, ast.If) or not isinstance(node.test, (ast.Name, ast.Attribute)):
            return False
        return self.names.resolve(node.test) == "typing.TYPE_CHECKING"

    def assigned_marks(self, body: list[ast.stmt]) -> tuple[tuple[Mark, ...], bool]:
        """Read `pytestmark = …`, annotated or not, one mark or a list of them, and what is added.

        Returns:
            The marks, and whether there may be others.

        """
        listed: list[ast.expr] = []
        for node in statements(body):
            if isinstance(node, ast.Expr):
                listed += added_marks(node.value)
                continue
            value = getattr(node, "value", None)
            if not isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) or value is None:
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(name, ast.Name) and name.id == "pytestmark" for name in targets):
                listed += value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]
        marks = tuple(marks_in(self.names, listed))
        return marks, len(marks) < len(listed)

    def _read_class(self, node: ast.ClassDef, marks: tuple[Mark, ...], *, is_opaque: bool) -> None:
        functions = [
            statement
            for statement in statements(node.body)
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef))
        ]
        methods = frozenset(function.name for function in functions)
        self.classes.append(
            Class(
                node.name,
                node.lineno,
                tuple(
                    self.names.resolve(base.value if isinstance(base, ast.Subscript) else base)
                    for base in node.bases
                ),
                # Those of the module are kept separate: they do not reach classes of other files.
                marks[: len(marks) - len(self.module_marks)],
                tuple(
                    self._test(function, node.name, ())
                    for function in functions
                    if isinstance(function, ast.AsyncFunctionDef)
                    and (self.naming.is_function(function.name) or function.name.startswith("test"))
                    and not self._is_fixture(function)
                ),
                methods,
                self.naming.is_class(node.name),
                is_opaque
                or any(keyword.arg != "total" for keyword in node.keywords)
                or any(self._may_run(node.decorator_list))
                or bool(methods & DECIDE_HOW_TESTS_RUN)
                or not self._changing.isdisjoint(functions),
                is_test_of(node.body),
            )
        )

    def _is_fixture(self, function: Function) -> bool:
        called = (callee(d) for d in function.decorator_list)
        return any(self.names.resolve(decorator) in _FIXTURES for decorator in called)

    def _may_run(self, decorators: list[ast.expr]) -> Iterator[str]:
        """Yield the names of the decorators that may run a test, or mark it."""
        for decorator in decorators:
            called = callee(decorator)
            name = self.names.resolve(called)
            if not HARMLESS_DECORATORS.match(name):
                yield name

    def read_rest(self, source: Source) -> None:
        for call in source.calls(*_FIXTURES):
            if call not in self._decorators:
                self._read_call(call, source.parents[call])
        if b"option" in source.data or b"inicfg" in source.data:
            for node in source.nodes.of(ast.Assign):
                for target in node.targets:
                    self._read_target(target)
        for statement in source.tree.body:
            if isinstance(statement, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == "anyio_backends"
                for target in statement.targets
            ):
                self.anyio_backends.append((statement.lineno, statement.col_offset + 1))
        if self.anyio_backends and _is_read(source, "anyio_backends"):
            # It is a name like any other where the file itself uses it.
            self.anyio_backends.clear()

    def _read_function(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        owner: str | None,
        marks: tuple[Mark, ...],
        *,
        in_unittest: bool,
    ) -> None:
        is_async = isinstance(node, ast.AsyncFunctionDef)
        requests = tuple(_requests(node))
        for decorator in node.decorator_list:
            called = callee(decorator)
            kind = _FIXTURES.get(self.names.resolve(called))
            if kind is None:
                continue
            self._decorators.add(decorator)
            keywords = keywords_of(decorator)
            name = keywords.get("name")
            self.fixtures.append(
                Fixture(
                    name=name if isinstance(name, str) and name != UNKNOWN else node.name,
                    file=self.file,
                    line=node.lineno,
                    column=node.col_offset + 1,
                    decorator=kind,
                    is_async=is_async,
                    scope=scope_of(decorator, keywords),
                    loop_scope=text(keywords.get("loop_scope")),
                    autouse=keywords.get("autouse") is True,
                    requests=requests,
                    owner=owner,
                    is_generator=node in self.generators,
                    function=node.name,
                )
            )
            return
        if owner is None and is_async:
            self.coroutines.append(self._test(node, owner, ()))
        elif owner is None and isinstance(node, ast.FunctionDef) and gives_async(node):
            self.wrappers.add(node.name)
        if may_run_async_tests(node, self.names):
            self.has_item_hook = True
            self.runs_tests |= node.name == RUNS
        is_test = self.naming.is_function(node.name)
        if not self.holds_tests or not (node.name.startswith("test") if in_unittest else is_test):
            return
        is_method = owner is not None and not in_unittest
        if is_method and (owner in self._constructed or not self.naming.is_class(owner or "")):
            return
        self.tests.append(self._test(node, owner, marks, in_unittest=in_unittest))

    def _test(
        self,
        node: Function,
        owner: str | None,
        marks: tuple[Mark, ...],
        *,
        in_unittest: bool = False,
    ) -> Test:
        own = tuple(marks_in(self.names, node.decorator_list))
        every = (*own, *marks) if own else marks
        named = [mark for mark in every if mark.names]
        used = [name for mark in named if mark.name == "usefixtures" for name in mark.names]
        given = {name for mark in named if mark.name == "parametrize" for name in mark.names}
        # AnyIO runs a test with its backend, wherever the test has it from (4.14).
        given.discard("anyio_backend")
        return Test(
            name=node.name,
            file=self.file,
            line=node.lineno,
            column=node.col_offset + 1,
            is_async=isinstance(node, ast.AsyncFunctionDef),
            marks=every,
            requests=_one_of((*(name for name in _requests(node) if name not in given), *used)),
            owner=owner,
            in_unittest=in_unittest,
            wrapped=len(own) < len(node.decorator_list),
            decorators=tuple(self._may_run(node.decorator_list)),
        )

    def _read_call(self, node: ast.Call, around: ast.AST) -> None:
        # `client = pytest_asyncio.fixture(scope="module")(make_client)`, or around a function in
        # another one: its name for those who ask for it is unknown.
        keywords = keywords_of(node)
        self.names_fixtures |= any(keyword.arg == "name" for keyword in node.keywords)
        self.fixtures.append(
            Fixture(
                name=UNKNOWN,
                file=self.file,
                line=node.lineno,
                column=node.col_offset + 1,
                decorator=_FIXTURES[self.names.resolve(node.func)],
                is_async=not isinstance(around, ast.FunctionDef),
                scope=scope_of(node, keywords),
                loop_scope=text(keywords.get("loop_scope")),
            )
        )

    def _read_target(self, target: ast.expr) -> None:
        # These count, as `config.inicfg[...]` does: plugins read them after the hooks.
        if isinstance(target, ast.Attribute) and _ends_with(target.value, "option"):
            name = target.attr
            self.sets_mode |= name == "asyncio_mode"
            if name.startswith("asyncio_default_"):
                place = (target.lineno, target.col_offset + 1)
                self.assignments.append(OptionAssignment(name, *place))
        elif isinstance(target, ast.Subscript) and _ends_with(target.value, "inicfg"):
            self.sets_mode |= literal(target.slice) == "asyncio_mode"


@lru_cache(maxsize=4096)
def _one_of(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return one object for all that are equal: thousands of tests ask for the same fixtures."""
    return names


def _requests(node: Function) -> Iterator[str]:
    """Yield the parameters that pytest fills in: neither with a default nor positional only."""
    arguments = node.args.args
    given = arguments[: max(len(arguments) - len(node.args.defaults), 0)]
    yield from (argument.arg for argument in given if argument.arg not in _NO_FIXTURES)
    for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        if default is None:
            yield argument.arg


def _assigned(body: list[ast.stmt]) -> frozenset[str]:
    return frozenset(
        target.id
        for node in body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    )


def _aliases(body: list[ast.stmt], naming: Naming) -> Iterator[tuple[str, str]]:
    """Yield what is imported or assigned under the name of a test, and its name here."""
    for node in statements([node for node in body if not isinstance(node, ast.If)]):
        if isinstance(node, ast.ImportFrom):
            names = [(alias.asname or alias.name,) * 2 for alias in node.names]
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
            of = node.value.id
            names = [(target.id, of) for target in node.targets if isinstance(target, ast.Name)]
        else:
            continue
        yield from (pair for pair in names if naming.is_function(pair[0]))


def _texts(body: list[ast.stmt], *names: str) -> Iterator[str]:
    """Yield the texts in what is assigned to one of some names."""
    for node in body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id in names for target in node.targets
        ):
            yield from (
                item.value
                for item in walk(node.value)
                if isinstance(item, ast.Constant) and isinstance(item.value, str)
            )


def _is_read(source: Source, name: str) -> bool:
    return any(
        node.id == name and isinstance(node.ctx, ast.Load) for node in source.nodes.of(ast.Name)
    )


def _ends_with(node: ast.expr, name: str) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr == name) or (
        isinstance(node, ast.Name) and node.id == name
    )

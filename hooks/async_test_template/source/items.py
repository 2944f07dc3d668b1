"""What one Python file holds, as far as tests are concerned: plain data."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

#: A scope that is not written as a plain string, so it is unknown without running the code.
UNKNOWN = "?"


class Mark(NamedTuple):
    """A marker as it was written: `pytest.mark.<name>`, called or not.

    Attributes:
        name: without `pytest.mark.`.
        loop_scope: `loop_scope=` or the deprecated `scope=` of `mark.asyncio`, or None.
        has_arguments: it is called with at least one argument.
        names: the fixtures of `usefixtures`, the parameters of `parametrize`.

    """

    name: str
    line: int
    column: int
    loop_scope: str | None = None
    has_arguments: bool = False
    names: tuple[str, ...] = ()


class Fixture(NamedTuple):
    """A function that a fixture decorator was put on, or put over by a call.

    Attributes:
        name: what tests ask for; UNKNOWN for one made by calling the decorator.
        decorator: `pytest.fixture` or `pytest_asyncio.fixture`, also for an alias.
        scope: pytest's fixture scope, `function` by default, UNKNOWN if computed.
        loop_scope: as given to the decorator, or None.
        requests: names of the fixtures it takes.
        owner: the class it is in, or None.
        is_generator: it yields its value.
        function: the name of the function, which a `name=` may hide from tests.

    """

    name: str
    file: str
    line: int
    column: int
    decorator: str
    is_async: bool
    scope: str = "function"
    loop_scope: str | None = None
    autouse: bool = False
    requests: tuple[str, ...] = ()
    owner: str | None = None
    is_generator: bool = False
    function: str = ""


class Test(NamedTuple):
    """A test function as pytest would collect it.

    Attributes:
        marks: its own, then its class's, then its module's.
        requests: names of the fixtures it takes, by parameter or by `usefixtures`.
        owner: the class it is in, or None.
        in_unittest: it is a method of a `unittest` class, which no plugin's mark reaches.
        wrapped: a decorator that is no mark may have made something else of it.
        decorators: names of those that may run it; what replaces names or skips it does not.

    """

    name: str
    file: str
    line: int
    column: int
    is_async: bool
    marks: tuple[Mark, ...] = ()
    requests: tuple[str, ...] = ()
    owner: str | None = None
    in_unittest: bool = False
    wrapped: bool = False
    decorators: tuple[str, ...] = ()

    def mark(self, name: str) -> Mark | None:
        """Return the closest mark of that name; it is the one that plugins read."""
        return next((mark for mark in self.marks if mark.name == name), None)


class Class(NamedTuple):
    """A class as far as its tests are concerned, its own and those of classes that derive from it.

    Attributes:
        name: its own name, without the classes around it.
        line: of its `class`.
        bases: dotted names, as far as imports show; an empty text for anything else.
        marks: those of its decorators and its `pytestmark`, and of the classes around it.
        tests: its async methods that are named like tests, with their own marks alone.
        methods: names of all its methods.
        is_named: it is named like a class with tests.
        is_opaque: something may run its tests, or mark them, that cannot be seen: a metaclass, an
            unknown decorator, a method that decides how tests run.
        is_test: its `__test__`, None where it has none.

    """

    name: str
    line: int
    bases: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    tests: tuple[Test, ...] = ()
    methods: frozenset[str] = frozenset()
    is_named: bool = False
    is_opaque: bool = False
    is_test: bool | None = None


class OptionAssignment(NamedTuple):
    """`config.option.asyncio_default_… = …` in a hook."""

    name: str
    line: int
    column: int


class Ignored(NamedTuple):
    """A path or a pattern that a conftest.py keeps pytest out of.

    Attributes:
        path: as it is written, from the folder of the conftest.py.
        pythons: the Pythons, by their minors, on which it certainly does.
        is_always: whether there is no condition.

    """

    path: str
    pythons: frozenset[int]
    is_always: bool


class Module(NamedTuple):
    """What one file holds.

    Attributes:
        file: path from the project's root, with forward slashes.
        assignments: pytest options that a hook sets too late.
        anyio_backends: places where a module-level `anyio_backends` is assigned.
        imports: the modules that it imports, or imports from, with the line.
        has_item_hook: a hook in it may mark or run async tests in its own way.
        runs_tests: such a hook is `pytest_pyfunc_call`, which runs them.
        has_fixture_star: a star import may have brought a fixture decorator.
        assigned: names that it assigns at its top level.
        imports_all: a star import brings unknown names.
        plugins: what its `pytest_plugins` names.
        hands_out: it has a `pytest_generate_tests`, which may provide any argument, or makes
            fixtures by calls that name them.
        classes: every class at its top level, or in another one.
        marks: those of its `pytestmark`.
        hides_marks: a `pytestmark` may hold more, or comes from elsewhere.
        is_test: its `__test__`, None where it has none.
        targets: what each name stands for that an import binds.
        ignored: what its `collect_ignore` and `collect_ignore_glob` name.
        holds_tests: it is named like a file with tests, or looks like one.
        coroutines: the async functions at its top level, which other files may import as tests.
        aliases: names of tests that it imports or assigns at its top level, with what each one is
            called in this file.
        wrappers: functions at its top level that give an async function back, as decorators do.
        sets_mode: it assigns pytest-asyncio's mode, as a hook can.
        is_outline: the file was not parsed, and only its imports are known.

    """

    file: str
    fixtures: tuple[Fixture, ...] = ()
    tests: tuple[Test, ...] = ()
    assignments: tuple[OptionAssignment, ...] = ()
    anyio_backends: tuple[tuple[int, int], ...] = ()
    imports: Mapping[str, int] = MappingProxyType({})
    has_item_hook: bool = False
    runs_tests: bool = False
    has_fixture_star: bool = False
    assigned: frozenset[str] = frozenset()
    imports_all: bool = False
    plugins: tuple[str, ...] = ()
    hands_out: bool = False
    classes: tuple[Class, ...] = ()
    marks: tuple[Mark, ...] = ()
    hides_marks: bool = False
    is_test: bool | None = None
    targets: Mapping[str, str] = MappingProxyType({})
    ignored: tuple[Ignored, ...] = ()
    holds_tests: bool = False
    coroutines: tuple[Test, ...] = ()
    aliases: Mapping[str, str] = MappingProxyType({})
    wrappers: frozenset[str] = frozenset()
    sets_mode: bool = False
    is_outline: bool = False

"""On which Pythons a condition is true, as far as that is known without running it.

A set of Pythons is one of minor versions: 14 is Python 3.14.
"""

from __future__ import annotations

import ast
import operator
import re
from collections import Counter
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, cast

from async_test_template.dependencies.bounds import PYTHONS
from async_test_template.source.classes import statements
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import TypeGuard

    from async_test_template.source.source import Source

Pythons: TypeAlias = frozenset[int]
#: What a name may stand for.
Values: TypeAlias = frozenset[object]

#: The minor versions of Python 3 that there are, and some that may come.
EVERY: Pythons = frozenset(range(PYTHONS))
#: A test may look at the patch as well: then the Python of one minor reaches both branches.
_PATCHES = (*range(8), 99)
_UNKNOWN = object()
#: Where a name of the standard library is (minor versions of its first release and of the first
#: one without it, 99 for none), as far as people ask for it: docs.python.org, What's New.
_LIVES = {
    "asyncio.AbstractChildWatcher": (0, 14),
    "asyncio.Barrier": (11, 99),
    "asyncio.EventLoop": (13, 99),
    "asyncio.FastChildWatcher": (0, 14),
    "asyncio.MultiLoopChildWatcher": (8, 14),
    "asyncio.PidfdChildWatcher": (9, 14),
    "asyncio.Runner": (11, 99),
    "asyncio.SafeChildWatcher": (0, 14),
    "asyncio.TaskGroup": (11, 99),
    "asyncio.ThreadedChildWatcher": (8, 14),
    "asyncio.all_tasks": (7, 99),
    "asyncio.async": (0, 7),
    "asyncio.coroutine": (0, 11),
    "asyncio.create_task": (7, 99),
    "asyncio.current_task": (7, 99),
    "asyncio.eager_task_factory": (12, 99),
    "asyncio.exceptions": (8, 99),
    "asyncio.get_child_watcher": (0, 14),
    "asyncio.get_event_loop_policy": (0, 16),
    "asyncio.get_running_loop": (7, 99),
    "asyncio.iscoroutinefunction": (0, 16),
    "asyncio.run": (7, 99),
    "asyncio.set_child_watcher": (0, 14),
    "asyncio.set_event_loop_policy": (0, 16),
    "asyncio.timeout": (11, 99),
    "asyncio.timeout_at": (11, 99),
    "asyncio.timeouts": (11, 99),
    "asyncio.to_thread": (9, 99),
    "builtins.ExceptionGroup": (11, 99),
    "builtins.aiter": (10, 99),
    "builtins.anext": (10, 99),
    "contextlib.AsyncExitStack": (7, 99),
    "contextlib.aclosing": (10, 99),
    "contextlib.asynccontextmanager": (7, 99),
    "inspect.markcoroutinefunction": (12, 99),
    "six.PY2": (99, 99),
    "six.PY3": (0, 99),
    "tomllib": (11, 99),
    "unittest.IsolatedAsyncioTestCase": (8, 99),
    "unittest.mock.AsyncMock": (8, 99),
}
_OPERATORS: Mapping[type[ast.cmpop], Callable[[object, object], object]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,  # type: ignore[dict-item]
    ast.LtE: operator.le,  # type: ignore[dict-item]
    ast.Gt: operator.gt,  # type: ignore[dict-item]
    ast.GtE: operator.ge,  # type: ignore[dict-item]
    ast.In: lambda one, others: one in others,  # type: ignore[operator]
    ast.NotIn: lambda one, others: one not in others,  # type: ignore[operator]
}
# `PY313`, `IS_PY_3_13_PLUS`, `PYTHON_GE_313`, `py313_or_later`, `PY_LT_313`: names that projects
# give to a test, and import from where they made it.
_NAME = re.compile(
    r"_*(?:is_|at_least_)?py(?:thon)?_?(?:ge|gte|(?P<less>lt|below|before|older_than))?_?"
    r"3_?(?P<minor>\d\d?)"
    r"(?:_?(?:plus|ge|and_(?:later|up|newer|above)|or_(?:later|up|newer|above|greater|higher)))?",
    re.IGNORECASE,
)
# `PYTHON_VERSION_INFO`, `PY_VERSION_INFO`: names of the whole version, which have it elsewhere.
_WHOLE = re.compile(r"_*py(?:thon)?_?version_?info", re.IGNORECASE)
#: Exceptions that are caught around code which an older or a newer Python does not have.
_LACKING = {"ImportError", "ModuleNotFoundError", "AttributeError", "NameError", "Exception"}
_INFO = ("major", "minor", "micro", "releaselevel", "serial")


class Outcome(NamedTuple):
    """The result of a condition.

    Attributes:
        true: the Pythons on which it may hold.
        false: the Pythons on which it may not.

    """

    true: Pythons = EVERY
    false: Pythons = EVERY


class Conditions:
    """The conditions of one file."""

    def __init__(self, source: Source) -> None:
        """Take the file, for its names and constants."""
        self._source = source
        self._known: dict[ast.expr, Outcome] = {}
        self._values: dict[tuple[str, tuple[object, ...]], object] = {}

    def judge(self, condition: ast.expr) -> Outcome:
        """Tell on which Pythons a condition may hold, and on which it may not."""
        if condition not in self._known:
            answers = {
                (minor, self._holds(condition, (3, minor, patch, "final", 0)))
                for minor in EVERY
                for patch in _PATCHES
            }
            self._known[condition] = Outcome(
                frozenset(minor for minor, answer in answers if answer is not False),
                frozenset(minor for minor, answer in answers if answer is not True),
            )
        return self._known[condition]

    @cached_property
    def constants(self) -> dict[str, ast.expr]:
        """The values of the file's names that are assigned once, at its top level."""
        assigned = {
            name: _assigned(places[0], name)
            for name, places in self._assignments.items()
            if len(places) == 1
        }
        return {name: value for name, value in assigned.items() if value is not None}

    def lacking(self, around: ast.Try, handler: ast.ExceptHandler) -> Pythons:
        """Return the Pythons that lack what a `try` uses, every one if that is not known."""
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        names = {self._source.names.resolve(kind) for kind in kinds if kind is not None}
        if not names & _LACKING:
            return EVERY
        asked = [
            lacking
            for statement in around.body
            for name in self._asked_for(statement)
            if (lacking := _without(name)) is not None
        ]
        return frozenset().union(*asked) if asked else EVERY

    def _asked_for(self, statement: ast.stmt) -> Iterator[str]:
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            yield from (f"{statement.module}.{alias.name}" for alias in statement.names)
            yield statement.module or ""
        else:
            for node in walk(statement):
                if isinstance(node, (ast.Attribute, ast.Name)):
                    yield self._source.names.resolve(node)

    @cached_property
    def _assignments(self) -> dict[str, list[ast.stmt]]:
        """The statements of the file's top level that assign a name, if no others do.

        Nothing is known of a name that is simply assigned again: what stands between sees both.
        """
        nodes = self._source.nodes
        counts = Counter(
            name.id for name in nodes.of(ast.Name) if not isinstance(name.ctx, ast.Load)
        )
        counts.update(parameter.arg for parameter in nodes.of(ast.arg))
        found: dict[str, list[ast.stmt]] = {}
        for statement in self._source.tree.body:
            for inner in statements([statement]):
                for name in _targets(inner):
                    counts[name] -= 1
                    if statement not in (places := found.setdefault(name, [])):
                        places.append(statement)
        return {
            name: places
            for name, places in found.items()
            if not counts[name] and not any(name in _targets(again) for again in places[1:])
        }

    def _assigned(self, name: str, version: tuple[object, ...]) -> object:
        """Return the value that a name has at the end of the file."""
        key = (name, version)
        if key not in self._values:
            self._values[key] = _UNKNOWN
            values = self._after(self._assignments[name], name, frozenset(), version)
            if len(values) == 1:
                (self._values[key],) = values
        return self._values[key]

    def _after(
        self, block: Sequence[ast.stmt], name: str, values: Values, version: tuple[object, ...]
    ) -> Values:
        """Return the values that a name may have after a block, from those before it."""
        for statement in block:
            if isinstance(statement, ast.If):
                values = frozenset().union(
                    *(
                        self._after(branch, name, values, version)
                        for branch in self._branches(statement, version)
                    )
                )
            elif isinstance(statement, ast.Try):
                values = self._after_try(statement, name, values, version)
            elif isinstance(statement, (ast.With, ast.AsyncWith)):
                values = self._after(statement.body, name, values, version)
            elif (value := _assigned(statement, name)) is not None:
                values = frozenset({self._value(value, version)})
        return values

    def _branches(
        self, statement: ast.If, version: tuple[object, ...]
    ) -> Iterator[Sequence[ast.stmt]]:
        """Yield the blocks of an `if`, with all its `elif`, one of which runs on a Python."""
        while (holds := self._holds(statement.test, version)) is not True:
            if holds is None:
                yield statement.body
            if len(statement.orelse) != 1 or not isinstance(statement.orelse[0], ast.If):
                yield statement.orelse
                return
            statement = statement.orelse[0]
        yield statement.body

    def _after_try(
        self, statement: ast.Try, name: str, values: Values, version: tuple[object, ...]
    ) -> Values:
        done = self._after([*statement.body, *statement.orelse], name, values, version)
        lacking = [self.lacking(statement, handler) for handler in statement.handlers]
        # A handler begins wherever the body was left.
        begun = values | self._after(statement.body, name, values, version)
        handled = [
            self._after(handler.body, name, begun, version)
            for handler, pythons in zip(statement.handlers, lacking, strict=True)
            if version[1] in pythons
        ]
        fails = any(version[1] in pythons for pythons in lacking if pythons != EVERY)
        after = frozenset().union(frozenset() if fails else done, *handled)
        return self._after(statement.finalbody, name, after, version)

    def _holds(self, node: ast.expr, version: tuple[object, ...]) -> bool | None:
        """Tell whether a condition is true on a Python; None if it is unknown."""
        if isinstance(node, ast.BoolOp):
            answers = [self._holds(value, version) for value in node.values]
            decides = isinstance(node.op, ast.Or)
            if decides in answers:
                return decides
            return None if None in answers else not decides
        if _is_not(node):
            answer = self._holds(node.operand, version)
            return None if answer is None else not answer
        if isinstance(node, ast.Compare):
            return self._compares(node, version)
        if isinstance(node, ast.Call):
            return self._is_there(node, version)
        value = self._value(node, version)
        return None if value is _UNKNOWN else bool(value)

    def _compares(self, node: ast.Compare, version: tuple[object, ...]) -> bool | None:
        values = [self._value(value, version) for value in (node.left, *node.comparators)]
        answers: list[bool | None] = []
        for (one, other), kind in zip(pairwise(values), node.ops, strict=True):
            compare = _OPERATORS.get(type(kind))
            if one is _UNKNOWN or other is _UNKNOWN or compare is None:
                answers.append(None)
                continue
            try:
                answers.append(bool(compare(one, other)))
            except TypeError:
                answers.append(None)
        if False in answers:
            return False
        return None if None in answers else True

    def _is_there(self, call: ast.Call, version: tuple[object, ...]) -> bool | None:
        """Judge `hasattr(asyncio, "timeout")` and `getattr(asyncio, "timeout", None)`."""
        names = self._source.names
        called = names.resolve(call.func)
        if called == "bool" and len(call.args) == 1:
            return self._holds(call.args[0], version)
        if called not in {"hasattr", "getattr"} or len(call.args) < 2:  # noqa: PLR2004
            return None
        attribute = call.args[1]
        if not isinstance(attribute, ast.Constant) or not isinstance(attribute.value, str):
            return None
        return _is_in(f"{names.resolve(call.args[0])}.{attribute.value}", version)

    def _value(self, node: ast.expr, version: tuple[object, ...]) -> object:  # noqa: C901, PLR0911
        """Return the value of an expression on a Python, as far as that is certain."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            values = tuple(self._value(item, version) for item in node.elts)
            return _UNKNOWN if _UNKNOWN in values else values
        if isinstance(node, ast.Subscript):
            return self._part(node, version)
        if isinstance(node, ast.Call):
            return self._called(node, version)
        if isinstance(node, (ast.Compare, ast.BoolOp)) or _is_not(node):
            answer = self._holds(node, version)
            return _UNKNOWN if answer is None else answer
        if isinstance(node, ast.IfExp):
            holds = self._holds(node.test, version)
            chosen = node.body if holds else node.orelse
            return _UNKNOWN if holds is None else self._value(chosen, version)
        name = self._source.names.resolve(node)
        if name == "sys.version_info":
            return version
        if name == "sys.hexversion":
            return int(f"{version[0]:02x}{version[1]:02x}{version[2]:02x}f0", 16)
        owner, _, last = name.rpartition(".")
        if owner == "sys.version_info" and last in _INFO:
            return version[_INFO.index(last)]
        if name in self._assignments:
            return self._assigned(name, version)
        return self._named(name, version)

    def _named(self, name: str, version: tuple[object, ...]) -> object:
        """Judge a name by where it lives, or by what it says."""
        answer = _is_in(name, version)
        if answer is not None:
            return answer
        last = name.rpartition(".")[2]
        if _WHOLE.fullmatch(last):
            return version
        match = _NAME.fullmatch(last)
        if match is None:
            return _UNKNOWN
        is_later = version[:2] >= (3, int(match["minor"]))
        return not is_later if match["less"] else is_later

    def _called(self, call: ast.Call, version: tuple[object, ...]) -> object:  # noqa: PLR0911
        """Return the value of a call: `platform` says the version as text, others say yes or no."""
        called = self._source.names.resolve(call.func)
        if called == "platform.python_version_tuple":
            return tuple(map(str, version[:3]))
        if called == "platform.python_version":
            return ".".join(map(str, version[:3]))
        if called == "int" and len(call.args) == 1:
            return _number(self._value(call.args[0], version))
        if called == "map" and len(call.args) == 2:  # noqa: PLR2004
            parts = self._value(call.args[1], version)
            if not isinstance(parts, tuple) or getattr(call.args[0], "id", "") != "int":
                return _UNKNOWN
            return tuple(map(_number, parts))
        if called == "tuple" and len(call.args) == 1 and isinstance(call.args[0], ast.Call):
            return self._called(call.args[0], version)
        answer = self._is_there(call, version)
        return _UNKNOWN if answer is None else answer

    def _part(self, node: ast.Subscript, version: tuple[object, ...]) -> object:
        """Return a part of the version, as `sys.version_info[0]`, or `[:2]` or `[0:2]` of it."""
        whole = self._value(node.value, version)
        if not isinstance(whole, tuple):
            return _UNKNOWN
        index = node.slice
        if isinstance(index, ast.Constant) and isinstance(index.value, int):
            return whole[index.value] if index.value < len(whole) else _UNKNOWN
        if isinstance(index, ast.Slice) and index.step is None:
            lower, upper = index.lower, index.upper
            is_whole = lower is None or (isinstance(lower, ast.Constant) and lower.value == 0)
            if is_whole and isinstance(upper, ast.Constant) and isinstance(upper.value, int):
                return whole[: upper.value]
        return _UNKNOWN


def _number(value: object) -> object:
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) else _UNKNOWN


def _is_not(node: ast.expr) -> TypeGuard[ast.UnaryOp]:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _targets(statement: ast.stmt) -> list[str]:
    """Return the names to which a statement gives its value."""
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets = [statement.target]
    else:
        targets = []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _assigned(statement: ast.stmt, name: str) -> ast.expr | None:
    """Return the value that a statement gives to a name."""
    is_assigned = name in _targets(statement)
    return cast("ast.Assign | ast.AnnAssign", statement).value if is_assigned else None


def _without(name: str) -> Pythons | None:
    """Return the Pythons whose standard library lacks a name, None where nothing is known of it."""
    lives = _LIVES.get(name)
    return None if lives is None else frozenset(m for m in EVERY if not lives[0] <= m < lives[1])


def _is_in(name: str, version: tuple[object, ...]) -> bool | None:
    lacking = _without(name)
    return None if lacking is None else version[1] not in lacking

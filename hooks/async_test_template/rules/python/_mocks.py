"""Mocks that cannot be awaited, and what they are put in the place of."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.rules.on_code import keyword, text_of
from async_test_template.source.changes import replace_node
from async_test_template.source.new_imports import bind_name
from async_test_template.source.nodes import root_of, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.source.source import Function, Source

#: pytest-mock's fixture passes the module on.
_MODULES = ("unittest.mock", "mocker")
_KINDS = ("Mock", "MagicMock", "NonCallableMock", "NonCallableMagicMock")
_CLASSES = tuple(f"{module}.{kind}" for module in _MODULES for kind in _KINDS)
_PATCH = frozenset(f"{module}.patch" for module in _MODULES)
_PATCH_OBJECT = frozenset(f"{name}.object" for name in _PATCH)
#: Literals: nobody can await what they give.
_LITERALS = (ast.Constant, ast.Dict, ast.JoinedStr, ast.List, ast.Set, ast.Tuple)
#: Of a `patch` or `setattr`: with others it does more than to put a value in a place.
_NAMED = frozenset({"new", "new_callable", "raising", "return_value"})
_NAME_AND_VALUE = 2


class Mock(NamedTuple):
    """A mock that is made, or a class of them that `patch` gets.

    Attributes:
        made: the class, as it is written.
        value: the call, or the class itself behind `new_callable=`.

    """

    made: ast.Name | ast.Attribute
    value: ast.expr

    @property
    def kind(self) -> str:
        """The name of the class."""
        return self.made.attr if isinstance(self.made, ast.Attribute) else self.made.id


class Target(NamedTuple):
    """What is replaced.

    Attributes:
        name: its dotted name, or as it is written.
        is_of_object: it is of an object whose class is not known.

    """

    name: str
    is_of_object: bool = False


class Mention(NamedTuple):
    """Where a function mentions a name.

    Attributes:
        node: the name with the attributes and calls behind it.
        path: those attributes, and `()` for each call.

    """

    node: ast.expr
    path: tuple[str, ...]


def mocks(source: Source) -> Iterator[Mock]:
    """Yield the mocks of which neither a call nor an attribute can be awaited."""
    for made in source.references(*_CLASSES):
        around = source.parents[made]
        if not (source.names.is_certain(made) or source.names.resolve(made).startswith("mocker.")):
            continue
        if isinstance(around, ast.Call) and around.func is made and _is_plain(around):
            yield Mock(made, around)
        elif isinstance(around, ast.keyword) and around.arg == "new_callable":
            yield Mock(made, made)


def _is_plain(call: ast.Call) -> bool:
    """Tell whether a mock has no specification, and returns another mock or a literal."""
    return not call.args and all(
        given.arg == "name" or (given.arg == "return_value" and isinstance(given.value, _LITERALS))
        for given in call.keywords
    )


def replaced(source: Source, value: ast.expr) -> Target | None:
    """Return what a value is put in the place of, None if that is not certain.

    Args:
        source: the file.
        value: what `patch` or `setattr` gets, or the class that `patch` is to call.

    """
    call = source.parents[value]
    if isinstance(call, ast.keyword):
        call = source.parents[call]
    if not isinstance(call, ast.Call) or value is call.func:
        return None
    given = keyword(call, "return_value")
    if (given and not isinstance(given.value, _LITERALS)) or not _NAMED.issuperset(
        {own.arg for own in call.keywords}
    ):
        return None
    name = source.names.resolve(call.func)
    if name in _PATCH:
        return _by_name(call.args)
    if name in _PATCH_OBJECT:
        return _by_owner(source, call.args)
    if name == "monkeypatch.setattr":
        is_whole = len(call.args) <= _NAME_AND_VALUE
        return _by_name(call.args) if is_whole else _by_owner(source, call.args)
    return None


def _by_name(places: list[ast.expr]) -> Target | None:
    """Return what a dotted name is of; behind it there is only the value."""
    name = text_of(places[0]) if 1 <= len(places) <= _NAME_AND_VALUE else None
    return Target(name) if name else None


def _by_owner(source: Source, places: list[ast.expr]) -> Target | None:
    """Return what an owner and a name are of; behind them there is only the value."""
    if not _NAME_AND_VALUE <= len(places) <= _NAME_AND_VALUE + 1:
        return None
    owner, name = places[0], text_of(places[1])
    if not name:
        return None
    if source.names.is_certain(owner):
        return Target(f"{source.names.resolve(owner).lstrip('.')}.{name}")
    root = root_of(owner)
    if not isinstance(root, ast.Name) or root.id in source.names.imported:
        return None
    return Target(f"{source.text(owner)}.{name}", is_of_object=True)


def mentions(source: Source, function: Function, name: str) -> Iterator[Mention]:
    """Yield where a function mentions a name, the functions within it included."""
    for node in walk(function):
        if isinstance(node, ast.Name) and node.id == name:
            path: list[str] = []
            outer: ast.expr = node
            while True:
                around = source.parents[outer]
                if isinstance(around, ast.Attribute):
                    path.append(around.attr)
                elif isinstance(around, ast.Call) and around.func is outer:
                    path.append("()")
                else:
                    break
                outer = around
            yield Mention(outer, tuple(path))


def as_async(source: Source, mock: Mock) -> tuple[Edit, ...]:
    """Make an `AsyncMock` of a mock.

    Raises:
        EditError: the name has another meaning in the file.

    """
    if isinstance(mock.made, ast.Attribute):
        return (replace_node(source, mock.made, f"{source.text(mock.made.value)}.AsyncMock"),)
    name, edits = bind_name(source, "unittest.mock", "AsyncMock")
    return (replace_node(source, mock.made, name), *edits)

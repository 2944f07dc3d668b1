"""Mocks that cannot be awaited, and what they are put in the place of."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.rules.on_code import keyword, text_of
from async_test_template.source.changes import replace_node
from async_test_template.source.new_imports import bind_name
from async_test_template.source.nodes import walk

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


def replaced(source: Source, value: ast.expr) -> str:
    """Return the dotted name of what a value is put in the place of, "" if it is not certain.

    Args:
        source: the file.
        value: what `patch` or `setattr` gets, or the class that `patch` is to call.

    """
    call = source.parents[value]
    if isinstance(call, ast.keyword):
        call = source.parents[call]
    if not isinstance(call, ast.Call) or value is call.func:
        return ""
    given = keyword(call, "return_value")
    if (given and not isinstance(given.value, _LITERALS)) or not _NAMED.issuperset(
        {own.arg for own in call.keywords}
    ):
        return ""
    name = source.names.resolve(call.func)
    if name in _PATCH:
        return _name_in(source, call.args, 1)
    if name in _PATCH_OBJECT:
        return _name_in(source, call.args, 2)
    if name == "monkeypatch.setattr":
        # With two arguments, the first is the whole name.
        return _name_in(source, call.args, 1 if len(call.args) <= _NAME_AND_VALUE else 2)
    return ""


def _name_in(source: Source, places: list[ast.expr], count: int) -> str:
    """Return the name that the first one or two arguments of a call give; then comes the value."""
    texts = [text_of(each) for each in places]
    if not count <= len(places) <= count + 1:
        return ""
    if count == 1:
        return texts[0] or ""
    if source.names.is_certain(places[0]):
        owner = source.names.resolve(places[0]).lstrip(".")
        return f"{owner}.{texts[1]}" if owner and texts[1] else ""
    return ""


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

"""Marks that are assigned to a name like `pytestmarks`, which pytest does not read."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.rules.importers import is_named_elsewhere
from async_test_template.source.classes import statements
from async_test_template.source.decorators import marks_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.items import Mark, Test
    from async_test_template.source.source import Source

#: The marks that make a plugin run an async test.
_RUNNERS = frozenset({"asyncio", "anyio", "trio"})
#: The bytes of a file that may assign to such a name.
WORDS = rb"pytestmarks|pytestmarker|pytest_mark|pytestMark|PYTESTMARK|_pytestmark|pytesmark"
_NAME = re.compile(r"_*(?:py_?test|pytes)_?mark(?:s|er|ers)?_*", re.IGNORECASE)
_RIGHT = "pytestmark"


class Misspelt(NamedTuple):
    """One such assignment.

    Attributes:
        owner: the name of the class that it is in, or None.
        target: the name that is assigned.
        marks: what is assigned.
        has_right_one: `pytestmark` is assigned in the same place, or imported.

    """

    owner: str | None
    target: ast.Name
    marks: tuple[Mark, ...]
    has_right_one: bool

    def is_for(self, test: Test) -> bool:
        """Tell whether a test would have the marks if the name were right."""
        return test.is_async and not test.in_unittest and self.owner in {None, test.owner}


# The tests of a file ask one after the other.
@lru_cache(maxsize=4)
def misspelt_marks(project: Project, file: str) -> tuple[Misspelt, ...]:
    """Return the assignments of a mark that runs tests to a name that nothing else mentions."""
    if not re.search(WORDS, project.tree.read(file) or b""):
        return ()
    source = project.code.sources.get(file)
    found = [*_assigned(source, source.tree.body, None)]
    for owner in source.nodes.of(ast.ClassDef):
        found += _assigned(source, owner.body, owner.name)
    targets = {one.target for one in found}
    return tuple(
        one
        for one in found
        if targets.issuperset(source.mentions.get(one.target.id))
        and not _is_read(project, one.target.id)
        and not is_named_elsewhere(project, file, one.target.id)
    )


def has_misspelt_mark(project: Project, test: Test) -> bool:
    """Tell whether a test would have a mark that runs it if the name of that were right."""
    return any(one.is_for(test) for one in misspelt_marks(project, test.file))


def _is_read(project: Project, name: str) -> bool:
    """Tell whether code reads a name of any module or class, as a hook could."""
    read = re.compile(rb"[.\"']%s\b" % name.encode())
    return any(True for _ in project.reader.mentioning(read, (name.encode(),)))


def _assigned(source: Source, body: list[ast.stmt], owner: str | None) -> Iterator[Misspelt]:
    targets = [
        (target, node.value)
        for node in statements(body)
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    ]
    has_right_one = _RIGHT in source.names.imported or any(t.id == _RIGHT for t, _ in targets)
    for target, value in targets:
        if target.id != _RIGHT and _NAME.fullmatch(target.id):
            listed = value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]
            marks = tuple(marks_in(source.names, listed))
            if any(mark.name in _RUNNERS for mark in marks):
                yield Misspelt(owner, target, marks, has_right_one)

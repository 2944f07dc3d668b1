"""Names of a library that a release removed, as a table, and what replaces them."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.findings import Finding, Tier
from async_test_template.rules.on_code import code_finding, is_below, needs
from async_test_template.source import changes, new_imports
from async_test_template.source.nodes import root_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source


#: Code that works with both releases.
_LOOKED_FOR = re.compile(r"\bhasattr\(")
_CHOICES = (ast.If, ast.IfExp)


class Removed(NamedTuple):
    """The names of a library that are gone.

    Attributes:
        gone: the rest of the sentence, such as "was removed from trio".
        new: the name that does the same, by the old one; both with the package in front.
        hints: what a person can do, by each name that has no such successor.
        since: the library, and its first release that has the new names; empty if all have them.

    """

    gone: str
    new: Mapping[str, str]
    hints: Mapping[str, str]
    since: tuple[str, ...] = ()

    @property
    def words(self) -> bytes:
        """The last parts of the old names, as a regular expression."""
        return b"|".join(name.rpartition(".")[2].encode() for name in (*self.new, *self.hints))


def removed_names(
    project: Project, source: Source, code: str, removed: Removed
) -> Iterator[Finding]:
    """Yield where a file uses a name that is gone, with a safe fix where another does the same."""
    used = set()
    for node in source.references(*removed.new, *removed.hints):
        if not source.names.is_certain(node) or is_below(source, node, _LOOKED_FOR, _CHOICES):
            used.add(source.names.resolve(node))
        elif isinstance(node.ctx, ast.Load):
            old = source.names.resolve(node)
            used.add(old)
            yield code_finding(
                code,
                source,
                node,
                f"{old} {removed.gone}",
                tier=Tier.SAFE if old in removed.new else Tier.REPORT,
                fix=partial(_fix, project, source, node, removed),
                hint=_hint(removed, old),
            )
    for statement, old in source.imports_of(*removed.new, *removed.hints):
        # What uses an imported name is told where it does.
        is_tried = any(isinstance(around, ast.Try) for around in source.around(statement))
        if old not in used and not is_tried:
            message = f"{old} {removed.gone}"
            yield code_finding(code, source, statement, message, hint=_hint(removed, old))


def _hint(removed: Removed, old: str) -> str:
    return removed.hints.get(old) or f"use {removed.new[old]}"


def _fix(
    project: Project, source: Source, node: ast.Name | ast.Attribute, removed: Removed
) -> tuple[Edit, ...]:
    """Return the edits that use another name of the same package."""
    if removed.since:
        needs(project, *removed.since)
    package, _, rest = removed.new[source.names.resolve(node)].partition(".")
    root = root_of(node)
    if root is not node and source.names.resolve(root) == package:
        return (changes.replace_node(source, node, f"{source.text(root)}.{rest}"),)
    first, dot, others = rest.partition(".")
    name, imports = new_imports.bind_name(source, package, first)
    return (*imports, changes.replace_node(source, node, f"{name}{dot}{others}"))

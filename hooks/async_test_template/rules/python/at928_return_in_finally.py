"""AT928: `return` in `finally`."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, is_test_code
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
# Python 3.10 has no `except*`, whose block has the same parts.
_BLOCKS: set[type[ast.Try]] = {ast.Try, getattr(ast, "TryStar", ast.Try)}
_WORDS = {ast.Return: "return", ast.Break: "break", ast.Continue: "continue"}


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    if not is_test_code(source):
        return
    for block in source.nodes.of(*_BLOCKS):
        for statement in block.finalbody:
            for node in _leaving(statement, in_loop=False):
                if _is_meant(source, node):
                    continue
                yield code_finding(
                    RULE.code,
                    source,
                    node,
                    f"{_WORDS[type(node)]} in a finally replaces every error",
                    hint="let the error through: move it after the block, or into its except",
                )


def _is_meant(source: Source, node: ast.stmt) -> bool:
    """Tell whether a comment in the line silences the linters that have the same rule."""
    end = source.data.find(b"\n", source.end(node))
    comment = source.data[source.end(node) : end if end >= 0 else None]
    return _SILENCED.search(comment) is not None


def _leaving(node: ast.AST, *, in_loop: bool) -> Iterator[ast.Return | ast.Break | ast.Continue]:
    """Yield what leaves a `finally`: `break` and `continue` only for a loop around it."""
    if isinstance(node, ast.Return) or (
        isinstance(node, (ast.Break, ast.Continue)) and not in_loop
    ):
        yield node
    if isinstance(node, _FUNCTIONS):
        return
    # A nested finally is checked with its own block.
    inner: list[ast.stmt] = getattr(node, "finalbody", [])
    own = node.body if isinstance(node, _LOOPS) else []
    for child in ast.iter_child_nodes(node):
        if child not in inner:
            yield from _leaving(child, in_loop=in_loop or child in own)


#: flake8-bugbear's, flake8-simplify's and Pylint's names of this rule, the last also as Ruff's.
_SILENCED = re.compile(
    rb"#\s*(?:noqa:[^#\n]*\b(?:B012|SIM107|PLE0116|PLW0150)\b"
    rb"|pylint:\s*disable=[^#\n]*\b(?:lost-exception|return-in-finally|W0150|W0134)\b)"
)
#: A line of a `finally` that leaves it.
_SUSPECTS = re.compile(
    rb"finally:(?:(?!finally:)[^\n])*\n"
    rb"(?:[ \t]*(?:[^ \t\n][^\n]*)?\n){0,40}?[ \t]+(?:return|break|continue)\b"
).search

RULE = Rule(
    code="AT928",
    name="return-in-finally",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    python=">=3.14",
    visit=_visit,
    words=rb"finally",
    where=Where.TESTS,
    suspects=_SUSPECTS,
    alone=True,
)

"""Versions as conda and pixi write them: in environment files, in pixi.toml and `[tool.pixi]`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.config.requirement import normalised
from async_test_template.config.toml.read import table_at
from async_test_template.errors import ParseError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from async_test_template.tree import Tree

#: `0.23`, `=0.23` and `0.23.*` all mean any 0.23 (docs.conda.io, package match specifications).
_FUZZY = r"=?\s*(?P<release>\d[\d.]*?)(?:\.?\*)?(?:\s*=.*)?"
_COMPARED = r"(?:==|~=|<=?|>=?|!=)\s*\d[\d.*]*"


def specifiers(tree: Tree, name: str, files: Iterable[str]) -> Iterator[str]:
    """Yield the version specifiers of a package, as pip writes them.

    Args:
        tree: the files of the project.
        name: the package.
        files: the environment files of conda.

    """
    for text in (*_in_tables(tree, name), *_in_environments(tree, name, files)):
        if all(re.fullmatch(_COMPARED, part.strip()) for part in text.split(",")):
            yield text
        elif match := re.fullmatch(_FUZZY, text):
            yield f"=={match['release']}.*"


def _in_environments(tree: Tree, name: str, files: Iterable[str]) -> Iterator[str]:
    """Yield what follows the name of a package in an item of a list."""
    spelt = re.escape(name).replace(r"\-", "[-_.]")
    item = re.compile(
        rf"(?mi)^[ \t]*-[ \t]*[\"']?(?:[\w.-]+::)?{spelt}[ \t]*(?P<text>[=<>!~\d][^\s\"'#]*)"
    )
    for file in files:
        yield from (match["text"] for match in item.finditer(tree.text(file) or ""))


def _in_tables(tree: Tree, name: str) -> Iterator[str]:
    try:
        own = tree.toml("pixi.toml")
    except ParseError:
        # It is pixi's to complain of.
        own = {}
    for table in (own, table_at(tree.toml("pyproject.toml"), "tool", "pixi")):
        yield from (text.strip() for text in _named(table, name))


def _named(table: dict[str, object], name: str) -> Iterator[str]:
    """Yield the version of a package, in whatever dependencies of a table or of those in it."""
    for key, value in table.items():
        if not isinstance(value, dict):
            continue
        if key.endswith("dependencies"):
            for package, wanted in value.items():
                text = wanted.get("version") if isinstance(wanted, dict) else wanted
                if normalised(package) == name and isinstance(text, str):
                    yield text
        else:
            yield from _named(value, name)

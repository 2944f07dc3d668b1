"""What a repository says of itself: its name, and the pytest plugins that it ships."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.config.toml_read import value_at
from async_test_template.dependencies.declaration import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.tree import Tree

_GROUP = "pytest11"
_ENTRY = re.compile(r"^\s*[\w.-]+\s*=\s*(?P<module>[\w.]+)")


class Metadata(NamedTuple):
    """What pyproject.toml, setup.cfg or setup.py says of the project.

    Attributes:
        name: normalised (PEP 503), empty where nothing tells it.
        plugins: the modules that its entry points of the group `pytest11` name.

    """

    name: str
    plugins: tuple[str, ...]


def read_metadata(tree: Tree) -> Metadata:
    """Read a repository's name and its entry points.

    Raises:
        ParseError: pyproject.toml or setup.cfg cannot be parsed.

    """
    document = tree.toml("pyproject.toml")
    section = tree.ini("setup.cfg")
    calls = list(_setup_calls(tree))
    names = [
        value_at(document, "project", "name"),
        value_at(document, "tool", "poetry", "name"),
        value_at(document, "tool", "flit", "metadata", "dist-name"),
        section.get("metadata", {}).get("name"),
        *(_constant(keyword.value) for keyword in calls if keyword.arg == "name"),
    ]
    entries: list[str] = []
    for place in (("project", "entry-points"), ("tool", "poetry", "plugins")):
        table = value_at(document, *place, _GROUP)
        entries += (
            [f"{name} = {value}" for name, value in table.items()]
            if isinstance(table, dict)
            else []
        )
    entries += section.get("options.entry_points", {}).get(_GROUP, "").splitlines()
    for keyword in calls:
        if keyword.arg == "entry_points":
            entries += _entries(keyword.value)
    return Metadata(
        normalise(next((name for name in names if isinstance(name, str)), "")),
        tuple(match["module"] for entry in entries if (match := _ENTRY.match(entry))),
    )


def _setup_calls(tree: Tree) -> Iterator[ast.keyword]:
    """Yield the arguments of `setup(…)` in setup.py."""
    data = tree.read("setup.py")
    if data is None:
        return
    try:
        parsed = ast.parse(data)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(parsed):
        if isinstance(node, ast.Call) and "setup" in ast.unparse(node.func):
            yield from node.keywords


def _constant(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _entries(node: ast.expr) -> list[str]:
    """Give the lines of the group in `entry_points=`, a mapping or the text of an INI file."""
    if isinstance(node, ast.Dict):
        return [
            line
            for key, value in zip(node.keys, node.values, strict=True)
            if key is not None and _constant(key) == _GROUP
            for inner in ast.walk(value)
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str)
            for line in inner.value.splitlines()
        ]
    text = _constant(node)
    if not isinstance(text, str):
        return []
    _, _, rest = text.partition(f"[{_GROUP}]")
    return rest.partition("\n[")[0].splitlines()

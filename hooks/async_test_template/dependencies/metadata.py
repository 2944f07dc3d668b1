"""What a repository says about itself: its name, and the pytest plugins that it ships."""

import re
from typing import NamedTuple

from async_test_template.config.requirement import normalised
from async_test_template.config.toml.read import value_at
from async_test_template.tree import Tree

_GROUP = "pytest11"
_ENTRY = r"^\s*[\w.-]+\s*=\s*(?P<module>[\w.]+)"


class Metadata(NamedTuple):
    """The project's metadata in pyproject.toml, setup.cfg or setup.py.

    Attributes:
        name: normalised (PEP 503), empty if it is unknown.
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
    in_setup = tree.read("setup.py")
    said: tuple[list[object], list[str]] = ([], [])
    if in_setup is not None:
        # Imported here: it needs `ast`, and most projects have no setup.py.
        from async_test_template.dependencies.setup_py import read_setup

        said = read_setup(in_setup, _GROUP)
    names = [
        value_at(document, "project", "name"),
        value_at(document, "tool", "poetry", "name"),
        value_at(document, "tool", "flit", "metadata", "dist-name"),
        section.get("metadata", {}).get("name"),
        *said[0],
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
    entries += said[1]
    return Metadata(
        normalised(next((name for name in names if isinstance(name, str)), "")),
        tuple(match["module"] for entry in entries if (match := re.match(_ENTRY, entry))),
    )

"""Whether the settings turn a warning into an error."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from async_test_template.project import Project

#: No class in a filter means all of them.
EVERY = frozenset({"", "Warning"})
_OPTIONS = ("-W", "--pythonwarnings")


class Warned(NamedTuple):
    """A warning: its text, its class, and the names of those that the class derives from."""

    text: str
    classes: frozenset[str]


def is_fatal(project: Project, warned: Warned) -> bool:
    """Tell whether a warning becomes an error: the last filter that fits it decides."""
    lines = project.settings.lines_of("filterwarnings") + filters_of_options(project)
    actions = [line.split(":")[0].strip() for line in lines if _fits(line, warned)]
    return bool(actions) and actions[-1] == "error"


def filters_of_options(project: Project) -> list[str]:
    """Return the filters that `addopts` sets with `-W`."""
    words = [option.text for option in project.settings.addopts]
    after = [new for old, new in itertools.pairwise(words) if old in _OPTIONS]
    return after + [w.removeprefix("-W") for w in words if w.startswith("-W") and w not in _OPTIONS]


def _fits(line: str, warned: Warned) -> bool:
    """Tell whether a filter fits a warning, wherever that comes from."""
    _, message, category, *place = (part.strip() for part in f"{line}::".split(":", 4)[:4])
    is_meant = message.replace("\\", "").strip(".*^") in warned.text
    return is_meant and category.rpartition(".")[2] in warned.classes and not any(place)

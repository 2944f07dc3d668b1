"""Which files import a fixture, or anything else, from another one."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.rules.premises.unloaded import loading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.items import Fixture


def importers(project: Project, fixture: Fixture) -> Iterator[str]:
    """Yield the files that import a fixture by its name, or everything from its file."""
    if fixture.owner is not None:
        return
    name = fixture.function
    path = fixture.file.removesuffix("/__init__.py").removesuffix(".py")
    stem = path.rpartition("/")[2].encode()
    for module in project.code.modules:
        if module.file == fixture.file:
            continue
        known = [own for own, target in module.targets.items() if target.endswith(f".{name}")]
        is_named = any(
            (fixture.file, name) in project.code.lineage.steps(module.file, own) for own in known
        )
        brings_all = module.imports_all and stem in (project.tree.read(module.file) or b"")
        if is_named or brings_all:
            yield module.file


def is_named_elsewhere(project: Project, file: str, name: str) -> bool:
    """Tell whether another file that loads a file mentions a name that this one defines."""
    return name in _words_of_loading(project, file)


# All names of a file are asked for one after the other.
@lru_cache(maxsize=4)
def _words_of_loading(project: Project, file: str) -> frozenset[str]:
    """Return the words of the files that load a file."""
    return frozenset(
        word
        for data in loading(project, file)
        for word in re.findall(r"\w+", data.decode(errors="replace"))
    )

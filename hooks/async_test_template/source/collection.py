"""Which files pytest reaches, according to its configuration, conftest.py and command lines.

After `Session._collect_path` and `pytest_ignore_collect` of `_pytest/main.py`, pytest 9.2.
"""

from __future__ import annotations

import fnmatch
from itertools import pairwise
from typing import TYPE_CHECKING

from async_test_template.paths import folders_of, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from async_test_template.pytest_commands import CommandLine
    from async_test_template.settings import Settings
    from async_test_template.source.items import Module

#: pytest's own `python_files`.
TEST_FILES = ("test_*.py", "*_test.py")


class Collection:
    """What keeps pytest out of files that are named like tests."""

    def __init__(
        self, settings: Settings, commands: Iterable[CommandLine], modules: Iterable[Module]
    ) -> None:
        """Read the configuration, the command lines, and `collect_ignore` of conftest files."""
        self._test_paths = [
            word.strip("./") for line in settings.lines_of("testpaths") for word in line.split()
        ]
        self._not_recursed = [
            word for line in settings.lines_of("norecursedirs") for word in line.split()
        ]
        self._ignored = list(ignored(settings))
        self._texts = [command.text for command in commands]
        self._ignored_by = {
            module.file.removesuffix("conftest.py"): module.ignored
            for module in modules
            if module.ignored and name_of(module.file) == "conftest.py"
        }

    def collects(self, file: str) -> bool:
        """Tell whether pytest reaches a file, without arguments or with a command line."""
        return (
            self._is_below_test_paths(file)
            and not any(_is_below(file, path) for path in self._ignored)
            and not self.is_never_entered(file)
            and not any(
                each.is_always and _is_in(file, folder, each.path)
                for folder, ignored_here in self._ignored_by.items()
                for each in ignored_here
            )
        )

    def ignored_on(self, file: str) -> frozenset[int]:
        """Return the Pythons, by their minors, on which a conftest.py leaves a file out."""
        return frozenset().union(
            *(
                each.pythons
                for folder, ignored_here in self._ignored_by.items()
                for each in ignored_here
                if _is_in(file, folder, each.path)
            )
        )

    def _is_below_test_paths(self, file: str) -> bool:
        if not self._test_paths or any(_is_below(file, path) for path in self._test_paths):
            return True
        # A command line may name other folders.
        folders = folders_of(file)[:-1]
        return any(path in text for text in self._texts for path in (file, *folders))

    def is_never_entered(self, file: str) -> bool:
        """Tell whether a file is in a folder that `norecursedirs` leaves out.

        A pattern with a slash is for the end of a path, another one for the name of a folder.
        """
        return any(
            fnmatch.fnmatch(f"/{folder}", f"*/{pattern}")
            if "/" in pattern
            else fnmatch.fnmatch(name_of(folder), pattern)
            for folder in folders_of(file)[:-1]
            for pattern in self._not_recursed
        )


def ignored(settings: Settings) -> Iterator[str]:
    """Yield the paths and patterns that `addopts` leaves out."""
    words = [option.text for option in settings.addopts]
    for word, following in pairwise([*words, ""]):
        name, equals, value = word.partition("=")
        if name in {"--ignore", "--ignore-glob"}:
            yield value if equals else following


def _is_in(file: str, folder: str, path: str) -> bool:
    """Tell whether a file is at a path that is written from a folder."""
    return file.startswith(folder) and _is_below(file.removeprefix(folder), path)


def _is_below(file: str, path: str) -> bool:
    """Tell whether a file is at a path, below it, or matches it as a pattern."""
    path = path.removeprefix("./").rstrip("/")
    places = (file, *folders_of(file))
    return any(fnmatch.fnmatch(place, path) for place in places)

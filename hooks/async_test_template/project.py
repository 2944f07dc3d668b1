"""One read of a repository: everything that rules look at, each part read when it is needed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from async_test_template.boundaries import Boundaries
from async_test_template.config import in_force
from async_test_template.dependencies.gather import read_dependencies
from async_test_template.dependencies.metadata import read_metadata
from async_test_template.disk import Disk
from async_test_template.faults import Crash, looking_at
from async_test_template.paths import place_of
from async_test_template.pytest_commands import command_lines, documented_files
from async_test_template.settings import Settings
from async_test_template.tree import Tree
from async_test_template.walk import LINKED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from async_test_template.config.in_force import InForce
    from async_test_template.dependencies.metadata import Metadata
    from async_test_template.dependencies.model import Dependencies
    from async_test_template.desired import Desired
    from async_test_template.pytest_commands import CommandLine
    from async_test_template.source.collection import Collection
    from async_test_template.source.index import Index
    from async_test_template.source.looker import Looker
    from async_test_template.source.reading import Reader
    from async_test_template.source.readings import Readings, TestNames


class Memory:
    """What has been read of a repository while a plan is made.

    Attributes:
        boundaries: the other projects below.
        disk: the files as they were first read.

    """

    def __init__(self, root: Path) -> None:
        """Start with nothing read."""
        self.boundaries = Boundaries(root)
        self.disk = Disk(root, self.boundaries.is_apart)

    @cached_property
    def readings(self) -> Readings:
        """The results of reading the Python files."""
        # Imported here: most rules about configuration never look at the code.
        from async_test_template.source.readings import Readings

        return Readings()


class Project:
    """A repository as pytest sees it from its root.

    Attributes:
        root: the directory to look at.
        desired: what the user asks for.
        unsafe: unsafe fixes are made too, which raise the versions of dependencies.
        tree: its files.
        in_force: the outcome of pytest's search for its configuration.
        settings: the configuration in force.

    """

    def __init__(  # noqa: PLR0913 - what one look depends on
        self,
        root: Path,
        desired: Desired,
        changed: Mapping[str, bytes],
        memory: Memory | None = None,
        looks: Callable[[Project], Looker] | None = None,
        *,
        unsafe: bool = False,
    ) -> None:
        """Read the configuration in force.

        Args:
            root: the directory to look at.
            desired: what the user asks for.
            changed: contents that replace those on the disk.
            memory: what was read before; new readings are added.
            looks: gives what rules do with a file while it is read; None for nothing.
            unsafe: unsafe fixes are made too, which raise the versions of dependencies.

        Raises:
            UserError: a file that pytest would read cannot be read or parsed.

        """
        self.root = place_of(root)
        self.desired = desired
        self.unsafe = unsafe
        self.memory = Memory(self.root) if memory is None else memory
        self.tree = Tree(self.root, changed, self.memory.disk)
        self._looks = looks
        self._is_reading = False
        self._crash: Crash | None = None
        self.in_force: InForce = in_force.find(self.root, read=self.tree.read_path)
        self.settings = self._settings()

    @cached_property
    def dependencies(self) -> Dependencies:
        """Declared dependencies and lock files."""
        return read_dependencies(self.tree, self.members)

    @property
    def members(self) -> list[str]:
        """The folders of packages below that the settings hold for, too."""
        _ = self.memory.disk.python_files  # the walk meets them
        return self.memory.boundaries.members

    @cached_property
    def metadata(self) -> Metadata:
        """The repository's own metadata."""
        return read_metadata(self.tree)

    @cached_property
    def commands(self) -> tuple[CommandLine, ...]:
        """The lines of tox.ini, CI workflows and makefiles that call pytest."""
        return tuple(command_lines(self.tree))

    @cached_property
    def collection(self) -> Collection:
        """Which files with tests pytest reaches."""
        from async_test_template.source.collection import Collection

        return Collection(self.settings, self.commands, self.code.modules)

    @cached_property
    def code(self) -> Index:
        """Fixtures and tests of the Python files.

        Raises:
            RuntimeError: a rule that is declared to look at one file only asks for the others.
            Crash: reading them failed, now or before.

        """
        if self._is_reading:
            raise RuntimeError("a rule that is `alone` asked for the other files")
        if self._crash is not None:
            # Not once more for each rule that asks.
            raise self._crash
        self._is_reading = True
        try:
            with looking_at(""):
                return self.reader.index() if self.may_hold_code else self._index_of_nothing()
        except Crash as crash:
            self._crash = crash
            raise
        finally:
            self._is_reading = False

    @cached_property
    def may_hold_code(self) -> bool:
        """There are Python files, or links that may lead to some."""
        disk = self.tree.disk
        created = any(file.endswith(".py") for file in self.tree.changed)
        return created or bool(disk.python_files or disk.links)

    def _index_of_nothing(self) -> Index:
        """Return the index without what reads code, which takes a sixth of a run to import."""
        from async_test_template.source.index import Index

        return Index((), lambda: self.reader.sources)

    @cached_property
    def reader(self) -> Reader:
        """The reader of the Python files."""
        from async_test_template.source.reading import Reader

        looker = None if self._looks is None else self._looks(self)
        return Reader(self.tree, self.memory.readings, self._test_names(), looker)

    def _test_names(self) -> TestNames:
        from async_test_template.source.readings import TestNames

        names = TestNames()
        given = [file for line in self.commands for file in line.given_files]
        given += documented_files(self.tree)
        return TestNames(
            self._words_of("python_files") or names.files,
            tuple(sorted({file.removeprefix("./") for file in given})),
            self._words_of("python_functions") or names.functions,
            self._words_of("python_classes") or names.classes,
        )

    def _words_of(self, name: str) -> tuple[str, ...]:
        return tuple(word for line in self.settings.lines_of(name) for word in line.split())

    @property
    def unreadable(self) -> tuple[tuple[str, int, str], ...]:
        """Files that could not be read, as far as rules have asked for them.

        For Python files behind links, only those that pytest collects.
        """
        found = self.code.unreadable if "code" in self.__dict__ else ()
        left_out = [(file, 1, why) for file, why in self.memory.disk.left_out.items()]
        return tuple(
            dict.fromkeys(
                (file, line, message)
                for file, line, message in (*found, *left_out)
                if message != LINKED or not file.endswith(".py") or self.collection.collects(file)
            )
        )

    @property
    def mode(self) -> str:
        """The effective asyncio mode; pytest-asyncio's default is `strict` (since 0.19).

        For `legacy` it is the mode that replaces it (AT101, AT102), so that no other fix is made
        for a mode that will not stay.
        """
        mode = self.settings.effective("asyncio_mode") or "strict"
        return self.desired.instead_of_legacy if mode.strip().lower() == "legacy" else mode

    @property
    def uses_asyncio_plugin(self) -> bool:
        """pytest-asyncio is declared, by itself or through pytest-aiohttp, or has a setting."""
        return self.dependencies.has("pytest-asyncio") or any(
            name.startswith("asyncio_") for name in self.settings.options
        )

    def relative(self, path: Path) -> str:
        """Return a path from the root with forward slashes, or the whole path outside of it."""
        return path.relative_to(self.root).as_posix() if self.holds(path) else str(path)

    def holds(self, path: Path) -> bool:
        """Tell whether a path is in the project; nothing else is edited."""
        return path.is_relative_to(self.root)

    def _settings(self) -> Settings:
        configuration = self.in_force.configuration
        if configuration is None:
            return Settings(self.in_force, "", None)
        if not self.holds(configuration.path):
            # A folder above has it; it does not count if it has nothing for pytest.
            counts = configuration.holder is not None or configuration.refusal is not None
            return Settings(self.in_force, str(configuration.path) if counts else "", None)
        file = self.relative(configuration.path)
        return Settings(self.in_force, file, self.tree.text(file))

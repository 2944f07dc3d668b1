"""What has been read of the Python files of a repository, as long as it is valid."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.paths import name_of
from async_test_template.source.collection import TEST_FILES
from async_test_template.source.looker import ALWAYS
from async_test_template.spread import is_apart

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from async_test_template.faults import Fault
    from async_test_template.findings import Finding
    from async_test_template.source.items import Module
    from async_test_template.source.source import Source
    from async_test_template.source.statements import Statements
    from async_test_template.tree import Tree

# About 60 MB of syntax trees. Larger suites are parsed again where rules look closer.
_KEPT_BYTES = 1_000_000
# Of suites that are up to so many times larger, those trees are kept that are needed again.
_LARGE = 4
# The last ones of these are kept: a rule asks for the same few again and again.
_RECENT_BYTES = 300_000


class TestNames(NamedTuple):
    """How files with tests, and tests, are named.

    Attributes:
        files: patterns of file names, or of paths where they have a slash: `python_files`.
        given: ends of paths that a command line gives to pytest, with any names.
        functions: `python_functions`.
        classes: `python_classes`.

    """

    files: tuple[str, ...] = TEST_FILES
    given: tuple[str, ...] = ()
    functions: tuple[str, ...] = ("test",)
    classes: tuple[str, ...] = ("Test",)

    def holds_tests(self, file: str) -> bool:
        """Tell whether pytest collects tests from a file: a pattern with a slash is of a path."""
        name = name_of(file)
        return any(
            fnmatch.fnmatch(file if "/" in pattern else name, pattern) for pattern in self.files
        ) or any(file == given or file.endswith(f"/{given}") for given in self.given)


class Reading(NamedTuple):
    """The result of reading a relevant file.

    Attributes:
        file: its path from the root.
        state: what it depends on: the file, if it is not as on the disk, and the configuration.
        module: what it holds, None where this Python cannot parse it, or reading it failed.
        problem: line and message where it cannot.
        findings: those of the rules that look at nothing but the file.
        faults: what failed in those rules, or in reading the file.
        statements: where its statements are, if one of those has a fix.
        waiting: codes of the rules that have to see the file again when all files are known.
        digest: what tells its bytes on the disk from others, None if it is not read from there.

    """

    file: str
    state: tuple[bytes | None, Mapping[str, bytes]]
    module: Module | None
    problem: tuple[int, str] | None = None
    findings: tuple[Finding, ...] = ()
    faults: tuple[Fault, ...] = ()
    statements: Statements | None = None
    waiting: tuple[str, ...] = ()
    digest: bytes | None = None

    @property
    def is_whole(self) -> bool:
        """The file was parsed; otherwise at most its imports are known."""
        return self.module is None or not self.module.is_outline


class Readings:
    """What has been read so far; it outlives the trees of a plan's rounds.

    A reading holds while the file's bytes, and the configuration beside it, are the same.
    """

    def __init__(self) -> None:
        """Begin with nothing read."""
        self.of_file: dict[str, Reading | None] = {}
        #: What some file mentions, of what rules may want the repository to mention.
        self.mentioned: set[bytes] = {*ALWAYS}
        self._sources: dict[str, tuple[bytes, Source]] = {}
        self._recent: dict[str, tuple[bytes, Source]] = {}
        self._room = _KEPT_BYTES
        self._names: TestNames | None = None

    def hold_for(self, names: TestNames) -> None:
        """Forget which files are of no interest where pytest looks for other tests now."""
        if names != self._names:
            self._names = names
            self.of_file = {file: read for file, read in self.of_file.items() if read is not None}

    def statements(self, file: str, changed: bytes | None) -> Statements | None:
        """Return where a file's statements are, if that is known.

        Args:
            file: its path.
            changed: its bytes, None for those on the disk. What a fix had made of it that was
                taken back may have been read last.

        """
        reading = self.of_file.get(file)
        return reading.statements if reading is not None and reading.state[0] == changed else None

    def expect(self, size: int) -> None:
        """Prepare for so many bytes of code: of a large suite, only the last few trees are kept."""
        if size > _LARGE * _KEPT_BYTES:
            self._room = 0

    @staticmethod
    def has_room_for(size: int, *, again: bool) -> bool:
        """Tell whether trees are kept of so many bytes that are read at once.

        Args:
            size: the bytes of all files that are read.
            again: only of those files that are needed again.

        """
        return size <= _KEPT_BYTES * (_LARGE if again else 1)

    def keep(self, source: Source, data: bytes) -> None:
        """Keep a parsed file, for a while if there is no room: a tree is far larger than a text."""
        size = len(data) - len(self._sources.get(source.file, (b"",))[0])
        if size <= self._room and not is_apart():
            self._room -= size
            self._sources[source.file] = (data, source)
            return
        self._recent.pop(source.file, None)
        self._recent[source.file] = (data, source)
        while len(self._recent) > 1 and sum(map(_size, self._recent.values())) > _RECENT_BYTES:
            del self._recent[next(iter(self._recent))]

    def source(self, file: str, data: bytes) -> Source:
        """Return a file as Python code; it is parsed when something first looks at its tree."""
        kept = self._sources.get(file) or self._recent.get(file)
        if kept is not None and kept[0] == data:
            if file in self._recent:
                # It is the last one now.
                self._recent[file] = self._recent.pop(file)
            return kept[1]
        from async_test_template.source.source import read_source

        source = read_source(file, data)
        reading = self.of_file.get(file)
        if reading is not None and reading.module is not None and reading.is_whole:
            source.module = reading.module
        self.keep(source, data)
        return source


def _size(kept: tuple[bytes, Source]) -> int:
    return len(kept[0])


class Sources:
    """The Python files of one tree."""

    def __init__(self, tree: Tree, readings: Readings, read: Callable[[Source], Module]) -> None:
        """Read from `tree` what `readings` has not kept; `read` tells what a file holds."""
        self._tree = tree
        self._readings = readings
        self._read = read

    def get(self, file: str) -> Source:
        """Return a file's code.

        Raises:
            Unreadable: it is not text in the encoding that it declares.

        """
        return self._readings.source(file, self._tree.read(file) or b"")

    def module(self, file: str) -> Module | None:
        """Return what a file holds that the index may have no use for, None where there is none."""
        from async_test_template.source.source import Unreadable

        if self._tree.read(file) is None:
            return None
        try:
            source = self.get(file)
            # One that was read for the index has it, and another one is read once.
            if not hasattr(source, "module"):
                source.module = self._read(source)
        except Unreadable:
            return None
        return source.module

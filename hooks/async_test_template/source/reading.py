"""Read the Python files of a repository, each once for as long as it stays the same."""

from __future__ import annotations

import fnmatch
import re
from contextlib import suppress
from functools import cached_property, partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.errors import UserError
from async_test_template.faults import fault_of
from async_test_template.findings import Found
from async_test_template.source.index import Index
from async_test_template.source.relevance import is_indexed
from async_test_template.source.walk import LINKED, linked_files, python_files
from async_test_template.source.words import Words
from async_test_template.spread import spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TypeAlias

    from async_test_template.faults import Fault
    from async_test_template.findings import Finding
    from async_test_template.source.classes import Naming
    from async_test_template.source.module import Module, Test
    from async_test_template.source.source import Source
    from async_test_template.source.statements import Statements
    from async_test_template.tree import Tree

    #: Gives the findings of the rules that look at nothing but one file.
    Look: TypeAlias = Callable[[Source], Found]
    #: Tells from the words of a file, and from whether its name is a test file's, that a rule may
    #: find something in it, though it is of no interest to the index.
    Suspects: TypeAlias = Callable[[Words, bool], bool]

# About 60 MB of syntax trees. Larger suites are parsed again where rules look closer.
_KEPT_BYTES = 1_000_000
# Of those, the ones asked for last stay at hand: a rule asks for the same few again and again.
_RECENT_BYTES = 200_000
# To look for words in a file takes about as long as to parse so many bytes.
_LOOK = 500
#: pytest's own `python_files`.
TEST_FILES = ("test_*.py", "*_test.py")
#: Names that people give to files with tests, though pytest looks for others.
_MAY_BE_TESTS = re.compile(r"(?:^|_)tests?\.py$|^tests?_")
_TEST_FUNCTION = re.compile(rb"^(?:async[ \t]+)?def[ \t]+test_", re.MULTILINE)


class TestNames(NamedTuple):
    """How files with tests, and tests, are named.

    Attributes:
        files: patterns of file names, or of paths where they have a slash: `python_files`.
        given: endings of paths that a command line gives to pytest, whatever they are named.
        functions: `python_functions`.
        classes: `python_classes`.

    """

    files: tuple[str, ...] = TEST_FILES
    given: tuple[str, ...] = ()
    functions: tuple[str, ...] = ("test",)
    classes: tuple[str, ...] = ("Test",)

    def holds_tests(self, file: str) -> bool:
        """Tell whether pytest collects tests from a file: a pattern with a slash is of a path."""
        name = PurePosixPath(file).name
        return any(
            fnmatch.fnmatch(file if "/" in pattern else name, pattern) for pattern in self.files
        ) or any(file == given or file.endswith(f"/{given}") for given in self.given)


class Reading(NamedTuple):
    """What has come of a relevant file.

    Attributes:
        file: its path from the root.
        state: what it depends on: the file, if it is not as on the disk, and the configuration.
        module: what it holds, None where this Python cannot parse it, or reading it failed.
        problem: line and message where it cannot.
        findings: those of the rules that look at nothing but the file.
        faults: what failed in those rules, or in reading the file.
        statements: where its statements stand, if one of those has a fix.

    """

    file: str
    state: tuple[bytes | None, Mapping[str, bytes]]
    module: Module | None
    problem: tuple[int, str] | None = None
    findings: tuple[Finding, ...] = ()
    faults: tuple[Fault, ...] = ()
    statements: Statements | None = None


class Readings:
    """What has been read so far; it outlives the trees of a plan's rounds.

    A reading holds while the file's bytes, and the configuration beside it, are the same.
    """

    def __init__(self) -> None:
        """Begin with nothing read."""
        self.of_file: dict[str, Reading | None] = {}
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
        """Give where a file's statements stand, if that is known.

        Args:
            file: its path.
            changed: its bytes, None for those on the disk. What a fix had made of it that was
                taken back may have been read last.

        """
        reading = self.of_file.get(file)
        return reading.statements if reading is not None and reading.state[0] == changed else None

    def keep(self, source: Source, data: bytes) -> None:
        """Keep a parsed file, for a while if there is no room: a tree is far larger than a text."""
        size = len(data) - len(self._sources.get(source.file, (b"",))[0])
        if size <= self._room:
            self._room -= size
            self._sources[source.file] = (data, source)
            return
        self._recent.pop(source.file, None)
        self._recent[source.file] = (data, source)
        while len(self._recent) > 1 and sum(map(_size, self._recent.values())) > _RECENT_BYTES:
            del self._recent[next(iter(self._recent))]

    def source(self, file: str, data: bytes) -> Source:
        """Give a file as Python code; it is parsed when something first looks at its tree."""
        kept = self._sources.get(file) or self._recent.get(file)
        if kept is not None and kept[0] == data:
            return kept[1]
        from async_test_template.source.source import read_source

        source = read_source(file, data)
        reading = self.of_file.get(file)
        if reading is not None and reading.module is not None:
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
        """Give a file's code.

        Raises:
            Unreadable: it is no text in the encoding that it declares.

        """
        return self._readings.source(file, self._tree.read(file) or b"")

    def module(self, file: str) -> Module | None:
        """Give what a file holds that the index may have no use for, None where there is none."""
        from async_test_template.source.source import Unreadable

        try:
            return None if self._tree.read(file) is None else self._read(self.get(file))
        except Unreadable:
            return None


class Reader:
    """Reads one tree's files.

    Attributes:
        sources: the files as code.

    """

    def __init__(
        self,
        tree: Tree,
        readings: Readings,
        names: TestNames | None = None,
        look: Look = lambda _source: Found(),
        suspects: Suspects = lambda _words, _holds_tests: False,
    ) -> None:
        """Read for `look`; `names` are None where pytest's own hold."""
        self._tree = tree
        self._readings = readings
        self._names = TestNames() if names is None else names
        readings.hold_for(self._names)
        self._look = look
        self._suspects = suspects
        self._configuration = {
            file: data for file, data in tree.changed.items() if not file.endswith(".py")
        }
        self.sources = Sources(tree, readings, self._module)

    def index(self) -> Index:
        """Read what has not been read yet, and give what all files hold."""
        created = [file for file in self._tree.changed if file.endswith(".py")]
        links: list[str] = []
        found_files = {*python_files(self._tree.root, links)}
        left_out = linked_files(self._tree.root, links, found_files)
        files = sorted({*found_files, *created})
        wanted = self._relevant([file for file in files if not self._is_known(file)])
        size = sum(len(self._tree.read(file) or b"") for file in wanted)
        for reading in spread(partial(self._read, size=size), wanted, size):
            self._readings.of_file[reading.file] = reading
        everything = (self._readings.of_file[file] for file in files)
        found = [reading for reading in everything if reading is not None]
        return Index(
            [reading.module for reading in found if reading.module is not None],
            self.sources,
            [(reading.file, *reading.problem) for reading in found if reading.problem is not None]
            + [(file, 1, LINKED) for file in left_out if self._is_read_by_pytest(file)],
            [finding for reading in found for finding in reading.findings],
            [fault for reading in found for fault in reading.faults],
        )

    def _is_read_by_pytest(self, file: str) -> bool:
        return self._names.holds_tests(file) or PurePosixPath(file).name == "conftest.py"

    def read(self, source: Source, data: bytes, *, is_changed: bool, size: int) -> Reading:
        """Read a file that may be parsed already.

        Args:
            source: the file.
            data: its bytes.
            is_changed: they are not those on the disk.
            size: how much is read now; of little the syntax trees are kept.

        Raises:
            Unreadable: this Python cannot parse it.

        """
        from async_test_template.source.statements import statements_of

        source.module = self._module(source)
        findings, faults = self._look(source)
        if size <= _KEPT_BYTES:
            self._readings.keep(source, data)
        return Reading(
            source.file,
            (data if is_changed else None, self._configuration),
            source.module,
            findings=findings,
            faults=faults,
            # To make a fix, the file need not be parsed again.
            statements=statements_of(source) if any(f.edits for f in findings) else None,
        )

    def is_test_file(self, file: str) -> bool:
        """Tell whether pytest collects tests from a file of this name."""
        return self._names.holds_tests(file)

    def other_tests(self, words: re.Pattern[bytes]) -> Iterator[Test]:
        """Yield the tests of test files with nothing async in them, which the index leaves out.

        Args:
            words: what a file must mention for its tests to be of interest.

        """
        from async_test_template.source.source import Unreadable, read_source

        for file, data in self.mentioning(words):
            if self._readings.of_file.get(file) is None and self._names.holds_tests(file):
                with suppress(Unreadable):
                    yield from self._module(read_source(file, data)).tests

    def mentioning(
        self, words: re.Pattern[bytes], plain: tuple[bytes, ...] = (b"",)
    ) -> Iterator[tuple[str, bytes]]:
        """Yield every Python file, of interest or not, in whose bytes some words are found.

        Args:
            words: what to look for.
            plain: words of which one stands wherever the pattern fits; looking for those first is
                far faster where it begins with no plain byte.

        """
        for file in python_files(self._tree.root):
            data = self._tree.read(file) or b""
            if self._readings.of_file.get(file) is None:
                self._tree.forget(file)
            if any(word in data for word in plain) and words.search(data):
                yield file, data

    def _read(self, file: str, *, size: int) -> Reading:
        from async_test_template.source.source import Unreadable, read_source

        data = self._tree.read(file) or b""
        try:
            source = read_source(file, data)
            return self.read(source, data, is_changed=file in self._tree.changed, size=size)
        except Unreadable as error:
            return Reading(file, self._state(file), None, problem=(error.line, error.message))
        except UserError:
            raise
        except Exception as error:  # noqa: BLE001 - told to the user, with all of it
            return Reading(file, self._state(file), None, faults=(fault_of(error, file=file),))

    def _is_known(self, file: str) -> bool:
        if file not in self._readings.of_file:
            return False
        reading = self._readings.of_file[file]
        if reading is None:
            return file not in self._tree.changed
        return reading.state == self._state(file)

    def _relevant(self, files: list[str]) -> list[str]:
        """Give the files that are of interest, and remember that the others are not."""
        told = spread(self._is_relevant, files, len(files) * _LOOK)
        self._readings.of_file |= dict.fromkeys(
            file for file, is_relevant in zip(files, told, strict=True) if not is_relevant
        )
        return [file for file, is_relevant in zip(files, told, strict=True) if is_relevant]

    def _is_relevant(self, file: str) -> bool:
        data = self._tree.read(file)
        holds_tests = self._names.holds_tests(file)
        if data is not None:
            words = Words(data)
            if is_indexed(words, holds_tests=holds_tests) or self._suspects(
                words, holds_tests or file.endswith("conftest.py")
            ):
                return True
        # Most files of a repository are of no interest, and too many to keep.
        self._tree.forget(file)
        return False

    def _state(self, file: str) -> tuple[bytes | None, Mapping[str, bytes]]:
        """Give what a reading depends on: the file and the configuration, as far as changed."""
        return self._tree.changed.get(file), self._configuration

    def _module(self, source: Source) -> Module:
        from async_test_template.source.module import read_module

        holds_tests = self._names.holds_tests(source.file) or seems_to_hold_tests(source)
        return read_module(source, holds_tests=holds_tests, naming=self.naming)

    @cached_property
    def naming(self) -> Naming:
        """How tests are named."""
        from async_test_template.source.classes import Naming

        return Naming(self._names.functions, self._names.classes)


def seems_to_hold_tests(source: Source) -> bool:
    """Tell whether a file of another name is one of tests, for pytest when it is given the file.

    It uses pytest, and is called much like one or has fixtures beside its test functions.
    """
    if source.file.endswith("conftest.py") or "pytest" not in source.names.modules:
        return False
    return _MAY_BE_TESTS.search(PurePosixPath(source.file).name) is not None or (
        b"fixture" in source.data and _TEST_FUNCTION.search(source.data) is not None
    )

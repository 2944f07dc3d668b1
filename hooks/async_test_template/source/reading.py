"""Read the Python files of a repository, each once for as long as it stays the same."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cached_property, partial
from itertools import chain
from typing import TYPE_CHECKING

from async_test_template.errors import UserError
from async_test_template.faults import fault_of
from async_test_template.paths import name_of
from async_test_template.seen import digest
from async_test_template.source.index import Index
from async_test_template.source.looker import ALWAYS, Nobody
from async_test_template.source.readings import Reading, Sources, TestNames
from async_test_template.source.relevance import is_indexed, is_of_tests, outline
from async_test_template.source.words import Vocabulary, Words
from async_test_template.spread import spread
from async_test_template.walk import LINKED, linked_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import TypeAlias

    from async_test_template.source.classes import Naming
    from async_test_template.source.items import Module, Test
    from async_test_template.source.looker import Looker, Suspects
    from async_test_template.source.readings import Readings
    from async_test_template.source.source import Source
    from async_test_template.tree import Tree

    #: What the repository must mention for a file to be worth parsing, what it imports, its size.
    _Kind: TypeAlias = tuple[frozenset[bytes], Module | None, int]

# Searching a file for words takes about as long as parsing so many bytes.
_LOOK = 500
# So many files are looked at together: most rules look for words that none of them holds.
_BATCH = 100
#: Names that people give to files with tests, though pytest looks for others.
_MAY_BE_TESTS = re.compile(r"(?:^|_)tests?\.py$|^tests?_")
_TEST_FUNCTION = re.compile(rb"^(?:async[ \t]+)?def[ \t]+test_", re.MULTILINE)


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
        looker: Looker | None = None,
    ) -> None:
        """Read for some rules; `names` are None where pytest's own hold."""
        self._tree = tree
        self._readings = readings
        self._names = TestNames() if names is None else names
        readings.hold_for(self._names)
        self._looker = Nobody() if looker is None else looker
        self._configuration = {
            file: data for file, data in tree.changed.items() if not file.endswith(".py")
        }
        self.sources = Sources(tree, readings, self._module)
        self._words: dict[str, Words] = {}

    def index(self) -> Index:
        """Read what has not been read yet, and give what all files hold."""
        created = [file for file in self._tree.changed if file.endswith(".py")]
        disk = self._tree.disk
        found_files = {*disk.python_files}
        left_out = linked_files(self._tree.root, disk.links, found_files)
        files = sorted({*found_files, *created})
        wanted, size = self._sorted_out([file for file in files if not self._is_known(file)])
        self._readings.expect(size)
        for reading in spread(partial(self._read, size=size), wanted, size):
            self._readings.of_file[reading.file] = reading
            if reading.digest is not None and not disk.keeps(reading.file):
                disk.expect(reading.file, reading.digest)
        self._words.clear()
        everything = (self._readings.of_file[file] for file in files)
        found = [reading for reading in everything if reading is not None]
        return Index(
            [reading.module for reading in found if reading.module is not None],
            lambda: self.sources,
            [(reading.file, *reading.problem) for reading in found if reading.problem is not None]
            + [(file, 1, LINKED) for file in left_out if self._is_read_by_pytest(file)],
            [finding for reading in found for finding in reading.findings],
            [fault for reading in found for fault in reading.faults],
            {reading.file: reading.waiting for reading in found if reading.waiting},
        )

    def _is_read_by_pytest(self, file: str) -> bool:
        return self._names.holds_tests(file) or name_of(file) == "conftest.py"

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
        findings, faults, waiting = self._looker.look(source, self._readings.mentioned)
        if self._readings.has_room_for(size, again=bool(waiting)):
            self._readings.keep(source, data)
        return Reading(
            source.file,
            (data if is_changed else None, self._configuration),
            source.module,
            findings=findings,
            faults=faults,
            # To make a fix, the file need not be parsed again.
            statements=statements_of(source) if any(f.edits for f in findings) else None,
            waiting=waiting,
            digest=None if is_changed else digest(data),
        )

    def is_test_file(self, file: str) -> bool:
        """Tell whether pytest collects tests from a file of this name."""
        return self._names.holds_tests(file)

    def other_tests(
        self, words: re.Pattern[bytes], plain: tuple[bytes, ...] = (b"",)
    ) -> Iterator[Test]:
        """Yield the tests of test files with nothing async in them, which the index leaves out.

        It leaves out their fixtures too: instead of one, a test asks for what the fixture asks for.

        Args:
            words: what a file must mention for its tests to be of interest.
            plain: see `mentioning`.

        """
        from async_test_template.source.source import Unreadable, read_source

        for file, data in self.left_out(words, plain):
            with suppress(Unreadable):
                module = self._module(read_source(file, data))
                own = {fixture.name: fixture.requests for fixture in module.fixtures}
                for test in module.tests:
                    yield test._replace(requests=_besides(own, test.requests))

    def left_out(
        self, words: re.Pattern[bytes], plain: tuple[bytes, ...]
    ) -> Iterator[tuple[str, bytes]]:
        """Yield the test files that the index leaves out, if they mention some words."""

        def is_left_out(file: str) -> bool:
            reading = self._readings.of_file.get(file)
            return (reading is None or not reading.is_whole) and self._names.holds_tests(file)

        return self.mentioning(words, plain, is_left_out)

    def mentioning(
        self,
        words: re.Pattern[bytes],
        plain: tuple[bytes, ...] = (b"",),
        among: Callable[[str], bool] = lambda _file: True,
    ) -> Iterator[tuple[str, bytes]]:
        """Yield every Python file, of interest or not, in whose bytes some words are found.

        Args:
            words: what to look for.
            plain: words of which one is wherever the pattern fits; looking for those first is
                far faster where it begins with no plain byte.
            among: tells from its path whether to look into a file.

        """
        for file in filter(among, self._tree.disk.python_files):
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
            words = self._words.pop(file, None)
            if words is not None and words.data == source.data:
                source.words = words
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

    def _sorted_out(self, files: list[str]) -> tuple[list[str], int]:
        """Return the files that are worth parsing, with their size; note what the others are."""
        wanted, total = [], 0
        batches = [files[start : start + _BATCH] for start in range(0, len(files), _BATCH)]
        told = spread(self._kinds, batches, len(files) * _LOOK)
        self._readings.mentioned.update(*(mentioned for _, mentioned in told))
        kinds = chain.from_iterable(kinds for kinds, _ in told)
        for file, (conditions, module, size) in zip(files, kinds, strict=True):
            if not conditions.isdisjoint(self._readings.mentioned):
                wanted.append(file)
                total += size
                continue
            # Most files of a repository are not parsed, and too many to keep.
            self._words.pop(file, None)
            self._tree.forget(file)
            self._readings.of_file[file] = (
                None if module is None else Reading(file, self._state(file), module)
            )
        return wanted, total

    def _kinds(self, files: list[str]) -> tuple[list[_Kind], list[bytes]]:
        """Tell of some files when they are worth parsing, and which conditions they meet."""
        read = [Words(self._tree.read(file) or b"") for file in files]
        vocabulary = Vocabulary(read)
        suspects = self._looker.suspicion(vocabulary)
        kinds = [self._kind(file, words, suspects) for file, words in zip(files, read, strict=True)]
        return kinds, [word for word in self._looker.conditions if vocabulary.may_hold(word)]

    def _kind(self, file: str, words: Words, suspects: Suspects) -> _Kind:
        """Tell what the repository must mention for a file to matter, and its outline."""
        holds_tests = self._names.holds_tests(file)
        if is_indexed(words, holds_tests=holds_tests):
            conditions = ALWAYS
        else:
            conditions = suspects(words, holds_tests or is_of_tests(file))
        if not conditions:
            self._tree.forget(file)
        elif self._tree.disk.keeps(file):
            self._words[file] = words
        module = None if conditions == ALWAYS else outline(file, words, holds_tests=holds_tests)
        return conditions, module, len(words.data)

    def _state(self, file: str) -> tuple[bytes | None, Mapping[str, bytes]]:
        """Return what a reading depends on: the file and the configuration, as far as changed."""
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
    return _MAY_BE_TESTS.search(name_of(source.file)) is not None or (
        b"fixture" in source.data and _TEST_FUNCTION.search(source.data) is not None
    )


def _besides(own: Mapping[str, tuple[str, ...]], requests: Iterable[str]) -> tuple[str, ...]:
    """Return the fixtures that are asked for, those of the file replaced by what they ask for."""
    found: dict[str, None] = {}
    waiting, seen = list(requests), set[str]()
    while waiting:
        name = waiting.pop()
        if name in own and name not in seen:
            seen.add(name)
            # A fixture that asks for its own name gets the one that it replaces.
            waiting += [one for one in own[name] if one != name]
            found.update(dict.fromkeys(one for one in own[name] if one == name))
        elif name not in own:
            found[name] = None
    return tuple(found)

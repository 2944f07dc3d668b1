"""The meaning of names from other files: bases of test classes, imported tests, decorators."""

from __future__ import annotations

import re
from collections import deque
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.paths import folders_of
from async_test_template.source.classes import CONSTRUCTORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from async_test_template.source.items import Class, Mark, Module, Test

#: The only class of `unittest` that takes a coroutine as a result, and drops it.
TEST_CASES = frozenset({"unittest.TestCase", "unittest.case.TestCase"})
#: The one that awaits it.
ISOLATED_CASES = frozenset(
    {"unittest.IsolatedAsyncioTestCase", "unittest.async_case.IsolatedAsyncioTestCase"}
)
_OF_UNITTEST = re.compile(r"(^|\.)\w*TestCase$")
#: Bases from elsewhere that neither add marks nor run a test.
_HARMLESS = re.compile(r"(object|(typing|typing_extensions|abc|enum|collections)\.[\w.]+)$")
#: So many steps from import to import are followed.
_FAR = 20
#: So many bases of a class are looked at; others are unknown.
_MANY = 50


class Kin(NamedTuple):
    """A class with what it derives from.

    Attributes:
        classes: itself and those of the repository that it derives from, with the file of each.
        others: dotted names of the others; an empty text for an unknown one.

    """

    classes: tuple[tuple[str, Class], ...]
    others: tuple[str, ...]

    @property
    def is_unittest(self) -> bool:
        """It is a `unittest` class, so pytest collects it by any name."""
        return any(map(_OF_UNITTEST.search, self.others))

    @property
    def drops_coroutines(self) -> bool:
        """It is a `unittest` class, and nothing that it derives from runs async tests."""
        others = [name for name in self.others if not _HARMLESS.match(name)]
        return bool(others) and TEST_CASES.issuperset(others) and not self._is_opaque

    @property
    def is_plain(self) -> bool:
        """Each class that it derives from is known, and none marks or runs tests unseen."""
        return all(map(_HARMLESS.match, self.others)) and not self._is_opaque

    @property
    def is_collected(self) -> bool:
        """Whether pytest collects its methods as tests."""
        if self.is_unittest:
            return not self.is_disowned
        return self.is_wanted and self.constructed is None

    @property
    def is_wanted(self) -> bool:
        """Whether pytest looks for tests in it, if it is not of `unittest`."""
        return self.classes[0][1].is_named and not self.is_disowned

    @property
    def is_disowned(self) -> bool:
        """Whether its `__test__` says that it holds no tests."""
        told = [held.is_test for _, held in self.classes if held.is_test is not None]
        return bool(told) and not told[0]

    @property
    def constructed(self) -> tuple[str, Class] | None:
        """The first of its classes that has a constructor, with its file."""
        return next((found for found in self.classes if found[1].methods & CONSTRUCTORS), None)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The marks of all its classes, the closest first."""
        return tuple(mark for _, held in self.classes for mark in held.marks)

    def roots(self) -> Iterator[tuple[str, Class]]:
        """Yield its classes that name `unittest.TestCase`, with their files."""
        for file, held in self.classes:
            if TEST_CASES.intersection(held.bases):
                yield file, held

    def tests(self) -> Iterator[Test]:
        """Yield its async tests, those that it inherits too, each with all marks of its classes."""
        seen: set[str] = set()
        for _, held in self.classes:
            for test in held.tests:
                if test.name not in seen:
                    yield test._replace(marks=(*test.marks, *self.marks))
            seen |= held.methods

    @property
    def _is_opaque(self) -> bool:
        return any(held.is_opaque for _, held in self.classes)


class Lineage:
    """The classes of a repository; files are read as far as its test classes lead to them."""

    def __init__(self, modules: Mapping[str, Module], load: Callable[[str], Module | None]) -> None:
        """Look into `modules` first; `load` reads another file, and gives None without one."""
        self._modules: dict[str, Module | None] = {**modules}
        self._load = load
        self._classes: dict[str, dict[str, list[Class]]] = {}

    @cached_property
    def has_test_cases(self) -> bool:
        """Whether a class of the indexed files, which all that name one are, is of `unittest`."""
        modules = (module for module in self._modules.values() if module is not None)
        classes = (held for module in modules for held in module.classes)
        return any(map(_OF_UNITTEST.search, (base for held in classes for base in held.bases)))

    def kin(self, file: str, held: Class) -> Kin:
        """Follow the bases of a class."""
        classes: dict[int, tuple[str, Class]] = {}
        others: list[str] = []
        waiting = deque([(file, held)])
        while waiting:
            where, one = waiting.popleft()
            if id(one) in classes:
                continue
            if len(classes) == _MANY:
                others.append("")
                break
            classes[id(one)] = where, one
            for base in one.bases:
                found = self._find(where, base, one)
                if found is None:
                    others.append(base)
                else:
                    waiting.append(found)
        return Kin(tuple(classes.values()), tuple(others))

    def kin_at(self, file: str, line: int) -> Kin | None:
        """Follow the bases of the class at a line of a file; None where the index has none."""
        module = self._module(file)
        classes = module.classes if module is not None else ()
        held = next((one for one in classes if one.line == line), None)
        return self.kin(file, held) if held is not None else None

    def _find(self, file: str, name: str, besides: Class) -> tuple[str, Class] | None:
        """Find the class of a name that a file uses, None where it is not the repository's."""
        for where, _, called in self._follow(file, name):
            found = [one for one in self._named(where).get(called, ()) if one is not besides]
            if found:
                return where, found[-1]
        return None

    def _named(self, file: str) -> dict[str, list[Class]]:
        """Return the classes of a file by name: in a long one, each base is looked for in all."""
        if file not in self._classes:
            module = self._module(file)
            found = self._classes[file] = {}
            for one in module.classes if module is not None else ():
                found.setdefault(one.name, []).append(one)
        return self._classes[file]

    def coroutine(self, file: str, name: str) -> Test | None:
        """Find the async function of a name that a file uses, with its own marks alone.

        None where it is none, or not the repository's.
        """
        for _, module, called in self._follow(file, name):
            real = module.aliases.get(called, called)
            found = [test for test in module.coroutines if test.name == real]
            if found:
                return found[-1]
        return None

    def gives_async(self, file: str, name: str) -> bool:
        """Tell whether a decorator that a file uses is known to give an async function back."""
        return any(called in module.wrappers for _, module, called in self._follow(file, name))

    def steps(self, file: str, name: str) -> set[tuple[str, str]]:
        """Return the files that a name of a file leads to, import by import, with its names."""
        return {(where, called) for where, _, called in self._follow(file, name)}

    def _follow(self, file: str, name: str) -> Iterator[tuple[str, Module, str]]:
        """Yield the files that a name leads to, import by import, and its name in each."""
        for _ in range(_FAR):
            module = self._module(file)
            if module is None or not name:
                return
            yield file, module, name
            place, _, last = module.targets.get(name, name).rpartition(".")
            files = [path for path in _files(file, place) if self._module(path) is not None]
            if not files:
                return
            file, name = files[0], last

    def _module(self, file: str) -> Module | None:
        if file not in self._modules:
            self._modules[file] = self._load(file)
        return self._modules[file]


def _files(file: str, module: str) -> Iterator[str]:
    """Yield the paths that a module may have that a file imports.

    Absolute ones begin in some folder around the file, or in `src`: pytest and the installation
    of the project decide which of them can be imported.
    """
    name = module.lstrip(".")
    path = name.replace(".", "/")
    folders = folders_of(file)
    dots = len(module) - len(name)
    if dots:
        folders = folders[dots - 1 : dots]
    elif path:
        folders = [*folders, "src"]
    else:
        return
    for folder in folders:
        base = "" if folder == "." else f"{folder}/"
        if path:
            yield f"{base}{path}.py"
        yield f"{base}{path}/__init__.py" if path else f"{base}__init__.py"

"""All fixtures and tests of a repository, and which fixture a test gets."""

from __future__ import annotations

from functools import cached_property
from itertools import chain, islice
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from async_test_template.faults import Fault
    from async_test_template.findings import Finding
    from async_test_template.source.items import Fixture, Module, Test
    from async_test_template.source.lineage import Lineage
    from async_test_template.source.readings import Sources


class Index:
    """What the Python files of a repository hold, as far as tests are concerned.

    Attributes:
        modules: files with something relevant in them, sorted by path.
        unreadable: files that this Python cannot parse, with line and message.
        findings: those of the rules that look at nothing but one file.
        faults: what failed in those rules, or in reading a file.
        waiting: codes of the rules that have to see a file again, by its path.

    """

    def __init__(  # noqa: PLR0913, PLR0917 - an index has these parts
        self,
        modules: Sequence[Module],
        sources: Callable[[], Sources],
        unreadable: Sequence[tuple[str, int, str]] = (),
        findings: Sequence[Finding] = (),
        faults: Sequence[Fault] = (),
        waiting: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    ) -> None:
        """Take what has been read; `sources` are made when something asks for them."""
        self.modules = tuple(modules)
        self._sources = sources
        self.unreadable = tuple(unreadable)
        self.findings = tuple(findings)
        self.faults = tuple(faults)
        self.waiting = waiting
        self._last: tuple[str, dict[int, Fixture | Test]] = "", {}

    @cached_property
    def sources(self) -> Sources:
        """The files as code."""
        return self._sources()

    def at(self, file: str, line: int) -> Fixture | Test | None:
        """Return the fixture or the test whose function is in a line of a file."""
        last, items = self._last
        if last != file:
            module = self.by_file.get(file)
            items = {}
            if module is not None:
                items.update((test.line, test) for test in module.tests)
                items.update((fixture.line, fixture) for fixture in module.fixtures)
            # One file is looked at after the other.
            self._last = file, items
        return items.get(line)

    @property
    def items(self) -> Iterator[Fixture | Test]:
        """Every test and every fixture."""
        return chain(self.tests, self.fixtures)

    @cached_property
    def by_file(self) -> dict[str, Module]:
        """The modules by their path."""
        return {module.file: module for module in self.modules}

    def items_of(self, file: str) -> list[Fixture | Test]:
        """Return the fixtures and tests of one file, by line."""
        module = self.by_file[file]
        return sorted((*module.fixtures, *module.tests), key=lambda item: item.line)

    def around(self, file: str) -> list[Module]:
        """Return the modules whose fixtures a file sees: itself and the conftest files above."""
        return [module for place in places(file) if (module := self.by_file.get(place)) is not None]

    def may_bring(self, name: str, file: str) -> bool:
        """Tell whether a fixture may reach a file in a way that the index does not follow.

        Imported under that name, made by an assignment, by a call that names it, by a star import,
        or provided by `pytest_generate_tests`.
        """
        return any(
            name in module.targets
            or name in module.assigned
            or module.hands_out
            or (module.file.endswith("conftest.py") and module.imports_all)
            for module in self.around(file)
        )

    @cached_property
    def fixtures(self) -> tuple[Fixture, ...]:
        """Every fixture, sorted by file and line."""
        return tuple(fixture for module in self.modules for fixture in module.fixtures)

    @cached_property
    def tests(self) -> tuple[Test, ...]:
        """Every test, sorted by file and line."""
        return tuple(test for module in self.modules for test in module.tests)

    @property
    def async_tests(self) -> Iterator[Test]:
        """The tests that need a plugin to run."""
        return (test for test in self.tests if test.is_async and not test.in_unittest)

    @cached_property
    def lineage(self) -> Lineage:
        """What classes derive from, across files."""
        from async_test_template.source.lineage import Lineage

        whole = {module.file: module for module in self.modules if not module.is_outline}
        return Lineage(whole, self.sources.module)

    @property
    def complete(self) -> bool:
        """Nothing is hidden: every file could be read, and every fixture decorator is known."""
        left_out = self.unreadable or any(not fault.rules for fault in self.faults)
        return not left_out and not any(m.has_fixture_star for m in self.modules)

    @cached_property
    def has_item_hook(self) -> bool:
        """A hook marks or runs async tests, so their own marks do not say everything."""
        return any(module.has_item_hook for module in self.modules)

    @cached_property
    def plugins(self) -> frozenset[str]:
        """The plugins that some `pytest_plugins` names."""
        return frozenset(plugin for module in self.modules for plugin in module.plugins)

    def used_by(self, test: Test) -> Sequence[Fixture]:
        """Return the fixtures a test gets, its fixtures' own fixtures and autouse ones included."""
        asking = (test.file, test.owner, test.requests)
        if asking not in self._used:
            self._used[asking] = tuple(self._used_by(test))
        return self._used[asking]

    @cached_property
    def _used(self) -> dict[tuple[str, str | None, tuple[str, ...]], tuple[Fixture, ...]]:
        """The answers so far."""
        return {}

    def _used_by(self, test: Test) -> Iterator[Fixture]:
        # By identity: to hash one takes all that is known of it.
        seen: set[int] = set()
        waiting = [
            found
            for name in test.requests
            if (found := self.find(name, test.file, test.owner)) is not None
        ]
        waiting += [
            fixture
            for place in places(test.file)
            for fixture in self._autouse.get(place, ())
            if place != test.file or fixture.owner in {None, test.owner}
        ]
        while waiting:
            fixture = waiting.pop(0)
            if id(fixture) in seen:
                continue
            seen.add(id(fixture))
            yield fixture
            for name in fixture.requests:
                besides = fixture if name == fixture.name else None
                found = self.find(name, fixture.file, fixture.owner, besides=besides)
                if found is not None:
                    waiting.append(found)

    @cached_property
    def users(self) -> dict[Fixture, list[Test]]:
        """The async tests that get a fixture, of every fixture that one gets."""
        found: dict[Fixture, list[Test]] = {}
        for test in self.async_tests:
            for fixture in self.used_by(test):
                found.setdefault(fixture, []).append(test)
        return found

    @cached_property
    def _autouse(self) -> dict[str, list[Fixture]]:
        return _by_file(fixture for fixture in self.fixtures if fixture.autouse)

    @cached_property
    def _named(self) -> dict[str, dict[str, list[Fixture]]]:
        table: dict[str, list[Fixture]] = {}
        for fixture in self.fixtures:
            table.setdefault(fixture.name, []).append(fixture)
        return {
            name: _by_file(sorted(fixtures, key=lambda fixture: fixture.line))
            for name, fixtures in table.items()
        }

    def named(self, name: str) -> Iterator[Fixture]:
        """Yield the fixtures of a name, at any place."""
        return (f for fixtures in self._named.get(name, {}).values() for f in fixtures)

    @cached_property
    def _by_owner(self) -> dict[tuple[str, str], dict[str | None, list[Fixture]]]:
        """The fixtures of a name and a file, by the class that they are in."""
        table: dict[tuple[str, str], dict[str | None, list[Fixture]]] = {}
        for name, by_file in self._named.items():
            for file, fixtures in by_file.items():
                by_owner = table.setdefault((name, file), {})
                for fixture in fixtures:
                    by_owner.setdefault(fixture.owner, []).append(fixture)
        return table

    @cached_property
    def _plugin_files(self) -> tuple[str, ...]:
        """The files of those in the repository; pytest shows their fixtures to all files."""
        named = {plugin.replace(".", "/") for plugin in self.plugins}
        spelt = {
            f"{folder}{name}{end}"
            for name in named
            for folder in ("", "src/")
            for end in (".py", "/__init__.py")
        }
        return tuple(module.file for module in self.modules if module.file in spelt)

    def find(
        self, name: str, file: str, owner: str | None, *, besides: Fixture | None = None
    ) -> Fixture | None:
        """Find the fixture of that name closest to a place: class, module, conftest by conftest.

        After those come the plugins of the repository that a file names. A fixture in none of them
        may be imported, or come from another plugin: it is taken when there is only one of that
        name.

        Args:
            name: the fixture's.
            file: where it is asked for.
            owner: the class in which it is asked for, or None.
            besides: a fixture of that name that asks for the one that it replaces.

        """
        if besides is not None:
            return self._find(name, file, owner, besides)
        place = (name, file, owner)
        if place not in self._found:
            self._found[place] = self._find(*place, None)
        return self._found[place]

    @cached_property
    def _found(self) -> dict[tuple[str, str, str | None], Fixture | None]:
        """The answers so far."""
        return {}

    def _find(
        self, name: str, file: str, owner: str | None, besides: Fixture | None
    ) -> Fixture | None:
        named = self._named.get(name, {})
        own = self._by_owner.get((name, file), {})
        for fixtures in (own.get(owner, ()), own.get(None, ())):
            found = _last(fixtures, besides)
            if found is not None:
                return found
        for place in places(file):
            found = _last(named.get(place, ()), besides) if place != file else None
            if found is not None:
                return found
        for plugin in self._plugin_files:
            found = _last(named.get(plugin, ()), besides)
            if found is not None:
                return found
        elsewhere = (fixture for fixture in self.named(name) if fixture is not besides)
        first_two = list(islice(elsewhere, 2))
        return first_two[0] if len(first_two) == 1 else None


def places(file: str) -> Iterator[str]:
    """Yield the files whose fixtures a file sees, the closest first: itself, conftest files."""
    yield file
    folder = file
    while folder:
        folder = folder.rpartition("/")[0]
        conftest = f"{folder}/conftest.py" if folder else "conftest.py"
        if conftest != file:
            yield conftest


def _last(fixtures: Sequence[Fixture], besides: Fixture | None) -> Fixture | None:
    """Return the last of some fixtures that is not a certain one."""
    last = fixtures[-2:]
    return next((fixture for fixture in reversed(last) if fixture is not besides), None)


def _by_file(fixtures: Iterable[Fixture]) -> dict[str, list[Fixture]]:
    table: dict[str, list[Fixture]] = {}
    for fixture in fixtures:
        table.setdefault(fixture.file, []).append(fixture)
    return table

"""All declared dependencies of a repository, and the questions that rules ask about them."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from async_test_template.config.requirement import normalised
from async_test_template.config.toml.read import table_at, value_at
from async_test_template.dependencies import bounds
from async_test_template.dependencies.declaration import Declaration, Home
from async_test_template.dependencies.nearby import in_packages
from async_test_template.dependencies.releases import (
    PYTHON_LEFT_BEHIND,
    PYTHON_OUT,
    carrier_of,
    first_with_pytest,
    older,
    pytest_for,
    python_for,
)
from async_test_template.findings import Change
from async_test_template.paths import name_of
from async_test_template.tree import Tree

#: The packages that the settings and rules are about; lock files are searched only for these.
PACKAGES = (
    "aiohttp",
    "anyio",
    *("greenlet", "sqlalchemy"),
    *("aioresponses", "aresponses", "respx", "vcrpy"),
    "httpx",
    "httpx2",
    "pytest",
    "pytest-aiohttp",
    "pytest-asyncio",
    "pytest-timeout",
    "pytest-trio",
    "starlette",
    "tortoise-orm",
)
# Files that may name a dependency in a way that nothing here parses.
_OPAQUE = (
    "setup.py",
    "Pipfile",
    "noxfile.py",
    "riotfile.py",
    "Makefile",
    "Dockerfile",
    "justfile",
    "pixi.toml",
    "tasks.py",
    "tox.toml",
)
#: Tables of pyproject.toml that name dependencies in a way that nothing here parses.
_OPAQUE_TABLES = ("pixi", "tox")
_EXTRA_FOR_TESTS = r"[\w.-]+\s*\[[^\]]*(?:test|dev)"
# What a file that nothing here parses gives to pip.
_GIVEN_TO_PIP = rb"(?:-r|--requirement)[ =]*[\"']?(?:\./)?(\w[\w./-]*)"
#: Where scripts for CI are.
_SCRIPTS = (".github/scripts", "scripts", "ci", ".ci")
# conda's files, in the root or where projects with several of them have them.
_CONDA, _YAML = "environment", (".yaml", ".yml")
_CONDAS_FOLDERS = ("", "conda", "ci", "envs", "requirements", "setup")
# Lock files with one version of a package for all extras and groups.
_ONE_VERSION = {"pdm.lock", "poetry.lock", "uv.lock"}
# Packages that install other packages, so that those need not be declared.
_BROUGHT_BY = {
    "anyio": ("fastapi", "starlette", "httpx", "httpx2", "trio", "asyncer"),
    "httpx": ("httpx-ws", "litestar", "pytest-httpx", "sanic-testing"),
    "pytest": ("pytest-asyncio", "pytest-aiohttp", "pytest-trio", "pytest-timeout"),
    "pytest-asyncio": (
        *("pytest-aiohttp", "pytest-homeassistant-custom-component"),
        *("pytest-mockservers", "pytest-playwright-asyncio", "pytest-pyodide"),
    ),
    "pytest-timeout": ("pytest-homeassistant-custom-component",),
}


class Dependencies(NamedTuple):
    """The declared packages, their places, and the versions in the lock files.

    Attributes:
        lists: every list of dependencies with its entries.
        locked: versions by lock file and package, several if each is for some environments.
        requires_python: `project.requires-python` or poetry's `python`, or empty.
        is_guessed: whether that is only a guess from a setup.py.
        tree: for files that only mention a name.
        named: every declaration, by the name of the package.
        known: earlier answers, by package and version.
        guesses: bounds found in files that nothing here parses, by package.
        above: those of the workspace around the project, and of packages whose folders it names,
            which are installed as well; None without any. Nothing there is reported or edited.

    """

    lists: tuple[tuple[Home, tuple[Declaration, ...]], ...]
    locked: dict[str, dict[str, tuple[str, ...]]]
    requires_python: str
    is_guessed: bool
    tree: Tree
    named: dict[str, list[Declaration]]
    known: dict[tuple[str, str], bool]
    guesses: dict[str, tuple[str, ...]]
    above: "Dependencies | None" = None

    def of(self, name: str) -> list[Declaration]:
        """Return every declaration of a package, constraints and compiled files included.

        Declarations for Pythons that pytest 9 does not support say nothing about current versions.
        """
        return [d for d in self._every(name) if not d.is_old]

    def _every(self, name: str) -> list[Declaration]:
        return self.named.get(name, [])

    def written(self, name: str) -> list[Declaration]:
        """Return the declarations that a person wrote: neither compiled nor constraints."""
        return [d for d in self.of(name) if not d.home.why_not]

    def below(self, name: str, version: str) -> list[Declaration]:
        """Return the declarations that keep a package below a version.

        One with a marker does not count if another declaration allows the version: each holds for
        its own environments. What is compiled is not written by a person.
        """
        declared = self.of(name)
        behind = [d for d in declared if not bounds.reaches(d.specifier, bounds.release(version))]
        is_split = len(behind) < len(declared)
        return [d for d in behind if not (d.home.compiled_by or (is_split and d.conditional))]

    def has(self, name: str) -> bool:
        """Tell whether a package is there: declared, locked, or installed by another one."""
        names = (name, *_BROUGHT_BY.get(name, ()))
        if any(self.of(n) for n in names) or any(name in held for held in self.locked.values()):
            return True
        return self.above is not None and self.above.has(name)

    def may_have(self, name: str) -> bool:
        """Tell whether a package may be there, as far as files can be read.

        A file that nothing here parses may name it (a Dockerfile, a CI workflow). If
        pytest itself is not declared, the plugins are not expected to be declared either.
        """
        is_expected = self.of("pytest")
        if not is_expected and self.above is not None:
            return self.above.may_have(name)
        return not is_expected or self.is_mentioned(name)

    def may_bring_plugins(self) -> bool:
        """Tell whether an extra of another package may bring plugins, as in `server[test]`."""
        own = value_at(self.tree.toml("pyproject.toml"), "project", "name")
        is_asked_for = any(
            "[" in d.text
            and re.match(_EXTRA_FOR_TESTS, d.text) is not None
            and not (isinstance(own, str) and d.name == normalised(own))
            for _, declared in self.lists
            for d in declared
        )
        return is_asked_for or (self.above is not None and self.above.may_bring_plugins())

    def is_mentioned(self, name: str) -> bool:
        """Tell whether a package is there, or a file that nothing here parses may name it."""
        if self.has(name):
            return True
        tools = table_at(self.tree.toml("pyproject.toml"), "tool")
        if any(name in str(tools.get(table, "")) for table in _OPAQUE_TABLES):
            return True
        return any(self._names(file, name.encode()) for file in self._opaque())

    def _names(self, file: str, name: bytes) -> bool:
        """Tell whether a file, or one that it gives to pip, names a package."""
        data = self.tree.read(file)
        if not data:
            return False
        given = {path.decode() for path in re.findall(_GIVEN_TO_PIP, data) if b".." not in path}
        return name in data or any(name in (self.tree.read(path) or b"") for path in given)

    def _opaque(self) -> Iterator[str]:
        yield from _OPAQUE
        yield from self.tree.names(".github/workflows")
        for folder in _SCRIPTS:
            names = self.tree.names(folder)
            yield from (name for name in names if name.endswith((".py", ".sh", ".txt")))
        yield from self._condas()

    def _condas(self) -> Iterator[str]:
        for folder in _CONDAS_FOLDERS:
            for file in self.tree.names(folder):
                if name_of(file).startswith(_CONDA) and file.endswith(_YAML):
                    yield file

    def at_least(self, name: str, version: str) -> bool:
        """Tell whether it is certain that a package is that version or later.

        The lock file decides if there is one. Otherwise every declared bound must exclude older
        versions, and there must be a bound. A package that nobody declares is as new as the package
        that installs it, and a plugin without a bound as new as the declared pytest needs.
        """
        locked = self.lock_of(name)
        if locked is not None:
            return bounds.at_least(bounds.release(locked), version)
        lowest = [bounds.lowest(d.specifier) for d in self.in_force(name)]
        known = [bound for bound in lowest if bound is not None]
        carrier = None if lowest else carrier_of(name, version)
        if carrier is not None:
            return self.at_least(*carrier)
        first = first_with_pytest(name) if lowest and not known else None
        if first is not None and bounds.at_least(bounds.release(first[0]), version):
            return self.at_least("pytest", first[1])
        return bool(known) and all(bounds.at_least(bound, version) for bound in known)

    def may_be_below(self, name: str, version: str) -> bool:
        """Tell whether a declared bound or the lock file allows an older version of a package.

        Unlike `not at_least`, a declaration without any bound does not count: it installs the
        latest version. An upper bound counts if it leaves only older versions, and so does an upper
        bound of pytest that excludes such a version of a plugin.
        """
        locked = self.lock_of(name)
        if locked is not None:
            return not bounds.at_least(bounds.release(locked), version)
        needed = pytest_for(name, bounds.release(version))
        if needed is not None and not self.may_reach("pytest", needed):
            return True
        return _admit_older([d.specifier for d in self.in_force(name)], version)

    def allows_below(self, name: str, version: str) -> bool:
        """Tell the same as `may_be_below`, for everything that may install the package.

        A fix has to consider this: bounds for old Pythons and in files that
        nothing here parses, the package that installs this one, and the last version for the
        oldest Python that the project supports.
        """
        if self.may_be_below(name, version):
            return True
        specifiers = self._specifiers(name)
        if self.lock_of(name) is None and not specifiers:
            carrier = carrier_of(name, version)
            if carrier is not None and self._specifiers(carrier[0]):
                return self.allows_below(*carrier)
        return _admit_older(specifiers, version) or (
            not self.at_least(name, version) and not _runs_on(self.python_floor, name, version)
        )

    def may_reach(self, name: str, version: str) -> bool:
        """Tell whether a package may be that version or later, with all declarations."""
        if (name, version) not in self.known:
            self.known[name, version] = self._may_reach(name, version)
        return self.known[name, version]

    def _may_reach(self, name: str, version: str) -> bool:
        locked = self.locks_of(name)
        if locked:
            return bounds.at_least(max(map(bounds.release, locked)), version)
        return all(
            bounds.reaches(d.specifier, bounds.release(version)) for d in self.in_force(name)
        )

    def stays_below(self, name: str, version: str) -> bool:
        """Tell whether everything that declares a package keeps it below a version.

        If nothing declares it that can be read, the other files that name it decide. A lock file
        does not count: it will be updated. An upper bound of pytest can keep a plugin back too.
        """
        needed = pytest_for(name, bounds.release(version))
        if needed is not None and self.of("pytest") and self.stays_below("pytest", needed):
            return True
        specifiers = self._resolved(name) or list(self._guessed(name))
        wanted = bounds.release(version)
        return bool(specifiers) and not any(bounds.reaches(each, wanted) for each in specifiers)

    def _resolved(self, name: str) -> list[str]:
        """Return the bounds of a package, as one where a lock file has one version for all lists.

        A cap in an extra holds for a group of the same pyproject.toml too.
        """
        declared = self.in_force(name)
        pyproject = self.tree.toml("pyproject.toml")
        if not _ONE_VERSION & self.locked.keys() or value_at(pyproject, "tool", "uv", "conflicts"):
            return [d.specifier for d in declared]
        shared, others = list[str](), list[str]()
        for one in declared:
            is_shared = one.home.file == "pyproject.toml" and not one.conditional
            (shared if is_shared else others).append(one.specifier)
        joined = ",".join(dict.fromkeys(filter(str.strip, shared)))
        return [joined, *others] if shared else others

    def _specifiers(self, name: str) -> list[str]:
        """Return the version specifiers of a package, wherever they can be read or guessed."""
        found = [d.specifier for d in self.in_force(name)]
        floor = self.python_floor
        if floor is None or floor < PYTHON_LEFT_BEHIND:
            found += [d.specifier for d in self._every(name) if d.is_old]
        return [*found, *self._guessed(name)]

    def _guessed(self, name: str) -> tuple[str, ...]:
        """Return the bounds in files that nothing here parses, such as a setup.py."""
        if name not in self.guesses:
            found = (*self._bounds_beside(name), *self._bounds_of_conda(name))
            self.guesses[name] = tuple(dict.fromkeys(found))
        return self.guesses[name]

    def _bounds_of_conda(self, name: str) -> Iterator[str]:
        files = [*self._condas()]
        tables = table_at(self.tree.toml("pyproject.toml"), "tool", "pixi")
        if files or tables or self.tree.read("pixi.toml") is not None:
            # Imported here: few projects use conda or pixi.
            from async_test_template.dependencies.conda import specifiers

            yield from specifiers(self.tree, name, files)

    def kept_by_conda(self, name: str, version: str) -> bool:
        """Tell whether each of conda's files that bounds a package keeps it below a version."""
        found = [*self._bounds_of_conda(name)]
        wanted = bounds.release(version)
        return bool(found) and not any(bounds.reaches(each, wanted) for each in found)

    def _bounds_beside(self, name: str) -> Iterator[str]:
        spelt = re.escape(name).replace(r"\-", "[-_.]")
        pattern = (
            rf"(?i)(?<![\w.-]){spelt}(?:\[[^\[\]]*\])?[\"']?\s*(?:[=:]\s*(?:\[\s*)?[\"'])?"
            r"(?P<specifier>(?:(?:==|~=|<=?|>=?|!=)\s*\d[\d.*]*\s*,?\s*)+)"
        )
        texts = (self.tree.read(file) or b"" for file in self._opaque())
        # A folder with no more than a configuration of pytest's is tested with packages elsewhere.
        elsewhere = in_packages(self.tree) if not self.lists and self.above is None else ()
        for data in (*texts, *elsewhere):
            if name[:4].encode() in data.lower():
                for match in re.finditer(pattern, data.decode("utf-8", "replace")):
                    yield match["specifier"].strip().rstrip(",")

    def lock_of(self, name: str) -> str | None:
        """Return the lowest version of a package in the lock files, None where there is none.

        A version that is older than declared does not count: the lock file has to be updated before
        anything is installed from it.
        """
        return min(self.locks_of(name), key=bounds.release, default=None)

    def locks_of(self, name: str) -> list[str]:
        """Return the versions of a package in the lock files, without those out of date."""
        least = self._least(name)
        held = [version for versions in self.locked.values() for version in versions.get(name, ())]
        counting = [version for version in held if bounds.release(version) >= least]
        return counting if counting or self.above is None else self.above.locks_of(name)

    def _least(self, name: str) -> bounds.Release:
        """Return the lowest version that every written declaration without a marker allows."""
        declared = [bounds.lowest(d.specifier) for d in self.written(name) if not d.conditional]
        return max((bound for bound in declared if bound is not None), default=())

    def in_force(self, name: str) -> list[Declaration]:
        """Return the declarations of a package, except compiled ones that are out of date."""
        least = self._least(name)
        own = [
            declaration
            for declaration in self.of(name)
            if not declaration.home.compiled_by
            or (bounds.lowest(declaration.specifier) or least) >= least
        ]
        return own if own or self.above is None else self.above.in_force(name)

    def raised(self, name: str, version: str, *, with_pytest: bool = True) -> tuple[Change, ...]:
        """Return the edits that make every declaration ask for that version or later.

        There are none if there is nothing to edit, or something that must not be edited, or if the
        version does not work with the Pythons of the project or, unless that is raised too, with
        its pytest.
        """
        is_possible = self.is_installable if with_pytest else self.fits_python
        if not is_possible(name, version):
            return ()
        edits = []
        for declaration in self.written(name):
            lowest = bounds.lowest(declaration.specifier)
            if lowest is not None and bounds.at_least(lowest, version):
                continue
            edit = declaration.require(bounds.raised(declaration.specifier, version))
            if edit is None:
                return ()
            edits.append(edit)
        return tuple(edits)

    def added(self, name: str, version: str, least: str | None = None) -> tuple[Change, ...]:
        """Return the edit that adds a package to the list where pytest, or its plugins, are.

        Args:
            name: the package.
            version: the lowest version to ask for.
            least: an older version that is enough if the Pythons of the project or its pytest
                are too old for `version`.

        There is none if no such list may be written to, or no version can be installed.

        """
        candidates = [version]
        if least is not None:
            candidates += [v for v in older(name) if bounds.at_least(bounds.release(v), least)]
        fitting = next((v for v in candidates if self.is_installable(name, v)), None)
        if fitting is None:
            return ()
        for anchor in ("pytest", "pytest-asyncio", "pytest-aiohttp", "pytest-cov"):
            for declaration in self.written(anchor):
                home = declaration.home
                entries = next((held for of, held in self.lists if of == home), ())
                edit = home.add(name, fitting, entries)
                if edit is not None:
                    return (edit,)
        return ()

    def is_installable(self, name: str, version: str) -> bool:
        """Tell whether a release works with the declared Pythons and the declared pytest."""
        needed = pytest_for(name, bounds.release(version))
        return self.fits_python(name, version) and (
            needed is None or self.may_reach("pytest", needed)
        )

    def fits_python(self, name: str, version: str) -> bool:
        """Tell whether a release runs on every Python that the project supports."""
        return _runs_on(self.python_kept, name, version)

    @property
    def python_floor(self) -> bounds.Release | None:
        """The lowest Python that the project supports, according to its files."""
        return bounds.lowest(self.requires_python)

    @property
    def python_kept(self) -> bounds.Release | None:
        """The same, if it holds back what is raised: then the fix is not safe.

        A Python that no current plugin supports, and that only a setup.py names, does not count:
        such lines are often left there for years after the last test on that Python.
        """
        floor = self.python_floor
        is_stale = self.is_guessed and floor is not None and floor < PYTHON_OUT
        return None if is_stale else floor


def _runs_on(python: bounds.Release | None, name: str, version: str) -> bool:
    return python is None or python >= python_for(name, bounds.release(version))


def _admit_older(specifiers: list[str], version: str) -> bool:
    for specifier in specifiers:
        bound = bounds.lowest(specifier)
        if bound is not None and not bounds.at_least(bound, version):
            return True
        if not bounds.reaches(specifier, bounds.release(version)):
            return True
    return False

"""Find every declared dependency of a repository, in eleven notations."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from async_test_template.config import ini
from async_test_template.config.requirement import normalised, parse
from async_test_template.config.toml.read import table_at, value_at
from async_test_template.dependencies import bounds
from async_test_template.dependencies.compiled import how_to_compile
from async_test_template.dependencies.declaration import Declaration, Home
from async_test_template.dependencies.markers import holds_from, is_for_old_python
from async_test_template.errors import ParseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from async_test_template.config.requirement import Parts
    from async_test_template.config.requirements import Entry
    from async_test_template.dependencies.declaration import Notation
    from async_test_template.tree import Tree

# tox puts factors before a dependency: `py{39,310}: pytest-asyncio==0.11`.
_FACTORS = r"^(?P<factors>[\w{},!.*-]+\s*:\s)\s*(?P<rest>.*)$"
_LEAST_PYTHON = (3, 10)
_BY_MARKER = "it counts only where its marker says"
# Keys of poetry's notation that make some environments lack a dependency.
_CONDITIONS = frozenset({"python", "platform", "markers"})
_INCLUDED_BY_TOX = r"(?m)(?:^|\s)(?:-r|--requirement)[ \t=]*(?:\{toxinidir\}/)?([^\s{}]+)[ \t]*$"
# Folders beside or below which files of requirements are.
_WITH_REQUIREMENTS = ("", "tests", "test")
_GROUP_OF_PYTHONS = r"\bpy\{([\d.,]+)\}"
_PYTHON = r"\bpy(\d)\.?(\d*)"


def read_declarations(tree: Tree, folder: str = "") -> Iterator[tuple[Home, list[Declaration]]]:
    """Yield each list of dependencies with its entries, in the order of files and lists.

    Args:
        tree: the files of a repository.
        folder: the path of one below it, with a slash at its end.

    Raises:
        ParseError: pyproject.toml, setup.cfg or tox.ini cannot be parsed.

    """
    yield from _pyproject(tree, f"{folder}pyproject.toml")
    yield from _hatch(tree, f"{folder}hatch.toml", ("envs",))
    yield from _pipfile(tree, f"{folder}Pipfile")
    yield from _setup_cfg(tree, f"{folder}setup.cfg")
    yield from _setup_py(tree, f"{folder}setup.py")
    yield from _tox(tree, f"{folder}tox.ini")
    yield from _requirements(tree, folder, _named_in_tox(tree, folder))


def _pyproject(tree: Tree, file: str) -> Iterator[tuple[Home, list[Declaration]]]:
    document = tree.toml(file)
    arrays: list[tuple[Notation, str, tuple[str, ...]]] = [
        ("project", "project.dependencies", ("project", "dependencies")),
        ("flit", "flit's requires", ("tool", "flit", "metadata", "requires")),
        ("uv", "uv's dev-dependencies", ("tool", "uv", "dev-dependencies")),
    ]
    tables: list[tuple[Notation, str, tuple[str, ...]]] = [
        ("project", "extra", ("project", "optional-dependencies")),
        ("group", "dependency group", ("dependency-groups",)),
        ("pdm", "pdm's group", ("tool", "pdm", "dev-dependencies")),
        ("flit", "flit's extra", ("tool", "flit", "metadata", "requires-extra")),
    ]
    for notation, label, at in tables:
        arrays += [(notation, f"{label} {name}", (*at, name)) for name in table_at(document, *at)]
    for notation, label, at in arrays:
        entries = value_at(document, *at)
        if isinstance(entries, list):
            home = Home(file, label, at, notation)
            yield home, list(_array(tree, home, entries))
    for name in ("constraint-dependencies", "override-dependencies"):
        entries = value_at(document, "tool", "uv", name)
        if isinstance(entries, list):
            why_not = "it is a list of constraints"
            home = Home(file, f"uv's {name}", ("tool", "uv", name), "uv", why_not=why_not)
            yield home, list(_array(tree, home, entries))
    yield from _poetry(tree, file, document)
    yield from _hatch(tree, file, ("tool", "hatch", "envs"))


def _array(tree: Tree, home: Home, entries: list[Any]) -> Iterator[Declaration]:
    for index, entry in enumerate(entries):
        # A table is PEP 735's `{include-group = "test"}`: its entries are read in their own group.
        parts = _parts(entry) if isinstance(entry, str) else None
        if parts is not None:
            at = (*home.at, index)
            yield _declaration(tree, parts, home, at, partial(_locate, tree, home.file, at))


def _poetry(
    tree: Tree, file: str, document: dict[str, Any]
) -> Iterator[tuple[Home, list[Declaration]]]:
    base = ("tool", "poetry")
    places = [
        ("poetry's dependencies", (*base, "dependencies")),
        ("poetry's dev-dependencies", (*base, "dev-dependencies")),
        *(
            (f"poetry's group {name}", (*base, "group", name, "dependencies"))
            for name in table_at(document, *base, "group")
        ),
    ]
    for label, at in places:
        table = value_at(document, *at)
        if isinstance(table, dict):
            home = Home(file, label, at, "poetry")
            yield home, list(_poetry_table(tree, home, table))


def _pipfile(tree: Tree, file: str) -> Iterator[tuple[Home, list[Declaration]]]:
    try:
        document = tree.toml(file)
    except ParseError:
        return  # It is pipenv's to complain of.
    for key in ("packages", "dev-packages"):
        table = value_at(document, key)
        if isinstance(table, dict):
            home = Home(file, f"Pipfile's {key}", (key,), "pipenv")
            yield home, list(_poetry_table(tree, home, table))


def _poetry_table(tree: Tree, home: Home, table: dict[str, Any]) -> Iterator[Declaration]:
    for name, value in table.items():
        several = isinstance(value, list)
        constraints = value if several else [value]
        old = [_for_old_python(constraint) for constraint in constraints]
        for index, constraint in enumerate(constraints):
            at: tuple[str | int, ...] = (*home.at, name, index) if several else (*home.at, name)
            place = partial(_locate, tree, home.file, at)
            fixed = "it is one of several constraints" if several else ""
            specifier = constraint
            is_conditional = False
            if isinstance(constraint, dict):
                specifier = constraint.get("version")
                at = (*at, "version")
                if is_conditional := _is_conditional(tree, constraint):
                    fixed = fixed or _BY_MARKER
            if not isinstance(specifier, str):
                specifier, fixed = "", "it has no single version"
            text = f"{name} {specifier}".strip()
            # If all are old, the name is still used, because no other entry can be added to them.
            is_old = old[index] and not all(old)
            around = partial(_text, tree, home.file)
            name_ = normalised(name)
            yield Declaration(
                name_, text, specifier, place, at, home, fixed, is_old, around, is_conditional
            )


def _is_conditional(tree: Tree, constraint: dict[str, Any]) -> bool:
    """Tell whether some environment of the project lacks what one of poetry's constraints has."""
    conditions = _CONDITIONS & constraint.keys()
    return bool(conditions) and not (
        conditions == {"python"} and _is_always(tree, constraint["python"])
    )


def _is_always(tree: Tree, condition: object) -> bool:
    """Tell whether a condition holds for every Python that the project supports."""
    python = required_python(tree)
    least = bounds.lowest(python) if isinstance(python, str) else None
    return isinstance(condition, str) and least is not None and holds_from(condition, least)


def required_python(tree: Tree) -> object:
    """Return what a project writes of the Pythons that it supports, None without anything."""
    document = tree.toml("pyproject.toml")
    python = value_at(document, "project", "requires-python")
    if python is None:
        python = value_at(document, "tool", "poetry", "dependencies", "python")
    if python is None:
        python = tree.ini("setup.cfg").get("options", {}).get("python_requires")
    return python


def _for_old_python(constraint: object) -> bool:
    """Tell whether one of poetry's constraints is for Pythons that pytest 9 does not support."""
    if not isinstance(constraint, dict):
        return False
    python = constraint.get("python")
    if isinstance(python, str) and not bounds.reaches(python, _LEAST_PYTHON):
        return True
    return is_for_old_python(str(constraint.get("markers")))


def _hatch(tree: Tree, file: str, at: tuple[str, ...]) -> Iterator[tuple[Home, list[Declaration]]]:
    document = tree.toml(file)
    for name, environment in table_at(document, *at).items():
        if not isinstance(environment, dict):
            continue
        for key in ("dependencies", "extra-dependencies"):
            entries = environment.get(key)
            if isinstance(entries, list):
                home = Home(file, f"hatch environment {name}", (*at, name, key), "hatch")
                yield home, list(_array(tree, home, entries))


def _setup_cfg(tree: Tree, file: str) -> Iterator[tuple[Home, list[Declaration]]]:
    sections = tree.ini(file)
    places = [("options", key) for key in ("install_requires", "tests_require")]
    extras = "options.extras_require"
    places += [(extras, key) for key in sections.get(extras, {})]
    for section, key in places:
        value = sections.get(section, {}).get(key)
        if value is not None:
            label = f"extra {key}" if section == extras else key
            home = Home(file, label, (section, key), "setup.cfg", value)
            parts = [part.strip() for part in value.split(";")]
            if "\n" in value or len(parts) == 1:
                yield home, list(_ini_value(tree, home, value))
            else:
                # setuptools takes `pytest; flake8` apart, unless there is a second line.
                home = home._replace(why_not="its entries are on one line")
                yield (
                    home,
                    [
                        found._replace(at=(section, key, 0), fixed=home.why_not)
                        for part in parts
                        for found in _ini_value(tree, home, part)
                    ],
                )


def _setup_py(tree: Tree, file: str) -> Iterator[tuple[Home, list[Declaration]]]:
    data = tree.read(file) or b""
    if b"_require" not in data:
        return
    # Imported here: it needs `ast`, and most projects have no setup.py.
    from async_test_template.config import setup_py

    for listed in setup_py.parse(data.decode("utf-8", "replace")):
        keyword, *extra = listed.at
        label = f"extra {extra[0]}" if extra else keyword
        home = Home(file, label, listed.at, "setup.py")
        # `extras_require={":python_version<'3.8'": [...]}`
        _, _, marker = extra[0].partition(":") if extra else ("", "", "")
        declared = []
        for text, place in listed.entries:
            parts = _parts(f"{text}; {marker}" if marker else text)
            if parts is not None:
                at_line = partial(_at_line, place[0])
                found = _declaration(tree, parts, home, place, at_line)
                declared.append(found._replace(text=text))
        yield home, declared


def _tox(tree: Tree, file: str) -> Iterator[tuple[Home, list[Declaration]]]:
    for section, options in tree.ini(file).items():
        value = options.get("deps") if section.startswith("testenv") else None
        if value is not None:
            home = Home(file, f"tox's [{section}]", (section, "deps"), "tox.ini", value)
            yield home, list(_ini_value(tree, home, value))


def _named_in_tox(tree: Tree, folder: str) -> Iterator[str]:
    """Yield the files of requirements that tox installs, whatever their names are."""
    for section, options in tree.ini(f"{folder}tox.ini").items():
        deps = options.get("deps", "") if section.startswith("testenv") else ""
        for path in re.findall(_INCLUDED_BY_TOX, deps):
            target = _joined(folder.rstrip("/"), path)
            if target is not None:
                yield target


def _ini_value(tree: Tree, home: Home, value: str) -> Iterator[Declaration]:
    section, key = str(home.at[0]), str(home.at[1])
    for index, written in enumerate(value.split("\n")):
        factors = re.match(_FACTORS, written)
        text = re.split(r"(?<=\s)#", factors["rest"] if factors else written, maxsplit=1)[0]
        parts = _parts(text)
        if parts is None:
            continue
        old = factors is not None and _selects_old_pythons(factors["factors"])
        place = partial(ini.locate, tree.text(home.file) or "", section, key, index)
        yield _declaration(tree, parts, home, (section, key, index), place, is_old=old)._replace(
            conditional=factors is not None or parts.marker is not None
        )


def _selects_old_pythons(factors: str) -> bool:
    """Tell whether factors such as `py38` or `{py3.8,py3.9}` name only Pythons of the past."""
    spelt = re.sub(_GROUP_OF_PYTHONS, lambda found: f"py{found[1].replace(',', ',py')}", factors)
    pythons = [(int(major), int(minor or 99)) for major, minor in re.findall(_PYTHON, spelt)]
    return bool(pythons) and max(pythons) < _LEAST_PYTHON


def _of_requirements(tree: Tree, folder: str) -> Iterator[str]:
    """Yield the files of requirements in a folder, and in `requirements` below it."""
    words = ("requirements", "constraints")
    for path in tree.names(folder):
        file = path.rpartition("/")[2]
        if file.endswith((".txt", ".in")) and any(word in file for word in words):
            yield path
    below = tree.names(f"{folder}/requirements" if folder else "requirements")
    yield from (path for path in below if path.endswith((".txt", ".in")))


def _requirements(
    tree: Tree, folder: str, named: Iterable[str]
) -> Iterator[tuple[Home, list[Declaration]]]:
    constraints: set[str] = set()
    waiting = [
        name
        for place in _WITH_REQUIREMENTS
        for name in _of_requirements(tree, f"{folder}{place}".rstrip("/"))
    ]
    waiting += named
    seen: set[str] = set()
    found = []
    while waiting:
        file = waiting.pop(0)
        text = tree.text(file) if file not in seen else None
        seen.add(file)
        if text is None:
            continue
        command = how_to_compile(text, file)
        home = Home(
            file,
            file,
            (),
            "requirements",
            why_not="it is compiled" if command else "",
            compiled_by=command,
        )
        declared = []
        for entry in _entries(text):
            if entry.kind in {"include", "constraint"} and entry.target is not None:
                target = _joined(file.rpartition("/")[0], entry.target)
                if target is not None:
                    waiting.append(target)
                    if entry.kind == "constraint":
                        constraints.add(target)
            parts = _parts(entry.text) if entry.kind == "requirement" else None
            if parts is not None:
                fixed = "it is pinned by hashes" if entry.hashed else ""
                place = partial(_at_line, entry.line)
                declared.append(_declaration(tree, parts, home, (entry.line,), place, fixed=fixed))
        found.append((home, declared))
    for home, declared in found:
        if not home.why_not and (home.file in constraints or "constraint" in home.file):
            constrained = home._replace(why_not="it is a file of constraints")
            yield constrained, [d._replace(home=constrained) for d in declared]
        else:
            yield home, declared


def _entries(text: str) -> list[Entry]:
    # Imported here: few repositories with a pyproject.toml have such files too.
    from async_test_template.config import requirements

    return requirements.parse(text)


def _parts(text: str) -> Parts | None:
    """Take one requirement apart; None if it is not one."""
    try:
        return parse(text)
    except ParseError:
        return None


def _declaration(  # noqa: PLR0913 - a declaration has these parts
    tree: Tree,
    parts: Parts,
    home: Home,
    at: tuple[str | int, ...],
    place: Callable[[], tuple[int, int]],
    *,
    fixed: str = "",
    is_old: bool = False,
) -> Declaration:
    is_conditional = parts.marker is not None and not _is_always(tree, parts.marker)
    if parts.url is not None:
        fixed = "it points to a URL"
    elif is_conditional:
        fixed = fixed or _BY_MARKER
    return Declaration(
        parts.name,
        parts.text.strip(),
        parts.specifier,
        place,
        at,
        home,
        fixed,
        is_old or is_for_old_python(parts.marker or ""),
        partial(_text, tree, home.file),
        is_conditional,
    )


def _text(tree: Tree, file: str) -> str:
    return tree.text(file) or ""


def _at_line(line: int) -> tuple[int, int]:
    return line, 1


def _locate(tree: Tree, file: str, at: tuple[str | int, ...]) -> tuple[int, int]:
    from async_test_template.config.toml import edits as toml

    try:
        return toml.locate(tree.text(file) or "", at)
    except (KeyError, IndexError):
        return (1, 1)


def _joined(folder: str, target: str) -> str | None:
    """Resolve the path in `-r PATH`; None where it leaves the repository or is a URL."""
    if "://" in target or target.startswith("/"):
        return None
    parts: list[str] = folder.split("/") if folder else []
    for part in target.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)

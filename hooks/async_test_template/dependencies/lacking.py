"""Lock files and compiled files that lack a declared package."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from async_test_template.config.requirement import normalised
from async_test_template.config.toml.read import value_at
from async_test_template.dependencies.compiled import PIPENV, holds
from async_test_template.dependencies.declaration import Declaration, Home
from async_test_template.dependencies.gather import above
from async_test_template.dependencies.model import PACKAGES, Dependencies
from async_test_template.errors import UserError
from async_test_template.tree import Tree


class Lack(NamedTuple):
    """A file that a tool writes, and that is out of date.

    Attributes:
        file: path from the root; the whole path if it is above the root.
        names: the packages that it lacks, sorted.
        declared_in: the file that declares the first of them.
        command: the command that updates the file.

    """

    file: str
    names: tuple[str, ...]
    declared_in: str
    command: str


#: The lists that each lock file is made from, and the command that updates it without upgrades.
LOCKS = {
    "uv.lock": (("project", "group", "uv"), "uv lock"),
    "poetry.lock": (("project", "group", "poetry"), "poetry lock"),
    "pdm.lock": (("project", "group", "pdm"), "pdm lock --update-reuse"),
    PIPENV: (("pipenv",), "pipenv lock"),
    "pylock.toml": (
        ("project", "group", "uv", "pdm"),
        "uv lock && uv export --format pylock.toml -o pylock.toml",
    ),
}
_WORDS = r"[^\s'\"]+"


def lacking(dependencies: Dependencies) -> Iterator[Lack]:
    """Yield each lock file and each compiled file that lacks a package of PACKAGES.

    A package with a marker, which some environments do without, may be missing. Of the lock
    files only uv's has every list for certain (uv 0.13, "universal resolution"). Another one counts
    for the lists of which it has some other package.
    """
    for file in dependencies.locked:
        text = _text(dependencies.tree, file)
        yield from _lack_of(dependencies, file, file, text)
    if "uv.lock" not in dependencies.locked and dependencies.tree.read("pyproject.toml"):
        found = _lock_of_workspace(dependencies.tree)
        if found is not None:
            yield from _lack_of(dependencies, "uv.lock", *found)
    for home, declared in dependencies.lists:
        if home.compiled_by:
            held = {declaration.name for declaration in declared}
            missing = [d for d in _sources(dependencies, home) if d.name not in held]
            yield from _lack(home.file, missing, home.compiled_by)


def _lack_of(dependencies: Dependencies, kind: str, file: str, text: str) -> Iterator[Lack]:
    notations, command = LOCKS[kind]
    missing: list[Declaration] = []
    if kind == "uv.lock" and not _is_of(dependencies.tree, text):
        return
    if kind == "poetry.lock" and _is_left_over(dependencies):
        return
    for home, declared in dependencies.lists:
        if home.notation not in notations:
            continue
        if kind == "uv.lock" or any(holds(text, d.name) for d in declared):
            missing += [d for d in declared if d.name in PACKAGES and not holds(text, d.name)]
    yield from _lack(file, missing, command)


def _is_left_over(dependencies: Dependencies) -> bool:
    """Tell whether a project that uv locks has kept the lock file of poetry, without its table."""
    tool = value_at(dependencies.tree.toml("pyproject.toml"), "tool")
    has_table = isinstance(tool, dict) and "poetry" in tool
    return "uv.lock" in dependencies.locked and not has_table


def _is_of(tree: Tree, text: str) -> bool:
    """Tell whether a lock file of uv is the project's own: uv writes the project itself into it."""
    document = tree.toml("pyproject.toml")
    name = value_at(document, "project", "name")
    return not isinstance(name, str) or holds(text, normalised(name))


def _lack(file: str, missing: Iterable[Declaration], command: str) -> Iterator[Lack]:
    missing = [d for d in missing if d.name in PACKAGES and not (d.conditional or d.is_old)]
    if missing:
        names = tuple(sorted({declaration.name for declaration in missing}))
        yield Lack(file, names, missing[0].file, command)


def _sources(dependencies: Dependencies, compiled: Home) -> Iterator[Declaration]:
    """Yield the packages in the files from which a compiled one is made, by its command."""
    folder = compiled.file.rpartition("/")[0]
    words = re.findall(_WORDS, compiled.compiled_by)
    files = {word for word in words if word.endswith((".in", ".toml", ".cfg"))}
    files |= {f"{folder}/{file}" for file in files if folder}
    for home, declared in dependencies.lists:
        if home.file in files and not home.why_not and _is_asked_for(home, words):
            yield from declared


def _is_asked_for(home: Home, words: list[str]) -> bool:
    """Tell whether a command compiles a list; it names extras and groups, other lists not."""
    if home.at == ("project", "dependencies") or home.notation == "requirements":
        return True
    if home.file == "setup.cfg" and home.at == ("options", "install_requires"):
        return True
    name = str(home.at[-1]) if home.at else ""
    option = "--group" if home.notation == "group" else "--extra"
    given = " ".join(words).replace("=", " ")
    return f"{option} {name} " in f"{given} " or (option == "--extra" and "--all-extras" in words)


def _lock_of_workspace(tree: Tree) -> tuple[str, str] | None:
    """Find the uv.lock of a workspace in a folder above: its whole path, and its text."""
    try:
        found = next(
            (f for f in above(tree) if f.text("uv.lock") is not None and f.read("pyproject.toml")),
            None,
        )
        document = {} if found is None else found.toml("pyproject.toml")
    except UserError:
        return None
    members = value_at(document, "tool", "uv", "workspace", "members")
    if found is None or not isinstance(members, list):
        return None
    # Imported here: few projects belong to a workspace.
    from async_test_template.globs import matches

    parts = tree.root.relative_to(found.root).parts
    is_member = any(matches(parts, str(pattern)) for pattern in members)
    return (str(found.root / "uv.lock"), _text(found, "uv.lock")) if is_member else None


def _text(tree: Tree, file: str) -> str:
    return (tree.read(file) or b"").decode("utf-8", "replace")

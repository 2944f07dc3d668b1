"""Python files among the tests that are data of them: nothing imports them, and they hold none."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.boundaries import TESTS
from async_test_template.paths import name_of
from async_test_template.source.relevance import is_of_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.items import Module

#: What pytest, or Python, loads by its name.
_BY_NAME = frozenset({"__init__.py", "__main__.py", "conftest.py"})
#: Code that makes the names of modules, which are then nowhere to be read.
_MAKES_NAMES = (
    rb"pytest_plugins\b(?s:.){0,300}(?:glob|listdir|iterdir|os\.walk|iter_modules)"
    rb"|\b(?:iter_modules|walk_packages)\("
)
_STATEMENT = rb"[ \t]*(?:lazy[ \t]+)?(?:from|import)\b"
#: A line of an import in brackets, without the name.
_IN_BRACKETS = rb"(?:[ \t]+as[ \t]+\w+)?[ \t]*(?:[,)#\r]|$)"
_CALLED = (b"import_module(", b"importorskip(", b"__import__(")


# All findings of a file are looked at one after the other.
@lru_cache(maxsize=64)
def is_never_loaded(project: Project, file: str) -> bool:
    """Tell whether a file among the tests is read by them at most: as input of a tool.

    It is not named like a test and holds none, nothing imports it or names it as a plugin, and
    nobody runs it as a script. It may look like a file of tests if code of the tests names its
    folder, as linters read what they are to find.
    """
    name = name_of(file)
    stem = name.removesuffix(".py")
    if stem == name or name in _BY_NAME or not is_of_tests(file):
        return False
    module = project.code.by_file.get(file)
    if project.reader.is_test_file(file):
        return False
    if module is not None and _may_hold_tests(module) and not _is_read(project, file):
        return False
    if b"__main__" in (project.tree.read(file) or b"") or _is_named(project, stem):
        return False
    if any(True for _ in loading(project, file)):
        return False
    makes_names = re.compile(_MAKES_NAMES)
    makes = project.reader.mentioning(makes_names, (b"pytest_plugins", b"iter_modules", b"walk_"))
    return not any(True for _ in makes)


def loading(project: Project, file: str) -> Iterator[bytes]:
    """Yield the bytes of the other files that load a file of Python, or name it as a plugin."""
    stem = name_of(file).removesuffix(".py").encode()
    word = re.compile(rb"\b%s\b" % re.escape(stem))
    for other, data in project.reader.mentioning(word, (stem,)):
        if other != file and any(_loads(data, match) for match in word.finditer(data)):
            yield data


def _loads(data: bytes, match: re.Match[bytes]) -> bool:
    """Tell whether a word is imported, in a dotted text, or the name of a file of Python."""
    start = data.rfind(b"\n", 0, match.start()) + 1
    end = data.find(b"\n", match.end())
    before, after = data[start : match.start()], data[match.end() : end if end >= 0 else None]
    return (
        re.match(_STATEMENT, before) is not None
        or (not before.strip() and re.match(_IN_BRACKETS, after) is not None)
        or (before.endswith(b".") and after.startswith((b'"', b"'")))
        or after.startswith(b".py")
        or before.rstrip(b"\"'").endswith(_CALLED)
    )


def _is_read(project: Project, file: str) -> bool:
    """Tell whether a file of tests says the name of the folder, which no configuration does."""
    folder = name_of(file.rpartition("/")[0])
    if folder in TESTS:
        return False
    word = re.compile(rb"[\"'/]%s[\"'/]" % re.escape(folder.encode()))
    found = project.reader.mentioning(word, (folder.encode(),), project.reader.is_test_file)
    return any(True for _ in found)


def _may_hold_tests(module: Module) -> bool:
    return bool(module.holds_tests or module.tests) or any(
        base.endswith("TestCase") for held in module.classes for base in held.bases
    )


def _is_named(project: Project, stem: str) -> bool:
    """Tell whether a plugin of that name is loaded, or entry points may name it."""
    word = re.compile(rf"\b{re.escape(stem)}\b")
    texts = [option.text for option in project.settings.addopts]
    texts += [project.tree.text(file) or "" for file in ("pyproject.toml", "setup.cfg")]
    return any(map(word.search, (*project.code.plugins, *texts)))

"""How a repository sorts its imports: by ruff's settings, isort's, or what both begin with.

After ruff 0.17 (`lint.isort`, `src`, `line-length`) and isort 5 (`[tool.isort]`, `setup.cfg`,
`.isort.cfg`); the settings of the closest file count, and those that say nothing about the order of
statements are left out.
"""

from __future__ import annotations

from contextlib import suppress
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from async_test_template.config.toml.read import value_at
from async_test_template.errors import UserError
from async_test_template.paths import is_file, is_folder
from async_test_template.source.imports import SECTIONS, ImportStyle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from async_test_template.tree import Tree

_ISORT_SECTIONS = {
    "FUTURE": "future",
    "STDLIB": "standard-library",
    "THIRDPARTY": "third-party",
    "FIRSTPARTY": "first-party",
    "LOCALFOLDER": "local-folder",
}
#: A length of lines has fewer; Python reads no number of any length.
_DIGITS = 10
_KNOWN = ("standard-library", "third-party", "first-party", "local-folder")


class _Place(NamedTuple):
    """Where to look for the modules of a repository.

    Attributes:
        tree: its files.
        file: the file that imports them.
        folder: the one that the settings are in.
        whole: a module is the repository's own if it is there with all of its name, as for ruff
            0.17; for isort and older ruffs, the first part is enough.

    """

    tree: Tree
    file: str
    folder: str
    whole: bool


def import_styles(tree: Tree, file: str) -> list[ImportStyle]:
    """Return how the imports of a file may be sorted, the likeliest first."""
    styles: list[ImportStyle] = []
    for folder in _folders(file):
        if styles:
            break
        # Other readers of a broken file report what is wrong with it.
        with suppress(UserError):
            styles = [s for whole in (True, False) for s in _configured(tree, file, folder, whole)]
    defaults = [_ruff({}, {}, _Place(tree, file, "", whole)) for whole in (True, False)]
    return [*styles, *defaults]


def _folders(file: str) -> Iterator[str]:
    """Yield the folders around a file, the closest first, each with a slash after it."""
    folder = file
    while folder:
        folder = folder.rpartition("/")[0]
        yield f"{folder}/" if folder else ""


def _configured(tree: Tree, file: str, folder: str, whole: bool) -> Iterator[ImportStyle]:  # noqa: FBT001 - one of two ways
    where = _Place(tree, file, folder, whole)
    pyproject = tree.toml(f"{folder}pyproject.toml")
    for name in (".ruff.toml", "ruff.toml", "pyproject.toml"):
        document = tree.toml(f"{folder}{name}")
        table = value_at(document, "tool", "ruff") if name == "pyproject.toml" else document
        if isinstance(table, dict) and table:
            own = value_at(table, "lint", "isort") or value_at(table, "isort")
            yield _ruff(table, own if isinstance(own, dict) else {}, where)
            break
    isort = value_at(pyproject, "tool", "isort")
    for name, section in ((".isort.cfg", "settings"), ("setup.cfg", "isort"), ("tox.ini", "isort")):
        isort = isort or tree.ini(f"{folder}{name}").get(section)
    if isinstance(isort, dict) and isort:
        yield _isort(isort, where)


def _ruff(table: Mapping[str, Any], isort: Mapping[str, Any], where: _Place) -> ImportStyle:
    known = {section: _list(isort.get(f"known-{section}")) for section in _KNOWN}
    src = _list(table.get("src")) or (".", "src")
    sections = _list(isort.get("section-order")) or SECTIONS
    return ImportStyle(
        _section_finder(where, src, known),
        ("future", "all") if isort.get("no-sections") is True else sections,
        _number(table.get("line-length"), 88),
        _number(isort.get("lines-after-imports"), -1),
        mixed=isort.get("force-sort-within-sections") is True,
        from_first=isort.get("from-first") is True,
        single=isort.get("force-single-line") is True,
        combine_as=isort.get("combine-as-imports") is True,
        case_sensitive=isort.get("case-sensitive") is True,
        by_type=isort.get("order-by-type") is not False,
    )


def _isort(isort: Mapping[str, Any], where: _Place) -> ImportStyle:
    profile = isort.get("profile")
    google = profile == "google"
    known = {section: _list(isort.get(f"known_{section.replace('-', '_')}")) for section in _KNOWN}
    src = _list(isort.get("src_paths")) or (".", "src")
    sections = tuple(_ISORT_SECTIONS.get(name, name) for name in _list(isort.get("sections")))
    lengths = {"black": 88, "google": 80, "pycharm": 120, "hug": 100}
    return ImportStyle(
        _section_finder(where, src, known),
        ("future", "all") if _is_on(isort, "no_sections") else sections or SECTIONS,
        _number(isort.get("line_length"), lengths.get(str(profile), 79)),
        _number(isort.get("lines_after_imports"), -1),
        mixed=_is_on(isort, "force_sort_within_sections") or google,
        from_first=_is_on(isort, "from_first"),
        single=_is_on(isort, "force_single_line") or google,
        combine_as=_is_on(isort, "combine_as_imports"),
        case_sensitive=_is_on(isort, "case_sensitive"),
        by_type=str(isort.get("order_by_type", "true")).lower() != "false",
    )


def _section_finder(
    where: _Place, src: tuple[str, ...], known: Mapping[str, tuple[str, ...]]
) -> Callable[[str], str]:
    """Return a function for the section of a module, with a `!` if the settings name the module."""
    package = _package_of(where.tree, where.file)
    base = where.tree.root / where.folder
    whole = where.whole

    @cache
    def is_own(module: str) -> bool:
        top = module.partition(".")[0]
        if top == package:
            return True
        looked_for = module.split(".") if whole else [top]
        places = [base.joinpath(path, *looked_for) for path in src]
        return any(
            is_folder(place) or is_file(place.with_name(f"{place.name}.py")) for place in places
        )

    def section_of(module: str) -> str:
        for section, patterns in known.items():
            parents = module.split(".")
            names = [".".join(parents[:end]) for end in range(len(parents), 0, -1)]
            if any(fnmatchcase(name, pattern) for name in names for pattern in patterns):
                return f"{section}!"
        return "first-party" if is_own(module) else "third-party"

    return section_of


def _package_of(tree: Tree, file: str) -> str:
    """Return the name of the outermost package that a file is in, or nothing."""
    package = ""
    for folder in _folders(file):
        if not folder or not is_file(tree.root / folder / "__init__.py"):
            break
        package = folder.rstrip("/").rpartition("/")[2]
    return package


def _list(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(word for word in value.replace(",", " ").split() if word)
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _number(value: object, default: int) -> int:
    return int(str(value)) if _is_number(str(value)) else default


def _is_number(text: str) -> bool:
    return len(text) < _DIGITS and text.removeprefix("-").isdecimal()


def _is_on(settings: Mapping[str, Any], name: str) -> bool:
    return str(settings.get(name, "")).lower() in {"true", "1", "yes", "on"}

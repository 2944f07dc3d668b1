"""Read what the user wants of the rules, and refuse what no rule or setting is called.

A refusal says where it stands, and which name is the nearest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.config.toml.read import table_at, value_at
from async_test_template.errors import UserError
from async_test_template.findings import Severity
from async_test_template.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from typing import TypeAlias

    from async_test_template.policy import Given
    from async_test_template.tree import Tree

    #: A place in the table.
    _Place: TypeAlias = tuple[str | int, ...]

_FILE = "pyproject.toml"
_TABLE = ("tool", "async-test-template")
#: What each setting looks like.
SHAPES = {
    "select": 'a list of rules, ["AT1", "AT501"]',
    "extend-select": 'a list of rules, ["AT216"]',
    "ignore": 'a table, { CODE = "reason" }',
    "per-file-ignores": 'a table, { "tests/old" = { CODE = "reason" } }',
    "exclude": 'a list of patterns, ["examples", "tests/old/*.py"]',
    "severity": 'a table, { CODE = "advice" }',
}
_LEVELS = {severity.value: severity for severity in Severity}
#: The command line has no place for a reason.
_BY_OPTION = "by --per-file-ignores"


def read_policy(tree: Tree, names: Mapping[str, str], given: Given) -> Policy:
    """Read the table of a project, and add what the command line gives.

    Args:
        tree: the files of the project.
        names: the name of each rule by its code.
        given: what the command line gives.

    Raises:
        UserError: a rule, a setting or a severity is not known, or a reason is missing.

    """
    table = _Table(tree, names)
    options = _Options(given, names)
    return Policy(
        select=options.codes("select") or table.codes("select"),
        extend_select=(*table.codes("extend-select"), *options.codes("extend-select")),
        left_out=options.codes("ignore"),
        ignore=table.ignored(table.table("ignore"), "ignore"),
        per_file_ignores=table.per_file_ignores(),
        exclude=table.patterns("exclude"),
        severity={**table.severities(), **options.severities()},
        given_ignores=options.per_file_ignores(),
        given_exclude=options.words("exclude"),
    )


def has_table(tree: Tree) -> bool:
    """Tell whether a project says what it wants of the rules."""
    return value_at(tree.toml(_FILE), *_TABLE) is not None


def unknown(word: str, what: str, known: Collection[str]) -> str:
    """Return the sentence that refuses a name, with the nearest one."""
    # Imported here: a name is rarely wrong.
    from difflib import get_close_matches

    (nearest,) = get_close_matches(word, known, 1, 0.0)
    return f"there is no {what} {word}; the nearest is {nearest}"


def unknown_rule(word: str, names: Mapping[str, str]) -> str:
    """Return the sentence that refuses a rule: a code, or the name of a rule in place of it."""
    from difflib import SequenceMatcher, get_close_matches
    from itertools import takewhile

    by_name = {name: code for code, name in names.items()}
    if meant := get_close_matches(word.lower(), by_name, 1):
        return f"there is no rule {word}; the nearest is {by_name[meant[0]]} ({meant[0]})"

    def likeness(code: str) -> tuple[int, float]:
        begin = takewhile(lambda pair: pair[0] == pair[1], zip(word.upper(), code, strict=False))
        return len(list(begin)), SequenceMatcher(None, word.upper(), code).ratio()

    nearest = max(sorted(names), key=likeness)
    return f"there is no rule {word}; the nearest is {nearest} (`rules` lists all of them)"


def _is_rule(word: str, names: Mapping[str, str]) -> bool:
    """Tell whether a word is the code of a rule, or the beginning of one."""
    return bool(word) and any(code.startswith(word) for code in names)


class _Table:
    """The settings of a project."""

    def __init__(self, tree: Tree, names: Mapping[str, str]) -> None:
        self._tree = tree
        self._names = names
        document = tree.toml(_FILE)
        if not isinstance(value_at(document, *_TABLE), (dict, type(None))):
            raise self._wrong((), f"{_TABLE[-1]} is a table of settings")
        self._settings = table_at(document, *_TABLE)
        for key in self._settings:
            if key not in SHAPES:
                raise self._wrong((key,), unknown(key, "setting", SHAPES))

    def codes(self, key: str) -> tuple[str, ...]:
        """Return a list of rules."""
        for number, code in enumerate(codes := self._texts(key)):
            self._require_rule(code, (key, number))
        return codes

    def patterns(self, key: str) -> tuple[str, ...]:
        """Return a list of patterns."""
        for number, pattern in enumerate(patterns := self._texts(key)):
            self._require_pattern(pattern, (key, number))
        return patterns

    def table(self, *at: str) -> dict[str, object]:
        """Return a table."""
        found = value_at(self._settings, *at)
        if not isinstance(found, dict):
            if found is None:
                return {}
            raise self._wrong(at, f"{at[0]} is {SHAPES[at[0]]}")
        return found

    def ignored(self, table: Mapping[str, object], *at: str) -> dict[str, str]:
        """Return the reasons in a table of ignored rules."""
        found: dict[str, str] = {}
        for code, reason in table.items():
            self._require_rule(code, (*at, code))
            if not isinstance(reason, str) or not reason.strip():
                raise self._wrong((*at, code), f"{code} is ignored without a reason")
            found[code] = reason
        return found

    def per_file_ignores(self) -> dict[str, dict[str, str]]:
        """Return the reasons for ignored rules by pattern."""
        key = "per-file-ignores"
        found: dict[str, dict[str, str]] = {}
        for pattern in self.table(key):
            self._require_pattern(pattern, (key, pattern))
            found[pattern] = self.ignored(self.table(key, pattern), key, pattern)
        return found

    def severities(self) -> dict[str, Severity]:
        """Return the severities of rules."""
        found: dict[str, Severity] = {}
        for code, level in self.table("severity").items():
            at = ("severity", code)
            self._require_rule(code, at)
            if not isinstance(level, str):
                raise self._wrong(at, f"severity is {SHAPES['severity']}")
            if level not in _LEVELS:
                raise self._wrong(at, unknown(level, "severity", _LEVELS))
            found[code] = _LEVELS[level]
        return found

    def _texts(self, key: str) -> tuple[str, ...]:
        found = self._settings.get(key, [])
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise self._wrong((key,), f"{key} is {SHAPES[key]}")
        return tuple(found)

    def _require_rule(self, code: str, at: _Place) -> None:
        if not _is_rule(code, self._names):
            raise self._wrong(at, unknown_rule(code, self._names))

    def _require_pattern(self, pattern: str, at: _Place) -> None:
        if not pattern.strip("./"):
            raise self._wrong(at, f"the pattern {pattern!r} means no file below the project")

    def _wrong(self, at: _Place, message: str) -> UserError:
        # Imported here: places are needed only for a refusal.
        from async_test_template.config.toml import edits as toml

        line, column = toml.locate(self._tree.text(_FILE) or "", (*_TABLE, *at))
        return UserError(message, path=self._tree.root / _FILE, line=line, column=column)


class _Options:
    """What the command line gives: several options of a name, and commas within one."""

    def __init__(self, given: Given, names: Mapping[str, str]) -> None:
        self._given = given._asdict()
        self._names = names

    def words(self, key: str) -> tuple[str, ...]:
        """Return the entries of an option."""
        texts: Sequence[str] = self._given[key.replace("-", "_")]
        words = (word.strip() for text in texts for word in text.split(","))
        return tuple(word for word in words if word)

    def codes(self, key: str) -> tuple[str, ...]:
        """Return the entries of an option that takes rules."""
        return tuple(self._rule(word, key) for word in self.words(key))

    def per_file_ignores(self) -> dict[str, dict[str, str]]:
        """Return the ignored rules by pattern."""
        found: dict[str, dict[str, str]] = {}
        for pattern, code in self._pairs("per-file-ignores", ":", "PATTERN:CODE"):
            found.setdefault(pattern, {})[self._rule(code, "per-file-ignores")] = _BY_OPTION
        return found

    def severities(self) -> dict[str, Severity]:
        """Return the severities of rules."""
        found: dict[str, Severity] = {}
        for code, level in self._pairs("severity", "=", "CODE=LEVEL"):
            if level not in _LEVELS:
                raise UserError(f"--severity: {unknown(level, 'severity', _LEVELS)}")
            found[self._rule(code, "severity")] = _LEVELS[level]
        return found

    def _pairs(self, key: str, between: str, shape: str) -> Iterator[tuple[str, str]]:
        for word in self.words(key):
            first, found, second = word.rpartition(between)
            if not (first and found and second):
                raise UserError(f"--{key}: {word!r} is not {shape}")
            yield first, second

    def _rule(self, word: str, key: str) -> str:
        if not _is_rule(code := word.upper(), self._names):
            raise UserError(f"--{key}: {unknown_rule(word, self._names)}")
        return code

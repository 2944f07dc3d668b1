"""The time of every regular expression is proportional to the length of its text.

All of them are found by their source, so that a new one is tried from the day it is written, and
what is repeated at each is made from the pattern itself.
"""

from __future__ import annotations

import ast
import itertools
import re
import sys
import time
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from async_test_template.rules import CODES, load
from async_test_template.rules.versions.at408_mock_outgrown import MOCKS, Mock
from helpers import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

_OWN = "re._{}" if sys.version_info >= (3, 11) else "sre_{}"
parser: Any = import_module(_OWN.format("parser" if sys.version_info >= (3, 11) else "parse"))
codes: Any = import_module(_OWN.format("constants"))

#: Shorter times (seconds) cannot be measured, and do not matter.
NOTHING = 0.01
#: How often both are measured before the result counts: a busy machine only makes times longer.
TRIES = 8
#: The allowed factor for doubling a text.
GROWTH = 2.6
SIZES = (20, 32, 250, 1000, 8000)
#: The functions that look for a pattern at one place (`_skip` is the TOML scanner's); the others
#: look everywhere.
AT_ONE_PLACE = {"match", "fullmatch", "_skip"}
#: Samples for names from which a pattern is built.
NAME = "name"
FOLDERS = ("hooks", "fleet")
#: The result of the parser of `re`: a list of operations, each with its argument.
Parsed = Iterable[tuple[Any, Any]]


class Use(NamedTuple):
    """A regular expression, and the methods by which it is asked, "" where that is not known."""

    place: str
    pattern: re.Pattern[str] | re.Pattern[bytes]
    methods: set[str]


class NotKnown(Exception):  # noqa: N818 - no error: a sample stands for it
    """The value of an expression is known only when the program runs."""


def files() -> list[Path]:
    return sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


def module_of(path: Path) -> ModuleType | None:
    """Import what a file of the engine holds; those that are scripts need no names of theirs."""
    parts = path.relative_to(ROOT / "hooks").with_suffix("").parts if "hooks" in str(path) else ()
    if len(parts) < 2 or parts[-1] in {"__main__", "recorder"}:
        return None
    return import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))


def value(  # noqa: PLR0911 - one for each kind of expression
    node: ast.expr, module: ModuleType | None
) -> str | bytes:
    """Return the pattern that an expression stands for, with a sample for what changes."""
    match node:
        case ast.Constant(value=str() | bytes() as text):
            return text
        case ast.JoinedStr(values=parts):
            texts = [sample(part, module, "") for part in parts]
            return "".join(text for text in texts if isinstance(text, str))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first = value(left, module)
            second = sample(right, module, first)
            return first + second  # type: ignore[operator]
        case ast.BinOp(left=left, op=ast.Mod(), right=right):
            template = value(left, module)
            given = right.elts if isinstance(right, ast.Tuple) else [right]
            return template % tuple(sample(one, module, template) for one in given)
        case ast.Name(id=name) if isinstance(getattr(module, name, None), str | bytes):
            return getattr(module, name)  # type: ignore[no-any-return]
        case ast.Name(id=name):
            before = [given for line, given in assigned(module, name) if line < node.lineno]
            if before:
                return value(before[-1], module)
        case ast.Attribute(value=ast.Name(id=name), attr="pattern") if hasattr(module, name):
            return getattr(module, name).pattern  # type: ignore[no-any-return]
    raise NotKnown


@cache
def assigned(module: ModuleType | None, name: str) -> list[tuple[int, ast.expr]]:
    """Return what the functions of a module call by a name, with the lines."""
    tree = ast.parse(Path(module.__file__ or "").read_bytes() if module else b"")
    found = (
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id == name
    )
    return sorted(found, key=lambda one: one[0])


def sample(node: ast.expr, module: ModuleType | None, like: str | bytes) -> str | bytes:
    """Return what a part of a pattern stands for, or a name in its place."""
    try:
        return value(node.value if isinstance(node, ast.FormattedValue) else node, module)
    except NotKnown:
        return NAME.encode() if isinstance(like, bytes) else NAME


def uses(path: Path) -> Iterator[Use]:
    """Return every regular expression in a file."""
    source = path.read_bytes()
    if not re.search(rb"\bre\b", source):
        return
    tree = ast.parse(source)
    module = module_of(path)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        # Such a name would be looked for in vain below.
        assert not (isinstance(node, ast.ImportFrom) and node.module == "re"), path
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        function = node.func.attr
        if ast.unparse(node.func.value) != "re" or function in {"escape", "purge"}:
            continue
        try:
            text = value(node.args[0], module)
        except NotKnown:
            text = b"" if "rb" in ast.unparse(node.args[0]) else ""
        constants = (*node.args[1:], *(keyword.value for keyword in node.keywords))
        flags = re.NOFLAG if hasattr(re, "NOFLAG") else re.RegexFlag(0)
        for one in constants:
            for name in re.findall(r"\bre\.([A-Z]+)\b", ast.unparse(one)):
                flags |= getattr(re, name)
        asked_by = methods(node, parents, path) if function == "compile" else {function}
        place = f"{path.relative_to(ROOT)}:{node.lineno}"
        yield Use(place, re.compile(text, flags), asked_by)


@cache
def asked(path: Path) -> dict[str, set[str]]:
    """Return the methods by which each name of a file is asked, "" where it is by itself."""
    found: dict[str, set[str]] = {}
    tree = ast.parse(path.read_bytes())
    below = {node.value: node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            below.update(dict.fromkeys(node.args, node.func.attr))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.setdefault(node.id, set()).add(below.get(node, ""))
    return found


def methods(node: ast.Call, parents: dict[ast.AST, ast.AST], path: Path) -> set[str]:
    """Return the methods by which a compiled pattern is asked, "" where that is not known."""
    parent = parents[node]
    if isinstance(parent, ast.Attribute):
        return {parent.attr}
    if not (isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name)):
        return {""}
    name = parent.targets[0].id
    return set().union(
        *(asked(one).get(name, set()) for one in files() if one == path or name[0] != "_")
    )


def texts(pattern: re.Pattern[str] | re.Pattern[bytes]) -> list[tuple[str, str]]:
    """Return what to repeat, and what to put before it: made from each part of a pattern."""
    found: dict[tuple[str, str], None] = {}
    written = pattern.pattern
    text = written.decode("latin-1") if isinstance(written, bytes) else written
    parsed = parser.parse(text, pattern.flags & ~re.UNICODE)
    whole = shortest(parsed)
    for before, unit in repeated(parsed, ""):
        found[before, unit] = None
        found["", before + unit] = None
        found["", before] = None
    # All that it knows, one by one and side by side.
    letters = list(dict.fromkeys(letter for part in found for letter in "".join(part)))[:12]
    for letter in letters:
        found[whole, letter] = None
        found["", letter] = None
    for one, other in itertools.permutations([*letters[:4], " ", "\n"], 2):
        found["", one + other] = None
    for size in range(1, min(len(whole), 16)):
        found["", whole[:size]] = None
    return [(before, unit) for before, unit in found if unit]


def shortest(parsed: Parsed) -> str:
    """Return a short text that a parsed pattern is found in."""
    return "".join(piece(op, argument) for op, argument in parsed)


def piece(op: Any, argument: Any) -> str:  # noqa: ANN401, PLR0911 - the parser's own
    match op, argument:
        case codes.LITERAL, int(number):
            return chr(number)
        case codes.NOT_LITERAL, int(number):
            return "a" if chr(number) != "a" else "b"
        case codes.ANY, _:
            return "a"
        case codes.IN, members:
            return characters(members)[0]
        case ((codes.MAX_REPEAT | codes.MIN_REPEAT), (least, _, body)):
            return shortest(body) * int(least)
        case codes.SUBPATTERN, (*_, body):
            return shortest(body)
        case codes.BRANCH, (_, branches):
            return shortest(branches[0])
    return ""


def characters(members: list[tuple[object, object]]) -> list[str]:
    """Return characters that a set holds, one for each of its parts."""
    by_category = {
        codes.CATEGORY_DIGIT: "1",
        codes.CATEGORY_SPACE: " ",
        codes.CATEGORY_WORD: "a",
        codes.CATEGORY_NOT_SPACE: "a",
        codes.CATEGORY_NOT_DIGIT: "a",
        codes.CATEGORY_NOT_WORD: "-",
    }
    known: list[str] = []
    for op, argument in members:
        match op, argument:
            case codes.LITERAL, int(number):
                known.append(chr(number))
            case codes.RANGE, (int(first), int(_)):
                known.append(chr(first))
            case codes.CATEGORY, category:
                known.append(by_category[category])
    if members and members[0][0] is codes.NEGATE:
        return [c for c in "a1 -(\"'#\n" if c not in known and not (c == "a" and "a" in known)]
    return known


def repeated(parsed: Parsed, before: str) -> Iterator[tuple[str, str]]:
    """Return each part that may come any number of times, with what has to be before it."""
    for op, argument in parsed:
        match op, argument:
            case ((codes.MAX_REPEAT | codes.MIN_REPEAT), (_, most, body)):
                if most > 10:
                    for unit in alternatives(body):
                        yield before, unit
                yield from repeated(body, before)
            case codes.SUBPATTERN, (*_, body):
                yield from repeated(body, before)
            case codes.BRANCH, (_, branches):
                for branch in branches:
                    yield from repeated(branch, before)
        before += piece(op, argument)


def alternatives(parsed: Parsed) -> Iterator[str]:
    """Return texts of a part that is repeated, one for each of its ways."""
    yield shortest(parsed)
    for op, argument in parsed:
        match op, argument:
            case codes.IN, members:
                yield from characters(members)
            case codes.SUBPATTERN, (*_, body):
                yield from alternatives(body)
            case codes.BRANCH, (_, branches):
                for branch in branches:
                    yield from alternatives(branch)
            case codes.ANY, _:
                yield " "


#: Ends of a text that make the pattern fail after all.
ENDS = ("", "!", "\n")


def seconds(use: Use, text: str) -> float:
    data: str | bytes = text
    if isinstance(use.pattern.pattern, bytes):
        data = text.encode("latin-1", "replace")
    begin = time.process_time()
    if not use.methods <= AT_ONE_PLACE:
        for _found in use.pattern.finditer(data):  # type: ignore[arg-type]
            pass
    elif use.methods <= {"fullmatch"}:
        use.pattern.fullmatch(data)  # type: ignore[arg-type]
    else:
        use.pattern.match(data)  # type: ignore[arg-type]
    return time.process_time() - begin


def too_slow(use: Use, before: str, unit: str, end: str) -> str:
    """Report a time that grows faster than the text."""
    for size in SIZES:
        long, half = (before + unit * (n // len(unit)) + end for n in (size, size // 2))
        took, half_took = seconds(use, long), seconds(use, half)
        for _ in range(TRIES):
            if took <= NOTHING or took <= half_took * GROWTH:
                break
            took, half_took = min(took, seconds(use, long)), min(half_took, seconds(use, half))
        else:
            text = f"{before!r} + {unit!r} * n + {end!r}"
            return f"{use.place}: {text}: {half_took:.3f}, {took:.3f} s"
    return ""


def slow(use: Use) -> str:
    """Report the first text for which a pattern takes too long."""
    attacks = ((*text, end) for text in texts(use.pattern) for end in ENDS)
    return next(filter(None, (too_slow(use, *attack) for attack in attacks)), "")


@pytest.mark.slow
@pytest.mark.parametrize("path", files(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_time_of_a_pattern_grows_with_the_length_alone(path: Path) -> None:
    assert [said for use in uses(path) if (said := slow(use))] == []


@pytest.mark.parametrize("code", [code for code in CODES if load(code).words])
def test_the_words_of_a_rule_are_found_in_time(code: str) -> None:
    # Each alternative begins with a plain text, which is far faster to look for.
    plain = load(code).words.replace(rb"\(", b"")
    has_alternatives = b"|" in plain or plain.startswith(b"(")
    assert b"(" not in plain or not has_alternatives, "write alternatives without brackets"
    assert slow(Use(code, re.compile(load(code).words), {"search"})) == ""


@pytest.mark.slow
@pytest.mark.one_in(5)
@pytest.mark.parametrize("pattern", [r"a*b", r"(?:a*)*b", r"(?:aa?)*b", r"\s+$", r"x[^)]*y"])
def test_a_pattern_that_is_too_slow_is_told(pattern: str) -> None:
    assert slow(Use(pattern, re.compile(pattern), {"search"}))


@pytest.mark.slow
def test_a_pattern_that_is_fast_enough_is_not() -> None:
    for pattern in (r"a+", r"x[^)x]*y"):
        assert not slow(Use(pattern, re.compile(pattern), {"findall"})), pattern
    assert not slow(Use("a*b", re.compile("a*b"), {"match"}))


@pytest.mark.slow
def test_every_pattern_is_known() -> None:
    """A pattern that is built at run time needs an entry here, and a test of its own."""
    unknown = {
        use.place.rpartition(":")[0]
        for path in files()
        for use in uses(path)
        if not use.pattern.pattern
    }
    # Parts of the words of rules, and what the next test tries.
    assert unknown == {
        "hooks/async_test_template/source/words.py",
        "hooks/async_test_template/rules/versions/at408_mock_outgrown.py",
    }


@pytest.mark.parametrize("mock", MOCKS.values(), ids=MOCKS)
def test_the_uses_of_a_mock_are_found_in_time(mock: Mock) -> None:
    for pattern in filter(None, (mock.used, mock.passed)):
        assert slow(Use(mock.message, re.compile(pattern), {"search"})) == ""

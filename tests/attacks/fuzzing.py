"""Generated repositories, and what must be true for each.

The seeds are the rules' own examples, a generated project, and what is below `FUZZ_SEEDS`; their
files are put together again, spliced with one another, and changed by lines, tokens and bytes.
"""

from __future__ import annotations

import ast
import difflib
import io
import os
import re
import shutil
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from unittest.mock import patch

import iniconfig
import tomllib
from async_test_template import cli
from async_test_template.arguments import make_parser
from async_test_template.desired import LOOP_SCOPES, MODES
from async_test_template.rules import CODES, page_of
from async_test_template.rules.pages import read_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from random import Random

Files: TypeAlias = dict[str, bytes]

_PARSER = make_parser(cli._COMMANDS)  # noqa: SLF001 - only made once
_MARK = b"\xef\xbb\xbf"
_TOKEN = re.compile(rb"\w+|[ \t]+|\r?\n|[^\w\s]|.", re.DOTALL)
#: Bytes to insert: characters that only some programs read as blanks, or as an end of the text.
_BYTES = (
    *(bytes([number]) for number in b"\0\r\n\t\f\v\x1a\x85\xff\xc3\\'\"#;()[]{}:=,"),
    *(b"\r\n", b"\\\n", b'"""', b"\x1b[2J", b"\xed\xa0\x80", _MARK),
    *(text.encode() for text in ("\u2028", "\xa0", "\u202e", "\u3000", "\xe9", "\U0001f40d")),
)
_TOKENS = (
    b"9" * 5000,
    *b"""async await yield return self event_loop loop request pass None 1 -1 * ** = : lambda
    loop_scope scope "session" "module" 'class' 'function' pytest pytest_asyncio asyncio anyio mark
    fixture asyncio_mode auto strict legacy >= < == 0.23""".split(),
)
_LINES = rb"""
import pytest
import asyncio
import pytest_asyncio
from __future__ import annotations
pytestmark = pytest.mark.asyncio
@pytest.mark.asyncio
@pytest.fixture
@pytest_asyncio.fixture(scope="session")
@staticmethod
class TestIt:
    async def test_new(self, event_loop):
        pass
if True:
else:
try:
# att: ignore
# fmt: off
# -*- coding: latin-1 -*-
asyncio_mode = auto
asyncio_mode = "auto"
[pytest]
[tool.pytest.ini_options]
pytest-asyncio<0.24
pytest-asyncio==0.21 ; python_version < '3.12'
-r other.txt
--hash=x
""".splitlines()
#: Names that Python reads as others (NFKC), or whose bytes are more than their characters.
_NAMES = ("\xfcn\xef", "\ufb01xture", "\u53d8\u91cf", "\u210c", "\xaa", "x\xb7", "event_\u0142oop")
_FOLDERS = ("", "tests/", "tests/unit/", "src/pkg/")
_SETTINGS = ("pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini", ".pytest.ini", "pytest.toml")


class Broken(NamedTuple):
    """A broken promise for a repository.

    Attributes:
        what: a sentence.
        arguments: the command line that showed it.
        files: the repository.

    """

    what: str
    arguments: tuple[str, ...]
    files: Files


def seeds(more: Iterable[Path] = ()) -> list[Files]:
    """Return the material for repositories, in the same order each time."""
    found: list[Files] = []
    for code in CODES:
        page = read_page(page_of(code))
        for example in (*page.invalid, *page.valid):
            found.append(_encoded(example.before))
            if example.after:
                found.append(_encoded({**example.before, **example.after}))
    for folder in more:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        found.append({path.relative_to(folder).as_posix(): path.read_bytes() for path in paths})
    return found


def _encoded(files: Mapping[str, str]) -> Files:
    return {name: text.encode() for name, text in files.items()}


def repository(choose: Random, known: list[Files]) -> Files:
    """Make a repository of one seed or of several."""
    files: Files = {}
    for seed in choose.sample(known, choose.choice((1, 1, 2, 2, 3))):
        names = list(seed)
        for name in choose.sample(names, min(len(names), 8)):
            place = name if choose.random() < 0.8 else _renamed(choose, name)
            files[place] = _joined(choose, place, files.get(place), seed[name])
    for name in list(files):
        if choose.random() < 0.3:
            # Only a file of the same kind makes sense here.
            others = choose.sample(known, 20)
            alike = [data for seed in others for n, data in seed.items() if _alike(name, n)]
            files[name] = _joined(choose, name, files[name], *alike[:1])
        for _ in range(choose.choice((0, 0, 0, 0, 1, 1, 2, 4))):
            files[name] = _changed(choose, name, files[name], choose.choice(_CHANGES))
        if choose.random() < 0.25:
            files[name] = _changed(choose, name, files[name], choose.choice(_WHOLE))
    return _possible(files)


def _changed(
    choose: Random, name: str, data: bytes, change: Callable[[Random, bytes], bytes]
) -> bytes:
    """Make a change, mostly one after which the file can still be read, to test more."""
    tries = (change(choose, data) for _ in range(3))
    was_read = parses(name, data) and choose.random() < 0.9
    return next((new for new in tries if not was_read or parses(name, new)), data)


def _joined(choose: Random, name: str, *given: bytes | None) -> bytes:
    """Put files of one kind together."""
    one, *more = [data for data in given if data is not None]
    if not more:
        return one
    splice = _spliced if name.endswith((".py", ".txt")) else _merged
    return _changed(choose, name, one, lambda choose, one: splice(choose, one, more[0]))


def _possible(files: Files) -> Files:
    """Leave out files whose path is a folder."""
    folders = {str(parent) for name in files for parent in Path(name).parents}
    return {name: data for name, data in files.items() if name not in folders}


def _alike(one: str, other: str) -> bool:
    return one.rpartition(".")[2] == other.rpartition(".")[2]


def _renamed(choose: Random, name: str) -> str:
    if name.endswith(".py"):
        file = choose.choice(
            ("conftest.py", "test_it.py", "test_\xfc.py", "helpers.py", "__init__.py")
        )
        return choose.choice(_FOLDERS) + file
    if name in _SETTINGS:
        return choose.choice([n for n in _SETTINGS if _alike(n, name)] or [name])
    return name


def _spliced(choose: Random, one: bytes, other: bytes) -> bytes:
    """Put two files of a kind together: one after the other, cut anywhere, or line by line."""
    lines, others = one.splitlines(keepends=True), other.splitlines(keepends=True)
    cut, other_cut = choose.randint(0, len(lines)), choose.randint(0, len(others))
    kind = choose.randrange(5)
    if kind == 0:
        return one[: choose.randint(0, len(one))] + other[choose.randint(0, len(other)) :]
    if kind == 1:
        return b"".join(lines[:cut] + others + lines[cut:])
    if kind == 2:
        return b"".join(lines[:cut] + others[other_cut:])
    return one + choose.choice((b"", b"\n\n")) + other


def _merged(choose: Random, one: bytes, other: bytes) -> bytes:
    """Put two files with tables together: a table that both have gets the lines of both."""
    if choose.random() < 0.1:
        return _spliced(choose, one, other)
    tables: dict[bytes, list[bytes]] = {}
    for data in (one, other):
        lines = tables.setdefault(b"", [])
        for line in data.splitlines(keepends=True):
            if line.startswith(b"["):
                lines = tables.setdefault(line.strip(), [])
            elif line not in lines:
                lines.append(line if line.endswith(b"\n") else line + b"\n")
    return b"".join(head + b"\n" * bool(head) + b"".join(lines) for head, lines in tables.items())


def _byte(choose: Random, data: bytes) -> bytes:
    at = choose.randint(0, len(data))
    end = min(at + choose.choice((0, 0, 1, 1, 4, 40)), len(data))
    new = choose.choice(
        (b"", bytes([choose.randrange(256)]), choose.choice(_BYTES), data[at:end] * 2)
    )
    return data[:at] + new + data[end:]


def _token(choose: Random, data: bytes) -> bytes:
    tokens = _TOKEN.findall(data)
    if not tokens:
        return data
    at, other = choose.randrange(len(tokens)), choose.randrange(len(tokens))
    kind = choose.randrange(5)
    if kind == 0:
        tokens[at] = b""
    elif kind == 1:
        tokens[at] *= 2
    elif kind == 2:
        tokens[at], tokens[other] = tokens[other], tokens[at]
    elif kind == 3:
        tokens[at] = choose.choice(_TOKENS)
    else:
        tokens[at] = tokens[other]
    return b"".join(tokens)


def _line(choose: Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    if not lines:
        return choose.choice(_LINES) + b"\n"
    at, other = choose.randrange(len(lines)), choose.randrange(len(lines))
    line = lines[at]
    indent = line[: len(line) - len(line.lstrip(b" \t"))]
    text, end = line.rstrip(b"\r\n"), line[len(line.rstrip(b"\r\n")) :]
    lines[at] = choose.choice(
        (
            b"",
            line * 2,
            lines[other],
            line + indent + lines[other].lstrip(b" \t"),
            line + indent + choose.choice(_LINES) + (end or b"\n"),
            choose.choice(_LINES) + b"\n" + line,
            b"    " + line,
            line.removeprefix(b"    "),
            text + b"  # why" + end,
            text + b"  \t" + end,
            text + b"; pass" + end,
            text + b" \\" + end,
            text,
            b"\n" + line,
            b"# " + line,
        )
    )
    return b"".join(lines)


def _crlf(_choose: Random, data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _cr(choose: Random, data: bytes) -> bytes:
    return data.replace(b"\n", b"\r", choose.choice((-1, -1, 1, 5)))


def _mixed(choose: Random, data: bytes) -> bytes:
    return b"".join(
        line.rstrip(b"\r\n") + choose.choice((b"\n", b"\n", b"\r\n"))
        for line in data.splitlines(keepends=True)
    )


def _tabs(_choose: Random, data: bytes) -> bytes:
    return data.replace(b"    ", b"\t")


def _marked(_choose: Random, data: bytes) -> bytes:
    return _MARK + data


def _unended(_choose: Random, data: bytes) -> bytes:
    return data.rstrip()


def _wrapped(choose: Random, data: bytes) -> bytes:
    head = choose.choice((b"if True:\n", b"class TestAll:\n", b"def build():\n", b"try:\n"))
    inside = b"".join(b"    " + line for line in data.splitlines(keepends=True))
    return head + inside + (b"\nexcept OSError:\n    raise\n" if head.startswith(b"try") else b"")


def _named(choose: Random, data: bytes) -> bytes:
    """Rename a name of the file, with letters outside of ASCII."""
    names = re.findall(rb"\b[a-z_]{2,}\b", data)
    if not names:
        return data
    name = re.escape(choose.choice(names))
    return re.sub(rb"\b" + name + rb"\b", choose.choice(_NAMES).encode(), data)


def _commented(choose: Random, data: bytes) -> bytes:
    """Put characters of several bytes at the start of some lines."""
    lines = data.splitlines(keepends=True)
    for at, line in enumerate(lines):
        if line.strip() and not line[:1].isspace() and choose.random() < 0.3:
            lines[at] = choose.choice(("'\xe9\U0001d4b3'; ", "# \xfcn\n", "\f")).encode() + line
    return b"".join(lines)


def _recoded(choose: Random, data: bytes) -> bytes:
    codec = choose.choice(("latin-1", "utf-16", "utf-8-sig", "cp1252", "shift_jis", "utf-7"))
    text = data.decode("utf-8", "replace")
    head = f"# -*- coding: {codec} -*-\n# \xe9\n"
    return (head + text).encode(codec, "replace")


_CHANGES: tuple[Callable[[Random, bytes], bytes], ...] = (
    _byte,
    _token,
    _token,
    _line,
    _line,
    _line,
)
_WHOLE = (
    _crlf,
    _crlf,
    _cr,
    _mixed,
    _tabs,
    _marked,
    _unended,
    _wrapped,
    _named,
    _commented,
    _recoded,
)


def answers(choose: Random) -> tuple[str, ...]:
    """Return some flags, at least one."""
    offered = (
        ("--loop-scope", choose.choice(LOOP_SCOPES)),
        ("--mode", choose.choice(MODES)),
        ("--timeout", choose.choice(("0", "5", "300"))),
    )
    chosen = [choose.random() < 0.5 for _ in offered]
    if not any(chosen):
        chosen[choose.randrange(2)] = True
    return tuple(
        word for flag, is_given in zip(offered, chosen, strict=True) for word in flag if is_given
    )


def broken(root: Path, files: Files, given: tuple[str, ...]) -> Iterator[Broken]:
    """Migrate a repository twice in each way, and return the broken promises."""
    for flags in ((), given):
        for tier in ((), ("--unsafe",)):
            arguments = ("migrate", *tier, *flags)
            for what in _twice(root, files, arguments):
                yield Broken(what, arguments, files)


def _twice(root: Path, files: Files, arguments: tuple[str, ...]) -> Iterator[str]:
    lay_out(root, files)
    first, said = _run(*arguments, str(root))
    if why := _wrong(first, said):
        yield why
        return
    after = _contents(root)
    if after == files:
        return
    for name, data in after.items():
        if data != files.get(name) and (why := _harm(name, files.get(name), data)):
            yield f"{name}: {why}"
    second, repeated = _run(*arguments, str(root))
    if why := _wrong(second, repeated):
        yield f"the second run: {why}"
    elif (again := _contents(root)) != after:
        for name in again:
            if again[name] != after.get(name):
                diff = _diff(after.get(name, b""), again[name])
                yield f"{name}: a second run changes it:\n{diff}"
    elif first != second:
        yield f"the second run ends with {second}, the first with {first}: {repeated}"


def lay_out(root: Path, files: Files) -> None:
    """Make a folder hold a repository, and nothing else."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _contents(root: Path) -> Files:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


def _run(*arguments: str) -> tuple[int, str]:
    """Run the command line in this process; return its exit status and its errors."""
    out, errors = io.StringIO(), io.StringIO()
    # Building it takes as long as a small repository.
    with (
        patch.object(cli, "make_parser", lambda *_: _PARSER),
        redirect_stdout(out),
        redirect_stderr(errors),
    ):
        status = cli.main(["--traceback", *arguments])
    return status, errors.getvalue()


def _wrong(status: int, said: str) -> str | None:
    if status not in {0, 1, 2} or "Traceback" in said:
        return f"it ended with {status}: {said}"
    if "does not help" in said or "more than it should" in said:
        return said
    if said.startswith("error:") and said.count("\n") > 1:
        return f"an error is not one sentence: {said}"
    return None


def _harm(name: str, old: bytes | None, new: bytes) -> str | None:
    """Tell what a migration broke in a file."""
    if old is None:
        return None
    if old.startswith(_MARK) != new.startswith(_MARK):
        return "the byte order mark went or came"
    if parses(name, old) and not parses(name, new):
        return f"what parsed does not any more:\n{_diff(old, new)}"
    if line := _changed_blanks(old, new):
        return f"blanks or the end of a line changed: {line!r}\n{_diff(old, new)}"
    return None


def parses(name: str, data: bytes) -> bool:
    """Tell whether a file can be read by what it is for."""
    try:
        if name.endswith(".py"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(data, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        elif name.endswith(".toml"):
            tomllib.loads(data.decode())
        elif name.endswith((".ini", ".cfg")):
            iniconfig.IniConfig(name, data.decode("utf-8-sig"))
    except (SyntaxError, ValueError, iniconfig.ParseError, RecursionError, MemoryError):
        return False
    return True


def _changed_blanks(old: bytes, new: bytes) -> bytes | None:
    """Return a line of which nothing changed but the blanks after it, or how it ends."""
    before, after = old.split(b"\n"), new.split(b"\n")
    # One that had no end gets one where lines are added after it.
    before.pop()
    for kind, start, end, begin, stop in _opcodes(before, after):
        if kind == "replace":
            kept = {line.rstrip(): line for line in after[begin:stop] if line.strip()}
            for line in before[start:end]:
                if kept.get(line.rstrip(), line) != line:
                    return line
    return None


def _opcodes(before: list[bytes], after: list[bytes]) -> Iterable[tuple[str, int, int, int, int]]:
    return difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()


def _diff(old: bytes, new: bytes) -> str:
    before, after = (data.decode("utf-8", "backslashreplace").split("\n") for data in (old, new))
    return "\n".join(difflib.unified_diff(before, after, lineterm="", n=6))


def folders_of_more() -> list[Path]:
    """Return the repositories in the folders that FUZZ_SEEDS names."""
    given = os.environ.get("FUZZ_SEEDS", "")
    return sorted(path for one in given.split(os.pathsep) if one for path in Path(one).iterdir())

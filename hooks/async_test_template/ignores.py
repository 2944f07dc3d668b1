"""Write the comments that silence what is found today.

A comment is put above the line of the finding, where no formatter moves it and no line gets too
long. If the line above belongs to a string, or a backslash continues it, the comment is put at the
end of the line. Each file is read again and has to mean what it meant; where it would not, the
finding is reported.
"""

from __future__ import annotations

import ast
import enum
import re
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.config import files, ini, requirements
from async_test_template.config.text import line_end
from async_test_template.config.toml.read import parse as parse_toml
from async_test_template.errors import ParseError
from async_test_template.parsing import parse_python
from async_test_template.source.text import decode
from async_test_template.suppressions import COMMENT, LINE_END, comment_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from async_test_template.findings import Finding
    from async_test_template.tree import Tree

#: What a person has to fill in.
TO_FILL_IN = "TODO: give the reason"
_NO_COMMENT = "no comment can silence it there: mend it, or ignore the rule in pyproject.toml"


class Commented(NamedTuple):
    """Files with comments.

    Attributes:
        before: their old contents, by path from the root.
        after: their new ones.
        silenced: how many findings have a comment now.
        refused: the findings that no comment can silence.

    """

    before: dict[str, bytes | None]
    after: dict[str, bytes]
    silenced: int
    refused: list[Finding]


def add_ignores(tree: Tree, findings: Iterable[Finding]) -> Commented:
    """Return the files of some findings with the comments that silence them."""
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        by_file.setdefault(finding.file, []).append(finding)
    before: dict[str, bytes | None] = {}
    after: dict[str, bytes] = {}
    silenced = 0
    refused: list[Finding] = []
    for file, found in by_file.items():
        wanted: dict[int, list[str]] = {}
        for finding in found:
            wanted.setdefault(finding.line, []).append(finding.code)
        old = tree.read(file)
        new, lines = (b"", frozenset[int]()) if old is None else _commented(file, old, wanted)
        refused += [f.only_reported(_NO_COMMENT) for f in found if f.line not in lines]
        if lines:
            silenced += sum(finding.line in lines for finding in found)
            before[file], after[file] = old, new
    return Commented(before, after, silenced, refused)


def _commented(
    file: str, data: bytes, wanted: Mapping[int, Sequence[str]]
) -> tuple[bytes, frozenset[int]]:
    """Return a file with comments, and the lines that have one."""
    try:
        commenter = _Commenter(file, data, wanted)
    except (ParseError, SyntaxError, ValueError, RecursionError, MemoryError):
        return data, frozenset()
    places = commenter.places(sorted(wanted))
    return commenter.written(places).data, frozenset(places)


class _Place(enum.Enum):
    """Where a comment stands."""

    ABOVE = "above the line"
    BEHIND = "at the end of the line"


class _Written(NamedTuple):
    """A file with comments: its bytes, its lines, and where the old lines are now."""

    data: bytes
    lines: list[str]
    number: dict[int, int]


class _Commenter:
    """One file, and the codes to silence by line."""

    def __init__(self, file: str, data: bytes, wanted: Mapping[int, Sequence[str]]) -> None:
        """Read it; what it cannot be read as is raised."""
        self._file = file
        self._wanted = wanted
        self._text = decode(data) if file.endswith(".py") else files.decode(data)
        ends = [match.end() for match in LINE_END.finditer(self._text.text)]
        starts = [0, *ends]
        self._lines = [self._text.text[a:b] for a, b in zip(starts, [*ends, None], strict=True)]
        self._line_ends = [line_end(self._text.text, start) for start in starts]
        self._meaning = _meaning(file, data)

    def places(self, lines: Sequence[int]) -> dict[int, _Place]:
        """Return where the comments for some lines can stand; none for those where none can."""
        if not lines or self._is_right(above := dict.fromkeys(lines, _Place.ABOVE)):
            return above if lines else {}
        if len(lines) == 1:
            behind = dict.fromkeys(lines, _Place.BEHIND)
            return behind if self._is_right(behind) else {}
        half = len(lines) // 2
        return {**self.places(lines[:half]), **self.places(lines[half:])}

    def written(self, places: Mapping[int, _Place]) -> _Written:
        """Return the file with comments."""
        lines: list[str] = []
        number: dict[int, int] = {}
        for here, line in enumerate(self._lines, 1):
            place = places.get(here)
            lines.append(line if place is None else self._with_comment(here, line, lines, place))
            number[here] = len(lines)
        return _Written(self._text.encode("".join(lines)), lines, number)

    def _with_comment(self, here: int, line: str, above: list[str], place: _Place) -> str:
        """Return a line with its comment, or put that after the lines above it."""
        codes = list(dict.fromkeys(self._wanted[here]))
        if re.search(COMMENT, line):
            return _extended(line, codes)
        if above and above[-1].lstrip()[:1] in {"#", ";"} and re.search(COMMENT, above[-1]):
            above[-1] = _extended(above[-1], codes)
            return line
        comment = f"# att: ignore[{', '.join(codes)}] {TO_FILL_IN}"
        code = line.rstrip("\r\n")
        if place is _Place.BEHIND:
            return f"{code}  {comment}{line[len(code) :]}"
        indentation = line[: len(line) - len(line.lstrip(" \t"))]
        above.append(f"{indentation}{comment}{self._line_ends[here - 1]}")
        return line

    def _is_right(self, places: Mapping[int, _Place]) -> bool:
        """Tell whether the comments silence their lines and change nothing else."""
        for line, place in places.items():
            before = line - 1 if place is _Place.ABOVE else line
            if line > len(self._lines) or self._is_continued(before):
                return False
        written = self.written(places)
        lines = [line.rstrip("\r\n") for line in written.lines]
        for line in places:
            number = written.number[line]
            if any(comment_at(lines, code, number) is None for code in self._wanted[line]):
                return False
        try:
            return _meaning(self._file, written.data) == self._meaning
        except (ParseError, SyntaxError, ValueError, RecursionError, MemoryError):
            return False

    def _is_continued(self, line: int) -> bool:
        return line > 0 and self._lines[line - 1].rstrip("\r\n").endswith("\\")


def _extended(comment: str, codes: Iterable[str]) -> str:
    """Add codes to a comment that silences others."""
    match = re.search(COMMENT, comment)
    if match is None:
        return comment
    start, end = match.span("codes")
    there = [code.strip() for code in match["codes"].split(",") if code.strip()]
    return f"{comment[:start]}{', '.join(dict.fromkeys([*there, *codes]))}{comment[end:]}"


def _meaning(file: str, data: bytes) -> object:
    """Return what a file means to those who read it, to be compared.

    Raises:
        ParseError: it is none of the formats that have comments.

    """
    if file.endswith(".py"):
        python = decode(data)
        tree = parse_python(python.text)
        program = python.text.startswith("#!") and LINE_END.split(python.text, 1)[0]
        return program, ast.dump(tree)
    text = files.decode(data).text
    if file.endswith(".toml"):
        return repr(parse_toml(text))
    if file.endswith((".ini", ".cfg", ".coveragerc")):
        return ini.parse(text)
    if file.endswith((".txt", ".in")):
        entries = requirements.parse(text)
        return [(entry.kind, entry.text, entry.target, entry.hashed) for entry in entries]
    raise ParseError("a comment in it might not be one")

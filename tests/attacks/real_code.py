"""Repositories of real code, that of Python's own library, with what rules find put into it.

Nobody wrote that code for a rule, so it holds what examples do not: long functions, conditions and
expressions of all kinds, classes in functions, comments in odd places.
"""

from __future__ import annotations

import ast
import re
import sysconfig
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from fuzzing import parses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from random import Random

    from fuzzing import Files

#: Only what is read in a moment.
_LONGEST = 60_000
_FUNCTION = re.compile(rb"^( *)def (?=[a-z])", re.MULTILINE)
_NEW = (b"async def ", b"def test_", b"async def test_", b"@pytest.fixture\n%sdef ")
_SIMPLE = (ast.Expr, ast.Assign, ast.Assert)
_IMPORTS = (ast.Import, ast.ImportFrom)
#: What may not stand everywhere.
_BOUND = (ast.Await, ast.Yield, ast.YieldFrom, ast.AsyncFor)


def in_real_code(choose: Random, known: Sequence[Files]) -> Files:
    """Make a repository: the settings of a seed, and its statements in modules of the library."""
    files: Files = {}
    examples = [seed for seed in choose.sample(known, 40) if any(map(_is_code, seed))]
    settings = choose.choice(known)
    files |= {name: data for name, data in settings.items() if not _is_code(name)}
    code = [data for seed in examples for name, data in seed.items() if _is_code(name)]
    for name in ("test_it.py", "conftest.py", "app.py"):
        files[name] = _mixed(choose, choose.choice(_library()).read_bytes(), code)
    return files


def _is_code(name: str) -> bool:
    return name.endswith(".py")


@cache
def _library() -> tuple[Path, ...]:
    """Return the modules of the library, in the same order each time."""
    home = Path(sysconfig.get_path("stdlib"))
    paths = (*home.glob("*.py"), *home.glob("asyncio/*.py"), *home.glob("test/test_*.py"))
    return tuple(path for path in sorted(paths) if path.stat().st_size < _LONGEST)


def _mixed(choose: Random, data: bytes, examples: Iterable[bytes]) -> bytes:
    """Put the statements of examples into a module, wherever it stays a module."""
    parts = [part for example in examples for part in _parts(example)]
    statements = [text for text, is_import in parts if not is_import]
    imports = {text for text, is_import in parts if is_import}
    lines = data.splitlines(keepends=True)
    for line, column in sorted(_places(data), reverse=True):
        if statements and choose.random() < 0.2:
            lines.insert(line - 1, b" " * column + choose.choice(statements) + b"\n")
    changed = b"".join(lines)
    # Not every function may be async: one yields from another.
    for new in (_FUNCTION.sub(lambda match: _renamed(choose, match), changed), changed):
        whole = _with_imports(new, imports)
        if parses("it.py", whole):
            return whole
    return data


def _with_imports(data: bytes, imports: Iterable[bytes]) -> bytes:
    last = [*re.finditer(rb"^from __future__ .*\n", data, re.MULTILINE)][-1:]
    start = last[0].end() if last else 0
    return data[:start] + b"".join(line + b"\n" for line in sorted(imports)) + data[start:]


def _renamed(choose: Random, match: re.Match[bytes]) -> bytes:
    if choose.random() < 0.8:
        return match[0]
    new = choose.choice(_NEW)
    return match[1] + (new % match[1] if b"%" in new else new)


def _places(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the lines before which a statement may stand, and their indentation."""
    lines = data.splitlines()
    for node in ast.walk(ast.parse(data)):
        if isinstance(node, ast.Module):
            continue
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, ())
            for statement in block if isinstance(block, list) else ():
                indent = lines[statement.lineno - 1][: statement.col_offset]
                if not (indent.strip(b" ") or getattr(statement, "decorator_list", ())):
                    yield statement.lineno, statement.col_offset


def _parts(example: bytes) -> Iterator[tuple[bytes, bool]]:
    """Yield the statements of a line in the functions of an example, and its imports."""
    if not parses("it.py", example):
        return
    for node in ast.walk(ast.parse(example)):
        is_bound = any(isinstance(inner, _BOUND) for inner in ast.walk(node))
        if isinstance(node, (*_SIMPLE, *_IMPORTS)) and not is_bound:
            text = ast.unparse(node).encode()
            if b"\n" not in text and b"__future__" not in text:
                yield text, isinstance(node, _IMPORTS)

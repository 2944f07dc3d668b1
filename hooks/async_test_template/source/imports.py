"""The order of imports, as isort (5) and ruff (0.17, rules I) see it, kept where a file has it.

A file whose imports are in order before a fix has them in order after it. Whether they are is told
by writing each block again and comparing: where that changes nothing, this module knows the file's
order well enough to write the changed block too. Other files are left as they are.
"""

from __future__ import annotations

import ast
import re
import sys
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from async_test_template.source.names import is_lazy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from async_test_template.source.source import Source

Import: TypeAlias = "ast.Import | ast.ImportFrom"

#: The sections of a block, in the order that both tools begin with.
SECTIONS = ("future", "standard-library", "third-party", "first-party", "local-folder")

_BLOCKS = ("body", "orelse", "finalbody")
_BLANK_LINES = re.compile(rb"(?:[ \t\f]*(?:\r\n|\r|\n))*")
_COMMENTS = re.compile(rb"(?:[ \t]*#[^\r\n]*(?:\r\n|\r|\n|\Z))*")
_NUMBERS = re.compile(r"\d+|\D")
_DIGIT = ord("5")


class ImportStyle(NamedTuple):
    """How the imports of a file are sorted.

    Attributes:
        section_of: gives the section of an absolute module that is not of the standard library.
        sections: the order of the sections; `all` stands for all but the first.
        line_length: longer lines are wrapped.
        lines_after: blank lines after a block, -1 for two before a definition and one else.
        mixed: `import` and `from` statements are sorted together.
        from_first: `from` statements come first in a section.
        single: each name is imported by a statement of its own.
        combine_as: names with an `as` are among the others.
        case_sensitive: capital letters come first.
        by_type: constants come before classes, and those before other names.

    """

    section_of: Callable[[str], str] = lambda _module: "third-party"
    sections: tuple[str, ...] = SECTIONS
    line_length: int = 88
    lines_after: int = -1
    mixed: bool = False
    from_first: bool = False
    single: bool = False
    combine_as: bool = False
    case_sensitive: bool = False
    by_type: bool = True


class _Block(NamedTuple):
    """Import statements with nothing but comments between them.

    Attributes:
        imports: the statements.
        following: the statement after them, None where there is none.
        at_top: they are at the top level.

    """

    imports: list[Import]
    following: ast.stmt | None
    at_top: bool


class _Line(NamedTuple):
    """One statement as it is to be written.

    Attributes:
        comments: the lines of comments above it.
        node: the statement.
        names: what it imports, with `as`.
        text: how it is there, None where it is written again.
        exploded: its names are on a line each, as a comma after the last one asks for.

    """

    comments: bytes
    node: Import
    names: tuple[tuple[str, str | None], ...]
    text: str | None
    exploded: bool


def in_order(
    old: Callable[[], Source], new: Source, styles: Sequence[ImportStyle]
) -> list[tuple[int, int, bytes]]:
    """Return the splices that bring a file's imports in order again; none if they never were.

    Args:
        old: gives the file as it was, and is called where something is out of order.
        new: the file with its changes.
        styles: how its imports may be sorted, the likeliest first.

    """
    before: Source | None = None
    for style in styles:
        splices = list(_misplaced(new, style))
        if not splices:
            return []
        before = before or old()
        if not list(_misplaced(before, style)):
            return [splice for splice in splices if splice is not None]
    return []


def _misplaced(source: Source, style: ImportStyle) -> Iterator[tuple[int, int, bytes] | None]:
    """Yield a splice for each unsorted block, None for a block that is not understood."""
    for block in _blocks(source):
        start = source.line_start(source.start(block.imports[0]))
        end = source.line_end(source.end(block.imports[-1]))
        text = _written(source, block, style)
        if text is None:
            yield None
            continue
        gap = _gap(source, block, end, style)
        if gap is not None:
            blank = _BLANK_LINES.match(source.data, end)
            end = blank.end() if blank else end
            text += source.newline.encode() * gap
        text = source.with_line_ends(start, end, text.decode()).encode()
        if source.data[start:end].rstrip() != text.rstrip() or (
            gap is not None and source.data[start:end] != text
        ):
            yield start, end, text if gap is not None else _with_end(text, source, end)


def _with_end(text: bytes, source: Source, end: int) -> bytes:
    """Leave out the last line end where the file has none."""
    return text if source.data[:end].endswith((b"\n", b"\r")) else text.rstrip()


def _blocks(source: Source) -> Iterator[_Block]:
    """Yield every run of import statements, at any place."""
    bodies: list[tuple[list[ast.stmt], bool]] = [(source.tree.body, True)]
    parents = {source.parents[node] for node in source.nodes.of(ast.Import, ast.ImportFrom)}
    bodies += [
        (body, False)
        for parent in sorted(parents - {source.tree}, key=lambda node: getattr(node, "lineno", 0))
        for name in _BLOCKS
        if isinstance(body := getattr(parent, name, None), list)
    ]
    for body, at_top in bodies:
        if len(body) == 1 and not _owns_its_line(source, body[0]):
            continue  # `except ImportError: import b`
        run: list[Import] = []
        for node in body:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                run.append(node)
            elif run:
                yield _Block(run, node, at_top)
                run = []
        if run:
            yield _Block(run, None, at_top)


def _owns_its_line(source: Source, node: ast.stmt) -> bool:
    return not source.data[source.line_start(source.start(node)) : source.start(node)].strip()


def _written(source: Source, block: _Block, style: ImportStyle) -> bytes | None:
    """Write a block in order; None where something in it is not understood."""
    lines = []
    previous: Import | None = None
    for node in block.imports:
        line = _line(source, node, previous)
        if line is None:
            return None
        lines.append(line)
        previous = node
    first = source.start(block.imports[0])
    indent = source.data[source.line_start(first) : first].decode()
    newline = source.newline
    sections: dict[int, list[_Line]] = {}
    for line in _merged(lines, style):
        section = _section(line.node, style)
        if section not in style.sections:
            return None
        sections.setdefault(style.sections.index(section), []).append(line)
    parts = []
    for _, section_lines in sorted(sections.items()):
        section_lines.sort(key=lambda line: _order(line, style))
        parts.append(
            "".join(
                # A comment has a blank line above it, unless it opens the section.
                (newline if line.comments and number else "")
                + line.comments.decode()
                + _statement(line, indent, newline, style)
                + newline
                for number, line in enumerate(section_lines)
            )
        )
    return newline.join(parts).encode()


def _line(source: Source, node: Import, previous: Import | None) -> _Line | None:
    """Take a statement with the comments above it, which move along with it."""
    begin = source.line_start(source.start(node))
    end = source.line_end(source.end(node))
    behind = source.data[source.end(node) : end].strip()
    if source.data[begin : source.start(node)].strip() or (behind and behind[:1] != b"#"):
        return None  # it shares its lines with something else
    above = b""
    if previous is not None:
        between = source.data[source.line_end(source.end(previous)) : begin]
        above = between[(blank.end() if (blank := _BLANK_LINES.match(between)) else 0) :]
        if any(not one.strip() for one in above.splitlines()):
            return None
    # Neither tool sorts by it.
    if b"isort:" in above or b"isort:" in behind:
        return None
    text = source.data[source.start(node) : end].decode().rstrip()
    names = tuple((alias.name, alias.asname) for alias in node.names)
    if isinstance(node, ast.Import):
        return None if len(names) > 1 else _Line(above, node, names, text, exploded=False)
    exploded = bool(re.search(r",\s*\)\Z", text))
    return _Line(above, node, names, text if "#" in text else None, exploded)


def _merged(lines: Iterable[_Line], style: ImportStyle) -> list[_Line]:
    """Import a module and a name only once, and write names with an `as` separately."""
    merged: dict[object, _Line] = {}
    for number, line in enumerate(lines):
        if line.text is not None and isinstance(line.node, ast.ImportFrom):
            merged[number] = line
            continue
        for group in _groups(line, style):
            alone = group if _alone(line.node, group, style) else ()
            key = (is_lazy(line.node), _module(line.node), alone)
            known = merged.get(key)
            names = group if known is None else tuple(dict.fromkeys(known.names + group))
            comments = line.comments if known is None else known.comments + line.comments
            exploded = line.exploded or (known is not None and known.exploded)
            text = line.text if known is None or known.text is None else known.text
            merged[key] = _Line(comments, line.node, names, text, exploded)
            line = line._replace(comments=b"")  # noqa: PLW2901 - told once, above the first
    return list(merged.values())


def _groups(line: _Line, style: ImportStyle) -> list[tuple[tuple[str, str | None], ...]]:
    """Divide the names of a statement into those that belong together."""
    if isinstance(line.node, ast.Import) or style.single:
        return [(name,) for name in line.names]
    if style.combine_as:
        return [line.names]
    plain = tuple(name for name in line.names if name[1] is None)
    return [*([plain] if plain else []), *((name,) for name in line.names if name[1] is not None)]


def _alone(node: Import, group: tuple[tuple[str, str | None], ...], style: ImportStyle) -> bool:
    return (
        isinstance(node, ast.Import)
        or style.single
        or (group[0][1] is not None and not style.combine_as)
        or group[0][0] == "*"
    )


def _module(node: Import) -> str:
    if isinstance(node, ast.Import):
        return f"import {node.names[0].name}"
    return "." * node.level + (node.module or "")


def _section(node: Import, style: ImportStyle) -> str:
    if isinstance(node, ast.ImportFrom) and node.level:
        return "all" if "all" in style.sections else "local-folder"
    module = node.names[0].name if isinstance(node, ast.Import) else node.module or ""
    top = module.partition(".")[0]
    if top == "__future__":
        return "future"
    if "all" in style.sections:
        return "all"
    known = style.section_of(module)
    if known.endswith("!"):
        return known[:-1]
    return "standard-library" if top in sys.stdlib_module_names else known


def _order(line: _Line, style: ImportStyle) -> tuple[object, ...]:
    node = line.node
    is_from = isinstance(node, ast.ImportFrom)
    level = node.level if isinstance(node, ast.ImportFrom) else 0
    name = (node.module or "") if isinstance(node, ast.ImportFrom) else line.names[0][0]
    kind = 0 if style.mixed else int(is_from != style.from_first)
    first = min(_member(one, style) for one in line.names) if is_from else ()
    folded = name if style.case_sensitive else name.lower()
    asname = "" if is_from else line.names[0][1] or ""
    # Lazy imports end a section, however it is sorted.
    lazy = is_lazy(node)
    return (lazy, kind, -level, _natural(folded), _natural(name), first, _natural(asname))


def _member(name: tuple[str, str | None], style: ImportStyle) -> tuple[object, ...]:
    own, asname = name
    kind = 2
    if len(own) > 1 and own.isupper():
        kind = 0
    elif own[:1].isupper():
        kind = 1
    folded = own if style.case_sensitive else own.lower()
    return (
        own != "*",
        kind if style.by_type else 0,
        _natural(folded),
        _natural(own),
        _natural(asname or ""),
    )


def _natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Compare runs of digits as numbers: `module2` is before `module10`."""
    return tuple(
        # The longer one is more, except for its zeros; Python reads no number of any length.
        (_DIGIT, len(part.lstrip("0")), part.lstrip("0"))
        if part[0].isdecimal()
        else (ord(part), 0, "")
        for part in _NUMBERS.findall(text)
    )


def _statement(line: _Line, indent: str, newline: str, style: ImportStyle) -> str:
    comment = ""
    if line.text is not None:
        code, hash_, comment = line.text.partition("#")
        if isinstance(line.node, ast.Import) or "(" in code or "\n" in code:
            return indent + line.text
        comment = f"  {hash_}{comment}"
    names = [
        name if asname is None else f"{name} as {asname}"
        for name, asname in sorted(line.names, key=lambda name: _member(name, style))
    ]
    lazy = "lazy " if is_lazy(line.node) else ""
    begin = f"{indent}{lazy}from {_module(line.node)} import "
    one = begin + ", ".join(names)
    if comment or names == ["*"] or (not line.exploded and len(one) <= style.line_length):
        return one + comment
    listed = "".join(f"{indent}    {name},{newline}" for name in names)
    return f"{begin}({newline}{listed}{indent})"


def _gap(source: Source, block: _Block, end: int, style: ImportStyle) -> int | None:
    """Return how many blank lines are after a block, None if they do not matter."""
    if block.following is None or not block.at_top:
        return None
    if style.lines_after >= 0:
        return style.lines_after
    blank = _BLANK_LINES.match(source.data, end)
    begin = blank.end() if blank else end
    comments = _COMMENTS.match(source.data, begin)
    definition = isinstance(block.following, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    # A comment with a blank line between it and the definition belongs to neither.
    parted = comments is not None and _is_blank(source, comments.end())
    return 2 if definition and not parted else 1


def _is_blank(source: Source, position: int) -> bool:
    return not source.data[position : source.line_end(position)].strip()

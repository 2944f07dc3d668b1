"""Carry out edits on text, each by the editor of the file's format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from async_test_template.config import files, ini, requirement, requirements, toml
from async_test_template.errors import EditError
from async_test_template.findings import Splice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from async_test_template.findings import Change, Edit
    from async_test_template.tree import Tree


def apply(tree: Tree, edits: Iterable[Edit]) -> dict[str, bytes]:
    """Give the new contents of the files that the edits change, by path.

    Raises:
        EditError: an edit cannot be made without changing more than it should.
        UserError: a file cannot be read or parsed.

    """
    changed: dict[str, bytes] = {}
    edits = tuple(edits)
    for path, spans in spliced(edits).items():
        # Imported here: most projects' fixes need no editor of code.
        from async_test_template.source.import_style import import_styles
        from async_test_template.source.splices import splice

        _, changed[path] = splice(path, tree.read(path) or b"", spans, import_styles(tree, path))
    for edit in edits:
        if isinstance(edit, Splice):
            continue
        data = changed.get(edit.file) or tree.read(edit.file)
        if edit.verb == "create":
            if data is not None:
                raise EditError(f"{edit.file} exists already")
            changed[edit.file] = str(edit.value).encode()
            continue
        if data is None:
            raise EditError(f"{edit.file} does not exist")
        file = files.decode(data)
        try:
            text = _editor(edit.file)(file.text, edit)
        except (KeyError, IndexError) as error:
            raise EditError(f"{edit.file} has no {edit.at}") from error
        changed[edit.file] = file.encode(text)
    return changed


def spliced(edits: Iterable[Edit]) -> dict[str, list[tuple[int, int, bytes]]]:
    """Sort the splices among some edits by file; their places count in one and the same text."""
    by_file: dict[str, list[tuple[int, int, bytes]]] = {}
    for edit in edits:
        if isinstance(edit, Splice):
            span = edit.start, edit.end, edit.text.encode()
            by_file.setdefault(edit.file, []).append(span)
    return by_file


def _editor(file: str) -> Callable[[str, Change], str]:
    suffix = file.rpartition(".")[2]
    return {"toml": _toml, "ini": _ini, "cfg": _ini}.get(suffix, _requirements)


def _toml(text: str, edit: Change) -> str:
    value: Any = edit.value
    if edit.verb == "header":
        return _add_header(text, str(value))
    if edit.verb == "delete":
        return toml.delete(text, edit.at)
    if edit.verb == "specifier":
        old = edit.old or ""
        return toml.replace_string(text, edit.at, old, requirement.replace_specifier(old, value))
    if edit.verb in {"append", "require"}:
        # Dependencies may be sorted, warning filters never are.
        return toml.append_string(text, edit.at, value, keep_sorted=edit.verb == "require")
    change = toml.rename if edit.verb == "rename" else toml.set_value
    return change(text, edit.at, value)


def _ini(text: str, edit: Change) -> str:
    section, *rest = (str(part) for part in edit.at)
    value = str(edit.value)
    if edit.verb == "rename-section":
        return ini.rename_section(text, section, value)
    if edit.verb == "rename":
        return ini.rename(text, section, rest[0], value)
    if edit.verb == "delete":
        return ini.delete(text, section, rest[0])
    if edit.verb == "comment":
        return ini.comment_above(text, section, rest[0], value)
    if edit.verb == "specifier":
        line = ini.parse(text)[section][rest[0]].split("\n")[int(rest[1])]
        old = edit.old or ""
        # A factor may stand before the requirement and a comment behind it.
        new = line.replace(old, requirement.replace_specifier(old, value), 1)
        return ini.replace_line(text, section, rest[0], line, new)
    return ini.set_value(text, section, rest[0], value)


def _requirements(text: str, edit: Change) -> str:
    value = str(edit.value)
    if edit.verb == "require":
        return requirements.append(text, value)
    entry = next((e for e in requirements.parse(text) if e.line == edit.at[0]), None)
    if entry is None:
        raise EditError(f"{edit.file} has no requirement in line {edit.at[0]}")
    return requirements.replace_specifier(text, entry, value)


def _add_header(text: str, header: str) -> str:
    """Put a table header above everything in a TOML file; its own tables stay what they are."""
    parsed = toml.parse(text)
    tables = {name: value for name, value in parsed.items() if isinstance(value, dict)}
    options = {name: value for name, value in parsed.items() if name not in tables}
    expected: dict[str, Any] = {header: options, **tables}
    end = "\r\n" if "\r\n" in text else "\n"
    new = f"[{header}]{end}{text}"
    if toml.parse(new) != expected:
        raise EditError("the header would change more than it should")
    return new

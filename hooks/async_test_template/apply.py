"""Make edits in text, each with the editor for the file's format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from async_test_template.config import files, ini, requirement, requirements
from async_test_template.config.toml import edits as toml
from async_test_template.errors import EditError
from async_test_template.findings import Splice
from async_test_template.paths import name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from async_test_template.findings import Change, Edit
    from async_test_template.tree import Tree


def apply(tree: Tree, edits: Iterable[Edit]) -> dict[str, bytes]:
    """Return the new contents of the files that the edits change, by path.

    Raises:
        EditError: an edit is not possible without changing more than it should.
        UserError: a file cannot be read or parsed.

    """
    changed: dict[str, bytes] = {}
    edits = tuple(edits)
    for path, spans in spliced(edits).items():
        # Imported here: most projects' fixes do not need the editor of code.
        from async_test_template.source.import_style import import_styles
        from async_test_template.source.splices import splice

        _, changed[path] = splice(path, tree.read(path) or b"", spans, import_styles(tree, path))
    by_file: dict[str, list[Change]] = {}
    for edit in edits:
        if not isinstance(edit, Splice):
            by_file.setdefault(edit.file, []).append(edit)
    for path, changes in by_file.items():
        changed[path] = _changed(path, changed.get(path, tree.read(path)), changes)
    return changed


def _changed(path: str, data: bytes | None, changes: list[Change]) -> bytes:
    """Make all changes to one file, and encode the result once."""
    rest = changes
    if changes[0].verb == "create":
        if data is not None:
            raise EditError(f"{path} already exists")
        data, rest = str(changes[0].value).encode(), changes[1:]
    if data is None:
        raise EditError(f"{path} does not exist")
    if not rest:
        return data
    file = files.decode(data)
    try:
        text = _editor(path)(file.text, rest)
    except (KeyError, IndexError) as error:
        places = " or ".join(str(change.at) for change in rest)
        raise EditError(f"{path} has no {places}") from error
    return file.encode(text)


def spliced(edits: Iterable[Edit]) -> dict[str, list[tuple[int, int, bytes]]]:
    """Group the splices among some edits by file; their places count in the unchanged text."""
    by_file: dict[str, list[tuple[int, int, bytes]]] = {}
    for edit in edits:
        if isinstance(edit, Splice):
            span = edit.start, edit.end, edit.text.encode()
            by_file.setdefault(edit.file, []).append(span)
    return by_file


def _editor(file: str) -> Callable[[str, list[Change]], str]:
    """Return the editor of a file's format, which makes all changes of a kind at once.

    Each editor reads the whole file twice, so thousands of single edits would take for ever.
    """
    suffix = "toml" if name_of(file) == "Pipfile" else file.rpartition(".")[2]
    return {"toml": _toml, "py": _setup_py, "ini": _ini, "cfg": _ini, "coveragerc": _ini}.get(
        suffix, _requirements
    )


def _toml(text: str, edits: list[Change]) -> str:
    strings: dict[toml.Path, tuple[str | None, str]] = {}
    added: dict[toml.Path, dict[str, object]] = {}
    rest: list[Change] = []
    for edit in edits:
        value: Any = edit.value
        if edit.verb == "specifier":
            old = edit.old or ""
            strings[edit.at] = old, requirement.replace_specifier(old, value)
        elif edit.verb == "set" and isinstance(value, str) and toml.is_string(text, edit.at):
            strings[edit.at] = None, value
        elif edit.verb == "set" and not toml.has(text, edit.at):
            added.setdefault(edit.at[:-1], {})[str(edit.at[-1])] = value
        elif edit.verb != "delete":
            rest.append(edit)
    if strings:
        text = toml.replace_strings(text, strings)
    for table, values in added.items():
        text = toml.add_keys(text, table, values)
    if deleted := [edit.at for edit in edits if edit.verb == "delete"]:
        text = toml.delete_all(text, deleted)
    for edit in rest:
        text = _toml_change(text, edit)
    return text


def _toml_change(text: str, edit: Change) -> str:
    value: Any = edit.value
    if edit.verb == "header":
        return _add_header(text, str(value))
    if edit.verb in {"append", "require"}:
        # Dependencies may be sorted, warning filters never.
        return toml.append_string(text, edit.at, value, keep_sorted=edit.verb == "require")
    change = toml.rename if edit.verb == "rename" else toml.set_value
    return change(text, edit.at, value)


def _ini(text: str, edits: list[Change]) -> str:
    parsed = ini.parse(text)
    entries: dict[tuple[str, str], list[str]] = {}
    values: dict[tuple[str, str], str] = {}
    rest: list[Change] = []
    for edit in edits:
        section, *name = (str(part) for part in edit.at)
        at = section, name[0] if name else ""
        if edit.verb == "specifier":
            lines = entries.setdefault(at, parsed[section][at[1]].split("\n"))
            old, number, value = edit.old or "", int(name[1]), str(edit.value)
            # A factor may be before the requirement and a comment after it.
            new = requirement.replace_specifier(old, value)
            lines[number] = lines[number].replace(old, new, 1)
        elif edit.verb == "set" and at[1] in parsed.get(section, ()):
            values[at] = str(edit.value)
        else:
            rest.append(edit)
    values |= {at: "\n".join(lines) for at, lines in entries.items()}
    if values:
        text = ini.set_values(text, values)
    for edit in rest:
        text = _ini_change(text, edit)
    return text


def _ini_change(text: str, edit: Change) -> str:
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
    return ini.set_value(text, section, rest[0], value)


def _requirements(text: str, edits: list[Change]) -> str:
    by_line = {entry.line: entry for entry in reversed(requirements.parse(text))}
    specifiers = []
    for edit in edits:
        if edit.verb == "require":
            continue
        entry = by_line.get(int(edit.at[0]))
        if entry is None:
            raise EditError(f"{edit.file} has no requirement in line {edit.at[0]}")
        specifiers.append((entry, str(edit.value)))
    text = requirements.replace_specifiers(text, specifiers)
    for edit in edits:
        if edit.verb == "require":
            text = requirements.append(text, str(edit.value))
    return text


def _setup_py(text: str, edits: list[Change]) -> str:
    # Imported here: few projects have a setup.py.
    from async_test_template.config import setup_py

    specifiers = []
    added = []
    for edit in edits:
        line, column = map(int, edit.at)
        if edit.verb == "require":
            added.append(((line, column), str(edit.value)))
        else:
            specifiers.append(((line, column), edit.old or "", str(edit.value)))
    return setup_py.change(text, specifiers, added)


def _add_header(text: str, header: str) -> str:
    """Put a table header at the top of a TOML file; the tables below keep their meaning."""
    parsed = toml.parse(text)
    tables = {name: value for name, value in parsed.items() if isinstance(value, dict)}
    options = {name: value for name, value in parsed.items() if name not in tables}
    expected: dict[str, Any] = {header: options, **tables}
    end = "\r\n" if "\r\n" in text else "\n"
    new = f"[{header}]{end}{text}"
    if toml.parse(new) != expected:
        raise EditError("the header would change more than it should")
    return new

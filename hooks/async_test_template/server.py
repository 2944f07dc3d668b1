"""A language server: an editor shows the findings and offers the fixes (LSP 3.17, pygls 2).

It looks at each folder of the workspace when one of its files is opened or saved, as the files are
on the disk. A fix is offered only in files that the editor has not changed since. The server writes
nothing: the editor makes the changes, and can undo them.
"""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from async_test_template import __version__
from async_test_template.apply import apply
from async_test_template.config import files
from async_test_template.errors import EditError, ParseError, UserError
from async_test_template.faults import fault_of, sentences
from async_test_template.findings import Severity, Tier
from async_test_template.ignores import add_ignores
from async_test_template.migrate import look_at
from async_test_template.report.words import severity_of, why_left_out
from async_test_template.rules import NAMES, head_of
from async_test_template.shown import shown
from async_test_template.source.text import decode
from async_test_template.suppressions import LINE_END
from async_test_template.targets import Target, plan_projects
from async_test_template.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from async_test_template.findings import Finding
    from async_test_template.plan import Plan

_NAME = "async-test-template"
_LEVELS = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.ADVICE: types.DiagnosticSeverity.Information,
}
_OUTCOME = "its findings are missing"
_UNSAFE = " (unsafe: it can change what a test means)"


class _Seen(NamedTuple):
    plan: Plan
    tree: Tree


class Server(LanguageServer):
    """The server, and what it knows of each folder."""

    def __init__(self) -> None:
        """Know nothing yet."""
        super().__init__(_NAME, __version__)
        self.seen: dict[Path, _Seen] = {}
        self._shown: dict[Path, set[str]] = {}

    def root_of(self, path: Path) -> Path | None:
        """Return the closest folder of the workspace around a file."""
        folders = [_path(folder.uri) for folder in self.workspace.folders.values()]
        if not folders and self.workspace.root_path:
            folders = [Path(self.workspace.root_path)]
        around = (folder for folder in folders if path.is_relative_to(folder))
        return max(around, key=lambda folder: len(folder.parts), default=None)

    def check(self, root: Path) -> None:
        """Look at a folder, and show what is found in all of its files."""
        found: dict[str, list[types.Diagnostic]] = {}
        faults: Iterable[str] = ()
        try:
            self.seen[root] = seen = _look(root)
            for file, diagnostic in _diagnostics(seen):
                found.setdefault(_uri(root / file), []).append(diagnostic)
            faults = sentences(seen.plan.faults, _OUTCOME)
        except UserError as error:
            self.seen.pop(root, None)
            line = max((error.line or 1) - 1, 0)
            place = _uri(error.path or root / "pyproject.toml")
            found[place] = [_diagnostic(error.message, line, (0, 0))]
        except Exception as error:  # noqa: BLE001 - told to the user, and the server goes on
            faults = sentences([fault_of(error)], _OUTCOME)
        for place in {*found, *self._shown.get(root, ())}:
            parameters = types.PublishDiagnosticsParams(place, found.get(place, []))
            self.text_document_publish_diagnostics(parameters)
        self._shown[root] = {*found}
        for fault in faults:
            message = types.ShowMessageParams(types.MessageType.Error, shown(fault))
            self.window_show_message(message)

    def actions(self, path: Path, lines: range) -> Iterator[types.CodeAction]:
        """Yield the fixes of what is found in some lines of a file, and the comments against it."""
        root = self.root_of(path)
        if root is None or root not in self.seen:
            return
        plan, tree = self.seen[root]
        for finding in plan.left:
            if finding.line - 1 not in lines or root / finding.file != path:
                continue
            told = f"{finding.code}: {shown(finding.message)}"
            is_safe = finding.tier is Tier.SAFE
            try:
                fixed = apply(tree, finding.edits)
            except (EditError, ParseError):
                fixed = {}
            more = "" if is_safe else _UNSAFE
            yield from self._action(f"Fix {told}{more}", root, fixed, is_preferred=is_safe)
            comment = add_ignores(tree, [finding]).after
            yield from self._action(f"Silence {told}", root, comment, is_preferred=False)

    def _action(
        self, title: str, root: Path, changed: dict[str, bytes], *, is_preferred: bool
    ) -> Iterator[types.CodeAction]:
        """Yield the action if it changes something, and no file that the editor has changed."""
        documents = {_path(uri): one for uri, one in self.workspace.text_documents.items()}
        edits: list[types.TextDocumentEdit | types.CreateFile] = []
        for file, data in changed.items():
            path = root / file
            uri = _uri(path)
            old = path.read_bytes() if path.exists() else None
            if old is None:
                edits.append(types.CreateFile(uri))
            before, after = _text(file, old or b""), _text(file, data)
            document = documents.get(path)
            if old != self.seen[root].tree.read(file) or (document and document.source != before):
                return
            version = document.version if document else None
            identifier = types.OptionalVersionedTextDocumentIdentifier(uri, version)
            edits.append(types.TextDocumentEdit(identifier, [_edit(before, after)]))
        if edits:
            edit = types.WorkspaceEdit(document_changes=edits)
            kind = types.CodeActionKind.QuickFix
            yield types.CodeAction(title, kind, is_preferred=is_preferred, edit=edit)


def _look(root: Path) -> _Seen:
    plan = plan_projects(root, [Target(root)], lambda project: look_at(project.root))
    return _Seen(plan, Tree(root, {}))


def _diagnostics(seen: _Seen) -> Iterator[tuple[str, types.Diagnostic]]:
    texts: dict[str, list[str]] = {}
    for finding in seen.plan.left:
        if finding.file not in texts:
            texts[finding.file] = LINE_END.split(seen.tree.text(finding.file) or "")
        lines = texts[finding.file]
        line = lines[finding.line - 1] if finding.line <= len(lines) else ""
        # Columns of the protocol count UTF-16 units.
        begin, end = _units(line[: finding.column - 1]), _units(line)
        yield finding.file, _of_finding(finding, (begin, end))
    for file, line_number, message in seen.plan.unreadable:
        yield file, _diagnostic(why_left_out(message), line_number - 1, (0, 0))


def _of_finding(finding: Finding, columns: tuple[int, int]) -> types.Diagnostic:
    hint = f" What to do: {finding.hint}." if finding.hint else ""
    head = head_of(finding.code)
    text = f"{finding.message}.{hint}\n{head.why} (since {head.since})"
    diagnostic = _diagnostic(text, finding.line - 1, columns)
    diagnostic.code = f"{finding.code} {NAMES[finding.code]}"
    diagnostic.severity = _LEVELS[severity_of(finding)]
    return diagnostic


def _diagnostic(text: str, line: int, columns: tuple[int, int]) -> types.Diagnostic:
    begin, end = (types.Position(line, column) for column in columns)
    severity = types.DiagnosticSeverity.Error
    message = "\n".join(map(shown, text.split("\n")))
    return types.Diagnostic(types.Range(begin, end), message, severity, source=_NAME)


def _edit(before: str, after: str) -> types.TextEdit:
    """Return the edit between two texts: the lines that differ, as a whole."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    begin = next(
        (n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b),
        min(len(old), len(new)),
    )
    room = min(len(old), len(new)) - begin
    alike = zip(reversed(old), reversed(new), strict=False)
    end = next((n for n, (a, b) in enumerate(alike) if a != b or n == room), room)
    text = "".join(new[begin : len(new) - end])
    return types.TextEdit(_range("".join(old[:begin]), "".join(old[: len(old) - end])), text)


def _range(before: str, until: str) -> types.Range:
    begin, end = (LINE_END.split(text) for text in (before, until))
    return types.Range(
        types.Position(len(begin) - 1, _units(begin[-1])),
        types.Position(len(end) - 1, _units(end[-1])),
    )


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _text(file: str, data: bytes) -> str:
    return (decode(data) if file.endswith(".py") else files.decode(data)).text


def _path(uri: str) -> Path:
    return Path(to_fs_path(uri) or "")


def _uri(path: Path) -> str:
    return from_fs_path(str(path)) or ""


def serve() -> None:
    """Serve one editor on standard input and output, until it says that it ends."""
    server = Server()

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(parameters: types.DidOpenTextDocumentParams) -> None:
        root = server.root_of(_path(parameters.text_document.uri))
        if root is not None and root not in server.seen:
            server.check(root)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(parameters: types.DidSaveTextDocumentParams) -> None:
        if (root := server.root_of(_path(parameters.text_document.uri))) is not None:
            server.check(root)

    kinds = types.CodeActionOptions([types.CodeActionKind.QuickFix])

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, kinds)
    def asked(parameters: types.CodeActionParams) -> list[types.CodeAction]:
        asked_for = parameters.range
        lines = range(asked_for.start.line, asked_for.end.line + 1)
        return list(server.actions(_path(parameters.text_document.uri), lines))

    # It is off for commands, which end soon.
    gc.enable()
    server.start_io()

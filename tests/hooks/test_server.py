"""The language server, as a process, with a client of the protocol."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest
from async_test_template.cli import main
from helpers import ROOT, run
from lsprotocol import types
from pygls.lsp.client import LanguageClient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

TEST = "async def test_it(event_loop):\n    event_loop.time()\n"
HOOKS = ROOT / "hooks"
PATIENCE = 60


class Editor(NamedTuple):
    """An editor that has opened a folder, with what the server shows."""

    client: LanguageClient
    root: Path
    shown: dict[str, list[types.Diagnostic]]

    def uri(self, file: str) -> str:
        """Return what the protocol calls a file."""
        return (self.root / file).as_uri()

    async def open(self, file: str) -> None:
        """Open a file, and wait until the server has looked at it."""
        text = (self.root / file).read_text()
        item = types.TextDocumentItem(self.uri(file), "python", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        # What is found comes before the answer to a later question.
        await self.actions(file, 0)

    def change(self, file: str, text: str) -> None:
        """Change the text of an open file, and do not save it."""
        identifier = types.VersionedTextDocumentIdentifier(2, self.uri(file))
        change = types.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(identifier, [change])
        )

    async def save(self, file: str) -> None:
        """Tell that a file was saved, and wait until the server has looked at it."""
        identifier = types.TextDocumentIdentifier(self.uri(file))
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(identifier))
        # What is found comes before the answer to a later question.
        await self.actions(file, 0)

    async def actions(self, file: str, line: int) -> dict[str, types.CodeAction]:
        """Return what the server offers in a line, counted from 0."""
        place = types.Position(line, 0)
        parameters = types.CodeActionParams(
            types.TextDocumentIdentifier(self.uri(file)),
            types.Range(place, place),
            types.CodeActionContext([]),
        )
        asked = self.client.text_document_code_action_async(parameters)
        found = await asyncio.wait_for(asked, PATIENCE)
        return {one.title: one for one in found or [] if isinstance(one, types.CodeAction)}

    def codes(self, file: str) -> list[str]:
        """Return the rules that are shown in a file."""
        return [str(one.code).split()[0] for one in self.shown.get(self.uri(file), [])]


def applied(action: types.CodeAction, root: Path) -> dict[str, str]:
    """Return the files that an editor would write."""
    assert action.edit is not None
    texts: dict[str, str] = {}
    for change in action.edit.document_changes or []:
        if isinstance(change, types.CreateFile):
            texts[change.uri] = ""
        if isinstance(change, types.TextDocumentEdit):
            uri = change.text_document.uri
            path = next((p for p in root.rglob("*") if p.as_uri() == uri), None)
            text = texts.get(uri) if path is None else path.read_bytes().decode()
            assert text is not None
            for edit in change.edits:
                assert isinstance(edit, types.TextEdit)
                start, end = (offset(text, p) for p in (edit.range.start, edit.range.end))
                text = text[:start] + edit.new_text + text[end:]
            texts[uri] = text
    return {uri.rpartition("/")[2]: text for uri, text in texts.items()}


def offset(text: str, place: types.Position) -> int:
    lines = text.split("\n")
    before = lines[place.line].encode("utf-16-le")[: 2 * place.character].decode("utf-16-le")
    return len("\n".join([*lines[: place.line], before]))


def in_editor(root: Path, work: Callable[[Editor], Awaitable[None]]) -> None:
    """Start a server, open the folder as an editor does, work, and end both."""

    async def run() -> None:
        client = LanguageClient("editor", "1")
        editor = Editor(client, root, {})

        def show(parameters: types.PublishDiagnosticsParams) -> None:
            editor.shown[parameters.uri] = [*parameters.diagnostics]

        client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(show)
        environment = {"PYTHONPATH": str(HOOKS), "PATH": ""}
        command = ["-m", "async_test_template", "server"]
        await client.start_io(sys.executable, *command, env=environment, cwd=str(root))
        folder = types.WorkspaceFolder(root.as_uri(), "it")
        await client.initialize_async(
            types.InitializeParams(types.ClientCapabilities(), workspace_folders=[folder])
        )
        client.initialized(types.InitializedParams())
        try:
            await work(editor)
        finally:
            await client.shutdown_async(None)
            client.exit(None)
            await client.stop()  # type: ignore[no-untyped-call]

    asyncio.run(run())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = legacy\n")
    (tmp_path / "test_it.py").write_text(TEST)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.async-test-template]\nseverity = { AT103 = "warning" }\n'
    )
    return tmp_path


@pytest.mark.slow
def test_findings_are_shown_where_they_are_until_they_are_mended(project: Path) -> None:
    (project / "test_it.py").write_text(TEST)

    async def work(editor: Editor) -> None:
        await editor.open("test_it.py")
        assert "AT101" in editor.codes("pytest.ini")
        (finding,) = editor.shown[editor.uri("test_it.py")]
        assert str(finding.code).startswith("AT501 ")
        assert finding.severity == types.DiagnosticSeverity.Error
        assert "asks for the fixture event_loop" in finding.message
        assert finding.range == types.Range(types.Position(0, 0), types.Position(0, 30))
        levels = {str(one.code)[:5]: one.severity for one in editor.shown[editor.uri("pytest.ini")]}
        assert levels["AT103"] == types.DiagnosticSeverity.Warning
        assert levels["AT306"] == types.DiagnosticSeverity.Information
        (project / "test_it.py").write_text("async def test_it(): ...\n")
        await editor.save("test_it.py")
        assert editor.codes("test_it.py") == []
        assert "AT101" in editor.codes("pytest.ini")

    in_editor(project, work)


@pytest.mark.slow
def test_a_fix_and_a_comment_are_offered_and_change_what_migrate_changes(project: Path) -> None:
    async def work(editor: Editor) -> None:
        await editor.open("test_it.py")
        assert await editor.actions("test_it.py", 1) == {}
        actions = await editor.actions("test_it.py", 0)
        fix, silence = actions.values()
        assert fix.title.startswith("Fix AT501: test_it is async")
        assert silence.title.startswith("Silence AT501: ")
        assert (fix.is_preferred, silence.is_preferred) == (True, False)
        fixed = applied(fix, project)["test_it.py"]
        assert applied(silence, project) == {
            "test_it.py": f"# att: ignore[AT501] TODO: give the reason\n{TEST}"
        }
        assert main(["migrate", str(project), "--select", "AT501"]) == 0
        assert fixed == (project / "test_it.py").read_text() != TEST

    in_editor(project, work)


@pytest.mark.slow
def test_an_unsafe_fix_says_so_and_one_that_makes_a_file_makes_it(project: Path) -> None:
    (project / "pytest.ini").unlink()
    (project / "pyproject.toml").unlink()
    (project / "test_it.py").write_text("async def test_it():\n    pass\n")

    async def work(editor: Editor) -> None:
        await editor.open("test_it.py")
        actions = await editor.actions("test_it.py", 0)
        (fix,) = (action for title, action in actions.items() if title.startswith("Fix AT112"))
        assert fix.title.endswith("(unsafe: it can change what a test means)")
        assert not fix.is_preferred
        changed = applied(fix, project)
        assert main(["migrate", "--unsafe", str(project), "--select", "AT112"]) == 0
        assert changed
        for file, text in changed.items():
            assert (project / file).read_text() == text

    in_editor(project, work)


@pytest.mark.slow
def test_no_fix_is_offered_for_a_text_that_is_not_saved(project: Path) -> None:
    async def work(editor: Editor) -> None:
        await editor.open("test_it.py")
        editor.change("test_it.py", f"\n{TEST}")
        assert await editor.actions("test_it.py", 0) == {}
        editor.change("test_it.py", TEST)
        assert len(await editor.actions("test_it.py", 0)) == 2
        (project / "test_it.py").write_text(f"\n{TEST}")
        assert await editor.actions("test_it.py", 0) == {}
        # This one is not open.
        assert await editor.actions("pytest.ini", 1)
        (project / "pytest.ini").write_text("\n[pytest]\nasyncio_mode = legacy\n")
        assert await editor.actions("pytest.ini", 1) == {}

    in_editor(project, work)


@pytest.mark.slow
def test_what_cannot_be_used_is_shown_and_gone_when_it_can(project: Path) -> None:
    async def work(editor: Editor) -> None:
        settings = project / "pyproject.toml"
        text = settings.read_text()
        settings.write_text("[tool.async-test-template]\n\nignroe = {}\n")
        await editor.open("test_it.py")
        (refusal,) = editor.shown[editor.uri("pyproject.toml")]
        assert refusal.message == "there is no setting ignroe; the nearest is ignore"
        assert refusal.range.start.line == 2
        settings.write_text(text)
        (project / "test_it.py").write_text("async def test_it(:\n")
        await editor.save("pyproject.toml")
        assert editor.shown[editor.uri("pyproject.toml")] == []
        (broken,) = editor.shown[editor.uri("test_it.py")]
        assert "this Python cannot parse the file" in broken.message

    in_editor(project, work)


@pytest.mark.slow
def test_the_server_ends_with_its_editor(project: Path) -> None:
    done = run(sys.executable, HOOKS / "run.py", "server", cwd=project)
    assert (done.returncode, done.stdout) == (0, "")


def test_without_pygls_the_server_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "async_test_template.server", raising=False)
    monkeypatch.setitem(sys.modules, "pygls.lsp.server", None)
    assert main(["server"]) == 2
    assert "needs pygls: install the extra `server`" in capsys.readouterr().err


@pytest.mark.slow
def test_columns_are_those_of_the_protocol(project: Path) -> None:
    code = "async def test_it():\n    '\N{GRINNING FACE}'; import time; time.sleep(9)\n"
    (project / "test_it.py").write_text(code)

    async def work(editor: Editor) -> None:
        await editor.open("test_it.py")
        (finding,) = editor.shown[editor.uri("test_it.py")]
        start = finding.range.start
        assert code[offset(code, start) :].startswith("time.sleep(9)\n")
        assert offset(code, finding.range.end) == len(code) - 1

    in_editor(project, work)

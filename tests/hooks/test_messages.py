"""Messages of libraries are found in any text, and explained; real pytest says each of them."""

from __future__ import annotations

import io
import sys
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from async_test_template.cli import main
from async_test_template.messages import PAGES, all_messages
from async_test_template.messages.failures import explained
from async_test_template.messages.page import NEAR, PageError, read_message
from async_test_template.messages.search import search, search_stream
from async_test_template.messages.wording import Wording
from async_test_template.observe import Failure
from async_test_template.rules import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CLOSED = "RuntimeError: Event loop is closed"
SCOPES = "You tried to access the function scoped fixture {} with a session scoped request object"


def found(text: str) -> list[str]:
    return [hit.message.name for hit in search(text)]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole(name: str) -> None:
    message = read_message(PAGES[name])
    assert {*message.rules} <= {*NAMES}
    assert any(cause.before for cause in message.causes)
    gaps = {NEAR, *(gap for wording in message.wordings for gap in wording.names)}
    assert message.telling <= gaps
    for text in (w.text for w in message.wordings):
        # Bytes are searched; a gap at an end would have no end.
        assert text.isascii()
        assert text[0] != "{"
        assert text[-1] != "}"
    for cause in message.causes:
        assert (cause.heading[-1], cause.tell[-1]) == (cause.heading[-1].strip("."), ".")


def test_there_are_enough_messages() -> None:
    assert len(all_messages()) >= 60


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("# Some", "Some", "page.md:1: begin with the message"),
        ("` (pytest 9.0)", "`", "page.md:5: say who says it"),
        ("Cure: Do it.\n", "", "page.md:11: say what to do"),
        ("Cure:", "Help:", "page.md:11: 'Help' is none of When"),
        ("## It", "It", "page.md:7: give wordings, then causes"),
    ],
)
def test_a_page_is_refused_with_what_to_do(
    old: str, new: str, sentence: str, tmp_path: Path
) -> None:
    page = (
        "# Some: message\n\nIt means.\n\n- `text` (pytest 9.0)\n\n"
        "## It is so\n\nTell.\n\nCure: Do it.\n"
    )
    path = tmp_path / "page.md"
    path.write_text(page)
    assert read_message(path).causes[0].cure == "Do it."
    path.write_text(page.replace(old, new))
    with pytest.raises(PageError, match=sentence):
        read_message(path)


@pytest.mark.parametrize(
    ("text", "gaps"),
    [
        ("a 'x' b", {"one": "x"}),
        ("a 'x a 'y' b", {"one": "y"}),
        ("a '' b", {"one": ""}),
        ("a 'x'", None),
        ("' b a '", None),
    ],
)
def test_a_wording_has_gaps(text: str, gaps: dict[str, str] | None) -> None:
    match = Wording("a '{one}' b", "").find(text, 0, len(text))
    assert (match and match.gaps) == gaps


@pytest.mark.parametrize(
    "text",
    [
        CLOSED,
        f"E   {CLOSED}\n",
        f"2026-11-26T20:00:00Z \x1b[31m\x1b[1mE   {CLOSED}\x1b[0m\r\n",
        "> RuntimeError: Event loop\n> is closed".replace("> ", "  "),
        "RuntimeError: Event lo\nop is closed",
        f"<?xml version='1.0'?><testsuite><failure message=\"{CLOSED}&#10;\"/></testsuite>",
    ],
    ids=["alone", "of pytest", "of a log", "wrapped", "wrapped in a word", "in xml"],
)
def test_a_message_is_found_in(text: str) -> None:
    assert found(text) == ["event_loop_is_closed"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("RuntimeError: Event loop is ...", ["event_loop_is_closed"]),
        ("TypeError: object MagicMock can't be us...", ["mock_cannot_be_awaited"]),
        ("InterfaceError: cannot perform operation: ano...", ["another_operation_is_in_progress"]),
        # Two messages begin like this, and in a gap anything may follow.
        ("TypeError: get() got an unexpected keyword arg...", []),
        ("asyncpg.exceptions._base.InterfaceError: pool is clo...", []),
        ("RuntimeError: Task <Task pending name='Task-5' coro=<test_it() running at /hom...", []),
        ("assert 1 == ...", []),
    ],
)
def test_a_message_is_found_where_the_summary_of_pytest_cuts_it(
    said: str, expected: list[str]
) -> None:
    assert found(f"FAILED tests/test_it.py::test_it - {said}\n") == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("RuntimeError: Event loop stopped before Fut", ["event_loop_stopped"]),
        ("TypeError: object MagicMock can't be us...", ["mock_cannot_be_awaited"]),
        (
            "asyncio test 'test_it' requested async @pytest.fixture 'client' in str",
            ["async_fixture_in_strict_mode"],
        ),
        # It may be the whole text of something else.
        ("RuntimeError: Event loop is ...", []),
        # Several messages go on like that.
        ("TypeError: AsyncClient.__init__() got an unexpected keyword argument 'pr", []),
    ],
)
def test_a_pasted_line_may_be_cut(said: str, expected: list[str]) -> None:
    assert found(said) == expected


@pytest.mark.parametrize("text", ["", "assert 1 == 2", "loop closed", "\x00\xff", "fixture ''"])
def test_nothing_is_found_in(text: str) -> None:
    assert not found(text)


def test_xml_is_read_as_its_reader_would() -> None:
    text = "<testsuites>fixture &apos;event_loop&apos; not found, got &lt;&amp;lt;&gt;</testsuites>"
    (hit,) = search(text)
    assert hit.message.name == "fixture_event_loop_not_found"
    assert "got <&lt;>" in hit.near


def test_the_more_exact_wording_counts() -> None:
    assert found("fixture 'event_loop' not found") == ["fixture_event_loop_not_found"]
    assert found("fixture 'other' not found") == ["fixture_not_found"]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("trio.TooSlowError", ["too_slow"]),
        ("E   trio.TooSlowError\r", ["too_slow"]),
        ("FAILED test_it.py::test_it - trio.TooSlowError", ["too_slow"]),
        ("    | trio.TooSlowError: late", ["too_slow"]),
        ("    except trio.TooSlowError:", []),
        (">       raise trio.TooSlowError from None", []),
        ("E   trio.TooSlowErrors", []),
    ],
)
def test_the_name_of_an_error_counts_where_it_is_told(line: str, names: list[str]) -> None:
    assert found(f"first\n{line}\nlast") == names


def test_a_sentence_explains_a_failure_and_not_the_name_of_what_led_to_it() -> None:
    text = (
        "E   anyio.ClosedResourceError\n\n"
        'E   WebSocketDisconnected: Cannot call "send" once a close message has been sent.\n'
    )
    (finding,) = explained([Failure("test_it", "test_it.py", 1, text)], []).findings
    assert 'Cannot call "send"' in finding.message


def test_the_same_message_is_counted_and_different_causes_are_told_apart() -> None:
    lines = [SCOPES.format(name) for name in ("anyio_backend", "event_loop", "anyio_backend")]
    first, second = search("\n".join(lines))
    assert (first.match.gaps["fixture"], first.times, first.line) == ("anyio_backend", 2, 1)
    assert (second.match.gaps["fixture"], second.times, second.line) == ("event_loop", 1, 2)


@pytest.mark.slow
@pytest.mark.parametrize("size", [1 << 20, (1 << 20) - (1 << 13)], ids=["of a read", "of a part"])
@pytest.mark.parametrize("filler", ["x", "\n"], ids=["in one line", "in lines"])
def test_a_message_at_a_border_is_found_once(size: int, filler: str) -> None:
    for offset in range(-60, 60, 7):
        data = (filler * (size + offset) + CLOSED + filler * (1 << 14)).encode()
        (hit,) = search_stream(io.BytesIO(data))
        assert hit.times == 1
        assert hit.line == 1 + (size + offset if filler == "\n" else 0)


class Endless(io.RawIOBase):
    """A log that is made while it is read."""

    def __init__(self, line: bytes, size: int) -> None:
        """Take a line to repeat, and the size of it all."""
        self.line = line
        self.left = size

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        size = min(size, self.left)
        self.left -= size
        return (self.line * (size // len(self.line) + 1))[:size]


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [f"{CLOSED:200}\n", "fixture '", "got Future ", "x" * 100, "test_it.py .......... [ 10%]\n"],
    ids=["a message", "half of one", "half of another", "one line", "a good run"],
)
def test_a_huge_log_takes_no_more_memory(line: str) -> None:
    tracemalloc.start()
    search_stream(Endless(line.encode(), 3 << 20))  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 << 20


@pytest.fixture
def explain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Return what runs the command in a folder of some files."""

    def run(*arguments: str, **files: str) -> tuple[int, str, str]:
        for name, text in files.items():
            (tmp_path / name.replace("_dot_", ".")).write_text(text)
        monkeypatch.chdir(tmp_path)
        status = main(["explain", *arguments])
        return (status, *capsys.readouterr())

    return run


def test_a_message_is_explained(explain: Callable[..., tuple[int, str, str]]) -> None:
    status, output, errors = explain("fixture 'event_loop' not found")
    assert (status, errors) == (0, "")
    assert output.startswith("fixture 'event_loop' not found (pytest with pytest-asyncio 1.0")
    assert "  Cure: Take the parameter away" in output
    assert "    +    event_loop = asyncio.get_running_loop()" in output
    assert "AT501 event-loop-in-async-function" in output


def test_words_need_no_quotes(explain: Callable[..., tuple[int, str, str]]) -> None:
    assert explain(*CLOSED.split())[1] == explain(CLOSED)[1]


def test_a_repository_decides_between_causes(
    explain: Callable[..., tuple[int, str, str]],
) -> None:
    text = "got Future <Future pending> attached to a different loop"
    assert "It has 2 possible causes. In the repository, this command looks" in explain(text)[1]
    _, output, _ = explain(text, pytest_dot_ini="[pytest]\nasyncio_mode = auto\n")
    assert "The likely cause: The object is global" in output
    ini = "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = session\n"
    test = (
        "import pytest\n\n\n@pytest.fixture(scope='session')\nasync def one():\n    return 1\n"
        "\n\nasync def test_it(one):\n    pass\n"
    )
    _, output, _ = explain(text, pytest_dot_ini=ini, test_it_dot_py=test)
    assert "The cause here: The fixture that made the object runs in another event loop" in output
    assert "    pytest.ini:3 AT105 test_it (test_it.py:9) runs in the function loop" in output
    assert "Other causes, if that is not it:\n  - The object is global" in output


def test_a_fix_of_a_rule_is_a_command(explain: Callable[..., tuple[int, str, str]]) -> None:
    files = {
        "pytest_dot_ini": "[pytest]\nasyncio_mode = auto\n",
        "test_it_dot_py": "async def test_it(event_loop):\n    pass\n",
        "requirements_dot_txt": "pytest-asyncio>=1\n",
    }
    _, output, _ = explain("fixture 'event_loop' not found", **files)
    assert "    test_it.py:1 AT501 " in output
    assert "    $ async-test-template migrate --select AT501\n" in output


def test_a_repository_shows_where_a_fixture_is(
    explain: Callable[..., tuple[int, str, str]],
) -> None:
    test = "import pytest\n\n\n@pytest.fixture\nasync def number():\n    return 1\n"
    files = {"pytest_dot_ini": "[pytest]\nasyncio_mode = auto\n", "test_it_dot_py": test}
    _, output, _ = explain("fixture 'number' not found", **files)
    assert "The cause here: The fixture is in a file that pytest does not read" in output
    assert "    test_it.py:5 defines number, which is there for this file\n" in output
    assert "defines" not in explain("fixture 'other' not found", **files)[1]


def test_a_repository_shows_which_object_is_global(
    explain: Callable[..., tuple[int, str, str]],
) -> None:
    files = {
        "pytest_dot_ini": "[pytest]\nasyncio_mode = auto\n",
        "cache_dot_py": "import asyncio\n\nlock: asyncio.Lock = asyncio.Lock()\n",
    }
    _, output, _ = explain("<Lock> is bound to a different event loop", **files)
    assert "The cause here: The object is global" in output
    assert "    cache.py:3 makes lock, a Lock, when it is imported\n" in output


def test_modules_beside_pages_name_their_causes() -> None:
    modules = {path.stem: path for path in PAGES.values() for path in path.parent.glob("[!_]*.py")}
    assert {*modules} == {"fixture_not_found", "bound_to_a_different_event_loop"}
    for name, path in modules.items():
        text = path.read_text(encoding="utf-8")
        assert any(f'"{cause.heading}"' in text for cause in read_message(PAGES[name]).causes)


def test_a_repository_without_a_sign_says_so(
    explain: Callable[..., tuple[int, str, str]],
) -> None:
    _, output, _ = explain("unrecognized arguments: -n", pytest_dot_ini="[pytest]\n")
    assert "nothing in this repository shows which one it is" in output


def test_a_log_names_tests_and_lines(explain: Callable[..., tuple[int, str, str]]) -> None:
    log = (
        f"E   {CLOSED}\n\n/builds/group/project/test_it.py:12: RuntimeError\n"
        f"/usr/lib/python3/asyncio/base_events.py:520: RuntimeError\n"
        f"FAILED test_it.py::test_one[a] - {CLOSED}\n"
    )
    files = {"pytest_dot_ini": "[pytest]\n", "test_it_dot_py": "", "log_dot_txt": log}
    status, output, _ = explain("--log", "log.txt", **files)
    assert status == 0
    assert "  At: test_it.py::test_one[a], test_it.py:12.\n" in output


def test_a_log_names_the_tests_whose_reason_it_is(
    explain: Callable[..., tuple[int, str, str]],
) -> None:
    lines = (f"one - {CLOSED}", "two - ValueError: 7", "three - RuntimeError: Event loop is c...")
    log = "".join(f"FAILED test_it.py::test_{line}\n" for line in lines)
    _, output, _ = explain("--log", "log.txt", pytest_dot_ini="[pytest]\n", log_dot_txt=log)
    assert "  At: test_it.py::test_one, test_it.py::test_three.\n" in output
    log = f"E   {CLOSED}\nFAILED test_it.py::test_one\nFAILED test_it.py::test_two\n"
    _, output, _ = explain("--log", "log.txt", pytest_dot_ini="[pytest]\n", log_dot_txt=log)
    assert "At: " not in output


def test_standard_input_is_read(
    explain: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(CLOSED.encode()))
    monkeypatch.setattr(sys, "stdin", stream)
    assert explain("-")[1] == explain(CLOSED)[1]


def test_an_unknown_message_is_not_explained(
    explain: Callable[..., tuple[int, str, str]],
) -> None:
    status, output, errors = explain("assert 1 == 2")
    assert (status, output) == (1, "")
    assert f"{len(all_messages())} messages about async tests are known" in errors


def test_text_of_a_log_is_shown_and_not_obeyed(
    explain: Callable[..., tuple[int, str, str]],
) -> None:
    _, output, _ = explain("fixture '\x1b]0;x\x07::error::\u202e' not found")
    assert r"\x1b]0;x\x07::error::\u202e" in output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "give a rule, or a text with a message, or --log with a file"),
        (["text", "--log", "log.txt"], "give a rule, or a text with a message, or --log"),
        (["--log", "none.txt"], "none.txt: cannot be read: No such file"),
        (["--log", "."], "cannot be read: Is a directory"),
        (["AT999"], "no rule AT999"),
    ],
)
def test_wrong_input_is_refused(
    arguments: list[str], sentence: str, explain: Callable[..., tuple[int, str, str]]
) -> None:
    status, _, errors = explain(*arguments)
    assert status == 2
    assert sentence in errors

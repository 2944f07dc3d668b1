"""A terminal for the tests: a real program runs in it, and tests type keys and read the screen."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pexpect
import pyte
from helpers import clean_environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DOWN = "\x1b[B"
ENTER = "\r"
CLEAR = "\x15"  # Ctrl-U deletes what is before the cursor


class _AnsweringScreen(pyte.Screen):
    """A screen that answers, as real ones do, a program that asks where the cursor is."""

    answer: Callable[[str], object]

    def write_process_input(self, data: str) -> None:
        self.answer(data)


class Terminal:
    """A program in a terminal of some size."""

    def __init__(
        self,
        *command: str | Path,
        cwd: Path,
        columns: int = 80,
        rows: int = 130,
        patience: float = 30,
    ) -> None:
        """Start the program."""
        environment = clean_environment() | {
            "TERM": "xterm-256color",
            "PROMPT_TOOLKIT_COLOR_DEPTH": "DEPTH_24_BIT",
        }
        del environment["NO_COLOR"]
        # pytest-xdist has it for its workers.
        environment.pop("COLUMNS", None)
        self.patience = patience
        self.screen = _AnsweringScreen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        program, *arguments = (str(part) for part in command)
        self._program: pexpect.spawn[bytes] = pexpect.spawn(
            program, arguments, cwd=str(cwd), env=environment, dimensions=(rows, columns)
        )
        self.screen.answer = self._program.send

    @property
    def text(self) -> str:
        """What the screen shows, without the spaces that fill it."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def wait_for(self, text: str) -> None:
        """Read until the screen shows a text, or fail with what it shows."""
        end = time.monotonic() + self.patience
        while text not in self.text:
            alive = self._read()
            if text in self.text:
                return
            assert alive, f"the program ended without {text!r}:\n{self.text}"
            assert time.monotonic() < end, f"no {text!r} on the screen:\n{self.text}"

    def type(self, keys: str, then: str) -> None:
        """Type, and wait for what that must show."""
        self._program.send(keys)
        self.wait_for(then)

    def finish(self) -> int | None:
        """Read until the program ends, and return its exit code; a signal leaves none."""
        end = time.monotonic() + self.patience
        while self._read():
            assert time.monotonic() < end, f"the program still runs:\n{self.text}"
        self._program.close()
        return self._program.exitstatus

    def close(self) -> None:
        """End the program, if it still runs."""
        self._program.close(force=True)

    def _read(self) -> bool:
        """Draw what the program has written by now; tell whether it can write more."""
        try:
            self._stream.feed(self._program.read_nonblocking(65536, timeout=0.1))
        except pexpect.TIMEOUT:
            pass
        except pexpect.EOF:
            return False
        return True

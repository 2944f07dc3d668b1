"""The result of a check, kept in the user's cache until anything that the check saw is different.

A result belongs to a command in a folder: the arguments, the environment as far as a report depends
on it, what the output goes to, and the Python that runs. It is printed again if everything that
the check has read or looked for is as it was, and so is every module of this program. All of that
is known before anything else is imported.

An entry can go at any time. One that is cut off, made by somebody else or cannot be read counts for
nothing, and what cannot be written is not kept.
"""

from __future__ import annotations

import marshal
import os
import sys

from async_test_template import __version__, seen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

#: What reports depend on, besides the arguments.
VARIABLES = ("COLUMNS", "GITHUB_ACTIONS", "NO_COLOR", "TERM")
_RULES = os.path.join(os.path.dirname(__file__), "rules")
#: How many results are kept.
_KEPT = 100


class Result:
    """What a check prints, and how it ends.

    Attributes:
        report: what goes to standard output.
        said: what goes to standard error after it.
        status: the exit status.

    """

    def __init__(self, report: str, said: str, status: int) -> None:
        """Take what is to be printed."""
        self.report = report
        self.said = said
        self.status = status

    def show(self) -> int:
        """Print it, and return the status.

        Raises:
            OSError: it cannot be printed.

        """
        for stream in (sys.stdout, sys.stderr):
            # A file may contain characters that the terminal's encoding does not have.
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        sys.stdout.write(self.report)
        sys.stdout.flush()
        sys.stderr.write(self.said)
        return self.status


class Cache:
    """The place of one command's result."""

    def __init__(self, arguments: Sequence[str]) -> None:
        """Look at nothing yet.

        Args:
            arguments: those of the command line.

        """
        self._arguments = arguments
        self._file = ""

    def find(self) -> Result | None:
        """Return the result if it still holds; otherwise a record is kept, to `keep` a new one."""
        if "check" not in self._arguments or "--no-cache" in self._arguments:
            return None
        if sys.stdout is None or sys.stderr is None:
            return None
        try:
            self._file = self._path()
            record, result = _read(self._file)
            if record.holds():
                if record.is_renewed:
                    _write(self._file, record, result)
                return result
        except (OSError, ValueError):
            pass
        if self._file:
            seen.begin()
        return None

    def keep(self, result: Result, top: str) -> None:
        """Keep a result for the next run, if that can tell that it still holds.

        Args:
            result: what is printed.
            top: a folder in which nothing is written.

        """
        try:
            _see_rules()
            record = seen.end()
            # The terminal may have another size by now.
            if record is None or self._path() != self._file:
                return
            folder = os.path.dirname(self._file)
            if not f"{os.path.realpath(folder)}{os.sep}".startswith(f"{top}{os.sep}"):
                os.makedirs(folder, 0o700, exist_ok=True)
                _write(self._file, record, result)
                _tidy(folder)
        except (OSError, ValueError):
            pass

    def _path(self) -> str:
        """Return the path of the entry, empty if there is no place for it."""
        folder = _folder()
        if not os.path.isabs(folder):
            return ""
        key = (
            __version__,
            sys.version,
            sys.prefix,
            sys.path,
            tuple(sys.flags),
            sys.warnoptions,
            sys.getfilesystemencoding(),
            os.getcwd(),
            [*self._arguments],
            [os.environ.get(name) for name in VARIABLES],
            [_look(stream) for stream in (sys.stdout, sys.stderr)],
        )
        name = seen.digest(repr(key).encode()).hex()
        return os.path.join(folder, "async-test-template", "check", name)


def _folder() -> str:
    """Return the folder for the caches of a user's programs."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(given):
        return given
    if sys.platform == "win32":
        return os.environ.get("LOCALAPPDATA", "")
    return os.path.expanduser("~/Library/Caches" if sys.platform == "darwin" else "~/.cache")


def _look(stream: TextIO) -> tuple[object, ...]:
    """Return what a report depends on in the stream that it goes to."""
    try:
        size = tuple(os.get_terminal_size(stream.fileno()))
    except (OSError, ValueError):
        size = ()
    return stream.encoding, stream.isatty(), size


def _see_rules() -> None:
    """Look at the folders of the rules, each of which is a file."""
    for entry in seen.entries(_RULES):
        if entry.is_dir() and entry.name != "__pycache__":
            seen.entries(entry.path)


def _read(file: str) -> tuple[seen.Record, Result]:
    with open(file, "rb") as opened:
        if hasattr(os, "geteuid") and os.fstat(opened.fileno()).st_uid != os.geteuid():
            raise ValueError("somebody else's")
        data = opened.read()
    if seen.digest(data[seen.DIGEST :]) != data[: seen.DIGEST]:
        raise ValueError("not as it was written")
    plain, parts = marshal.loads(data[seen.DIGEST :])  # noqa: S302 - we have written it
    return seen.Record(plain), Result(*parts)


def _write(file: str, record: seen.Record, result: Result) -> None:
    """Write an entry whole or not at all, whoever else writes it now."""
    data = marshal.dumps((record.plain, (result.report, result.said, result.status)))
    own = f"{file}.{os.urandom(8).hex()}"
    try:
        with open(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(seen.digest(data) + data)
        os.replace(own, file)
    except BaseException:
        if os.path.lexists(own):
            os.unlink(own)
        raise


def _tidy(folder: str) -> None:
    """Remove the entries that were written first, if there are many."""
    with os.scandir(folder) as scan:
        entries = sorted((entry.stat().st_mtime_ns, entry.path) for entry in scan)
    for _, path in entries[:-_KEPT]:
        os.unlink(path)

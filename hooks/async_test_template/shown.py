"""Text of a repository on its way to a terminal or a log: it is shown, not obeyed.

A terminal obeys escape sequences, and bidirectional marks change how a line reads. GitHub's
runner obeys lines that begin with `::` (its workflow commands), so no text of a repository may
start a line like that. The credentials of a URL, which a log would keep, are left out, except in
a diff, which has each line of a file as it is.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

#: Control characters, marks that change the direction of text, and other line ends.
_OBEYED = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
_IN_A_LINE = f"[{_OBEYED}]"
_IN_LINES = f"(?!\n)[{_OBEYED}]"
#: The part before the host of a URL, except `git@`, which ssh needs.
_CREDENTIALS = r"(ssh)?://([^\s/?#'\"]*)@"
_IN_A_DIFF = f"(?!\n|\t|\r\n)[{_OBEYED}]"


def shown(text: str) -> str:
    r"""Return text as one line that can be printed: `\x1b` stands for an escape character."""
    return re.sub(_IN_A_LINE, _escape, public(text))


def public(text: str) -> str:
    """Return text without the credentials of its URLs; the user name for ssh stays."""
    return re.sub(_CREDENTIALS, _without_credentials, text) if "://" in text else text


def shown_lines(text: str) -> str:
    """Return text as lines that can be printed."""
    return re.sub(_IN_LINES, _escape, public(text))


def shown_diff(text: str) -> str:
    """Return the lines of a diff for people, which git may not accept."""
    return re.sub(_IN_A_DIFF, _escape, text)


def shown_path(path: str) -> str:
    """Return a path at the beginning of a line."""
    return f"./{shown(path)}" if path.lstrip().startswith("::") else shown(path)


def shown_json(text: str) -> str:
    """Return JSON with the same meaning, without credentials and text that a terminal obeys."""
    return re.sub(_IN_LINES, lambda match: f"\\u{ord(match[0]):04x}", public(text))


@contextmanager
def unobeyed(stream: TextIO) -> Iterator[None]:
    """Make GitHub's runner obey nothing that is printed meanwhile, such as the lines of a diff."""
    is_log = os.environ.get("GITHUB_ACTIONS") == "true" and not _is_file(stream)
    # Not by uuid, which takes as long to import as ten modules of this program.
    token = os.urandom(16).hex()
    stream.write(f"::stop-commands::{token}\n" if is_log else "")
    try:
        yield
    finally:
        stream.write(f"::{token}::\n" if is_log else "")


def _is_file(stream: TextIO) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False


def _without_credentials(match: re.Match[str]) -> str:
    name = match[2].partition(":")[0]
    return f"ssh://{name}@" if match[1] and name else f"{match[1] or ''}://"


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")

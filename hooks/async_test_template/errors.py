"""What can be wrong with a user's files or situation, as one family of exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class UserError(Exception):
    """Something that the user can correct; the command line prints it and exits with 2.

    Editors work on text and leave `path` empty; a caller that knows the file fills it in.

    Attributes:
        message: one sentence, without the place.
        path: the file concerned, or None if there is none.
        line: 1-based line, or None if no line is the reason.
        column: 1-based column in characters, or None.

    """

    def __init__(
        self,
        message: str,
        *,
        path: Path | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        """Keep the sentence and its place separate, so that each report can format them."""
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line
        self.column = column

    def __str__(self) -> str:
        """`file:line:column: sentence`, with as much of the place as is known."""
        place = ":".join(str(part) for part in (self.path, self.line, self.column) if part)
        return f"{place}: {self.message}" if place else self.message


class ParseError(UserError):
    """A file is not what its name promises: not TOML, not INI, not a requirement."""


class EditError(UserError):
    """An edit is not possible without changing something else; nothing was changed."""


class WriteRefused(UserError):  # noqa: N818 - a refusal, told apart from a failure
    """Files were not written, and every one of them is as it was before."""

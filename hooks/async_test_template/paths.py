"""Whether something is at a path, even if pathlib fails for it.

A name may be too long for the system, or contain characters that no name can have, and a link may
lead to itself. Then nothing is there.
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

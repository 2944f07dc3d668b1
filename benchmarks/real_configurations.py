"""Run the hook over real repositories: no crash, the results parse, a second run changes nothing.

    python benchmarks/real_configurations.py FOLDER

FOLDER holds repositories, one per folder; nothing is fetched and nothing in FOLDER is written. Each
repository is checked, then copied to a temporary place and migrated there with `--unsafe`, once
with `--diff` and twice for good.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import json
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import iniconfig

sys.path.insert(0, str(Path(__file__).parents[1] / "hooks"))

from async_test_template.cli import main as run_hook
from async_test_template.config.toml import edits as toml

UNUSABLE = 2


def main() -> int:
    """Print what happened to each repository, and the totals; 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    codes: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    wrong: list[str] = []
    begin = time.perf_counter()
    for repository in sorted(path for path in folder.iterdir() if path.is_dir()):
        try:
            found, status, changed = examine(repository)
        except Exception:  # noqa: BLE001 - any crash is what this looks for
            wrong.append(f"{repository.name}: {traceback.format_exc()}")
            continue
        codes.update(found)
        statuses[status] += 1
        print(f"{repository.name:50} {status:9} {len(found):3} findings, changed: {changed}")
    print(f"\n{sum(statuses.values())} repositories in {time.perf_counter() - begin:.0f} s:")
    print(", ".join(f"{number} {status}" for status, number in sorted(statuses.items())))
    print(", ".join(f"{code} {number}" for code, number in sorted(codes.items())))
    print(f"{len(wrong)} went wrong")
    print("\n".join(wrong))
    return 1 if wrong else 0


def examine(repository: Path) -> tuple[list[str], str, str]:
    """Check and migrate one repository.

    Returns:
        the codes found, `clean`, `findings` or `unusable`, and the names of the changed files.

    """
    status, output, errors = call("check", str(repository), "--format", "json")
    if status == UNUSABLE:
        print(f"    {errors.strip()}")
        return [], "unusable", "-"
    found = [finding["code"] for finding in json.loads(output)["findings"]]
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / "copy"
        shutil.copytree(repository, copy, symlinks=True)
        before = contents(copy)
        _, shown, _ = call("migrate", str(copy), "--unsafe", "--diff")
        expect(contents(copy) == before, "--diff wrote something")
        status, _, errors = call("migrate", str(copy), "--unsafe", "--allow-dirty")
        expect("was not fixed" not in errors, errors)
        after = contents(copy)
        changed = [name for name in after if after[name] != before.get(name)]
        expect(after.keys() >= before.keys(), "files went")
        expect(bool(shown) == bool(changed), "--diff says something other than is done")
        for name in changed:
            parse(name, after[name])
        call("migrate", str(copy), "--unsafe", "--allow-dirty")
        expect(contents(copy) == after, "a second run changes something")
    return found, "findings" if found else "clean", ", ".join(changed) or "-"


def expect(condition: object, otherwise: str) -> None:
    """Stop on a broken promise.

    Raises:
        RuntimeError: `condition` does not hold.

    """
    if not condition:
        raise RuntimeError(otherwise)


def call(*arguments: str) -> tuple[int, str, str]:
    """Run the command line in this process: its exit status, output and errors."""
    with (
        contextlib.redirect_stdout(io.StringIO()) as output,
        contextlib.redirect_stderr(io.StringIO()) as errors,
    ):
        status = run_hook(arguments)
    return status, output.getvalue(), errors.getvalue()


def contents(root: Path) -> dict[str, bytes]:
    """Read every file that the hook could change."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.suffix in {".toml", ".ini", ".cfg", ".txt", ".in", ".py"}
    }


def parse(name: str, data: bytes) -> None:
    """Parse a changed file the way its own tool does."""
    if name.endswith(".toml"):
        toml.parse(data.decode("utf-8-sig"))
    elif name.endswith((".ini", ".cfg")):
        iniconfig.IniConfig(name, data.decode("utf-8"))
    elif name.endswith(".py"):
        ast.parse(data)


if __name__ == "__main__":
    sys.exit(main())

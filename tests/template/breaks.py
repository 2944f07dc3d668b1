"""Change one file of a project at a time, and see which tests of its configuration fail.

Run it in the folder of the project, by an interpreter that has all that the tests need:

    PYTHONPATH=src python breaks.py tests/test_event_loop.py < breaks.json

It reads a list of {"file", "pattern", "replacement", "slow"}. A pattern is replaced in just one
place; without one, the replacement is a file that is new. The last line that it prints has, for no
break and then for each of them: the exit status of pytest, the tests that failed, and what it said.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from mutants import LOG, import_once, run_in_fork

SLOW = "test_the_guard_ends_a_hang"
"""It takes a second, and tells nothing but what is wrong with the guard."""


def main() -> None:
    """Print the tests that notice each break."""
    contract = sys.argv[1]
    breaks: list[dict[str, Any]] = json.load(sys.stdin)
    import_once(f"--deselect={contract}::{SLOW}", contract)
    told = [tell(contract)]
    for broken in breaks:
        path = Path(broken["file"])
        before = path.read_text() if path.exists() else None
        path.write_text(broken_text(before, broken["pattern"], broken["replacement"]))
        told.append(tell(contract, *([] if broken["slow"] else [f"--deselect={contract}::{SLOW}"])))
        if before is None:
            path.unlink()
        else:
            path.write_text(before)
    print(json.dumps(told))


def broken_text(text: str | None, pattern: str | None, replacement: str) -> str:
    """Return the text of a file after the break."""
    if pattern is None or text is None:
        return replacement
    broken, count = re.subn(pattern, replacement, text, flags=re.DOTALL)
    if count != 1:
        sys.exit(f"{pattern} is there {count} times:\n{text}")
    return broken


def tell(contract: str, *options: str) -> tuple[int | None, list[str], str]:
    """Return the exit status, the tests that failed, and all that pytest said."""
    status = run_in_fork("-rfE", "--tb=short", "-p", "no:hypothesispytest", *options, contract)
    said = Path(LOG).read_text()
    return status, re.findall(rf"^(?:FAILED|ERROR) {contract}::(\w+)", said, re.MULTILINE), said


if __name__ == "__main__":
    main()

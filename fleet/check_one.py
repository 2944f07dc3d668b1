#!/usr/bin/env python3
"""Check one checkout, and change nothing.

    python3 check_one.py [--sarif FILE] [CHECKOUT]

One line of JSON on standard output has the number of findings of each rule, and so has the exit
status whether there are any; `--sarif` keeps the findings themselves.

Needs Python 3.10, and the engine or uv.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from engine import find_engine, run_engine
from outcome import Ended, Outcome, counted, last_line, make_parser, tell

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the checkout that the arguments name, and return the exit status."""
    parser = make_parser("Check a checkout, and change nothing.")
    parser.add_argument(
        "--sarif", metavar="FILE", type=Path, help="write the findings to this file, as SARIF"
    )
    options = parser.parse_args(arguments)
    return tell(options.checkout, lambda: check(options.checkout, options.sarif))


def check(checkout: Path, sarif: Path | None) -> NoReturn:
    """Check a checkout.

    Raises:
        Ended: always; it carries the outcome.

    """
    if not checkout.is_dir():
        raise Ended(Outcome.UNUSABLE, f"{checkout} is not a folder")
    done = run_engine(find_engine(), "check", "--format=sarif", cwd=checkout)
    if not done.stdout:
        raise Ended(Outcome.UNUSABLE, last_line(done.stderr).removeprefix("error: "))
    if sarif is not None:
        sarif.write_text(done.stdout, encoding="utf-8")
    (run,) = json.loads(done.stdout)["runs"]
    results = run["results"]
    names = {rule["id"]: rule["name"] for rule in run["tool"]["driver"]["rules"]}
    counts = Counter((result["ruleId"], result["level"]) for result in results)
    found = [
        {"rule": rule, "name": names[rule], "level": level, "count": count}
        for (rule, level), count in counts.items()
    ]
    facts = {
        "engine": run["tool"]["driver"]["version"],
        "findings": sorted(found, key=lambda one: str(one["rule"])),
    }
    if done.returncode == Outcome.UNUSABLE.status:
        raise Ended(Outcome.UNUSABLE, f"not all could be read: {last_line(done.stderr)}", **facts)
    if done.returncode:
        raise Ended(Outcome.FINDINGS, counted(len(results), "finding"), **facts)
    raise Ended(Outcome.CLEAN, "nothing but advice is left", **facts)


if __name__ == "__main__":
    sys.exit(main())

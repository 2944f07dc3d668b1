"""A file with the findings of today, so that a later run reports only what is new.

A finding is known by its rule, its file and the text of its line, and by how many are alike: it
stays known when lines above it come and go. Paths begin at the folder of the baseline.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from async_test_template import seen
from async_test_template.errors import UserError
from async_test_template.paths import place_of
from async_test_template.shown import public, shown_json
from async_test_template.suppressions import lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeAlias

    from async_test_template.findings import Finding
    from async_test_template.tree import Tree

    #: File, rule, and the text of the line.
    _Key: TypeAlias = tuple[str, str, str]

_VERSION = 1


def as_baseline(tree: Tree, findings: Iterable[Finding], path: Path) -> bytes:
    """Return a baseline for a path, with one line for each kind of finding."""
    counts = Counter(key for key, _ in _keyed(tree, findings, path))
    entries = [
        json.dumps({"file": file, "code": code, "text": text, "count": count})
        for (file, code, text), count in sorted(counts.items())
    ]
    listed = ",\n".join(f"    {entry}" for entry in entries)
    text = f'{{\n  "version": {_VERSION},\n  "findings": [\n{listed}\n  ]\n}}\n'
    return shown_json(text).encode()


def new_findings(tree: Tree, findings: Iterable[Finding], path: Path) -> list[Finding]:
    """Return the findings that the baseline at a path does not hold.

    Raises:
        UserError: the file cannot be read, or is no baseline.

    """
    known = _read(path)
    new = []
    for key, finding in _keyed(tree, findings, path):
        if known[key] > 0:
            known[key] -= 1
        else:
            new.append(finding)
    return new


def _keyed(tree: Tree, findings: Iterable[Finding], path: Path) -> Iterator[tuple[_Key, Finding]]:
    # The paths are the same, whatever part of the repository is looked at.
    folder = place_of(path.parent)
    lines: dict[str, list[str]] = {}
    for finding in findings:
        if finding.file not in lines:
            lines[finding.file] = lines_of(tree, finding.file)
        here = lines[finding.file]
        text = here[finding.line - 1] if finding.line <= len(here) else ""
        file = Path(os.path.relpath(tree.root / finding.file, folder)).as_posix()
        yield (file, finding.code, public(text.strip())), finding


def _read(path: Path) -> Counter[_Key]:
    try:
        document = json.loads(seen.followed(str(path)))
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", path=path) from error
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise UserError("is not JSON", path=path, line=line) from error
    found: Counter[_Key] = Counter()
    try:
        if document["version"] != _VERSION:
            raise UserError(f"is a baseline of version {document['version']!r:.20}", path=path)
        for entry in document["findings"]:
            key = str(entry["file"]), str(entry["code"]), str(entry["text"])
            found[key] += int(entry["count"])
    except (KeyError, TypeError, ValueError) as error:
        raise UserError("is no baseline: --write-baseline makes one", path=path) from error
    return found

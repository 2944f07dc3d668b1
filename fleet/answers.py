"""The file with a project's answers to the template."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from outcome import Ended, Outcome
from quiet_git import git

if TYPE_CHECKING:
    from pathlib import Path

# A project with another template keeps our answers in the first file.
ANSWERS_FILES = (".copier-answers.async-test.yml", ".copier-answers.yml")


def find_answers(project: Path, wanted: str | None) -> str:
    """Return the name of the answers file.

    Raises:
        Ended: it is missing, is not committed, or has the answers to another template.

    """
    names = [wanted] if wanted else ANSWERS_FILES
    found = [name for name in names if (project / name).is_file()]
    if not found:
        raise Ended(Outcome.UNUSABLE, f"there is no {' or '.join(names)}: was it generated?")
    if (project / found[0]).is_symlink():
        # It may lead out of the checkout, and what is there is not ours to print.
        raise Ended(Outcome.UNUSABLE, f"{found[0]} is a link")
    if not is_ours(project / found[0]):
        text = (project / found[0]).read_text(encoding="utf-8", errors="replace")
        source = re.search(r"^_src_path: *(.+)$", text, re.MULTILINE)
        name = source[1] if source else "something else"
        raise Ended(Outcome.UNUSABLE, f"{found[0]} is of {name}, not of async-test-template")
    if not git(project, "ls-files", "--", found[0]):
        raise Ended(Outcome.UNUSABLE, f"{found[0]} is not in git: it may be ignored")
    return found[0]


def is_ours(file: Path) -> bool:
    """Tell whether a file has answers to this template, wherever that is hosted."""
    if not file.is_file() or file.is_symlink():
        return False
    # Every project of this template has that answer.
    text = file.read_text(encoding="utf-8", errors="replace")
    return re.search(r"^loop_scope:", text, re.MULTILINE) is not None


def own_files(file: Path) -> set[str]:
    """Return the files of the template that the project keeps as its own, by an answers file."""
    text = file.read_text(encoding="utf-8", errors="replace")
    found = re.search(r"^own_files:((?:\n *- .*)+)", text, re.MULTILINE)
    return set(re.findall(r"- (.*\S)", found[1])) if found else set()

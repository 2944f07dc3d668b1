"""What a repository has decided on purpose, so that a fix leaves it to a person."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.config import in_force
from async_test_template.config.text import lines_of
from async_test_template.config.toml.read import value_at
from async_test_template.errors import UserError
from async_test_template.findings import Splice

if TYPE_CHECKING:
    from async_test_template.findings import Change, Finding
    from async_test_template.project import Project

_COMMENT = re.compile(r"^\s*[#;]+\s*(?P<text>.*?)\s*$")
# `# timeout = 30` is a setting that is commented out.
_SWITCHED_OFF = re.compile(r"^[\w.-]+\s*[=:]")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_FEWEST_WORDS = 3


def explained(project: Project, finding: Finding) -> str:
    """Return a setting that a fix changes and a comment directly above explains, or "".

    A heading of one or two words, a line of dashes and a setting that is commented out explain
    nothing. A comment on an entry of a list does not count: entries have none above them in INI
    files, and in TOML it may be a heading.
    """
    settings = project.settings
    lines = lines_of(settings.text)
    for edit in finding.edits:
        if isinstance(edit, Splice) or edit.file != settings.file:
            continue
        name = str(edit.at[-1]) if edit.at else ""
        if edit.verb not in {"set", "delete", "rename"}:
            continue
        if name not in settings.options and settings.refusal != "both tables":
            continue
        above = _line_of(project, edit) - 2
        if 0 <= above < len(lines) and _explains(lines[above]):
            return name
    return ""


def _line_of(project: Project, edit: Change) -> int:
    """Return the line of a setting; in TOML it may be in the table that is not in force."""
    settings = project.settings
    if settings.holder == "ini":
        return settings.place(str(edit.at[-1]))[0]
    from async_test_template.config.toml import edits as toml

    try:
        return toml.locate(settings.text, edit.at)[0]
    except KeyError:
        return 1


def _explains(line: str) -> bool:
    comment = _COMMENT.match(line)
    if comment is None or _SWITCHED_OFF.match(comment["text"]):
        return False
    return len(_WORDS.findall(comment["text"])) >= _FEWEST_WORDS


# Only one project is used at a time, and every finding asks for its folder.
@lru_cache(maxsize=4096)
def own_project(project: Project, folder: str) -> str:
    """Return the folder above a file, below the root, that has its own configuration, or "".

    It has a pytest configuration, or a pyproject.toml of a package: pytest that is started
    there reads another configuration than the root's, with other dependencies.
    """
    while folder:
        if _is_own(project, folder):
            return folder
        folder = folder.rpartition("/")[0]
    return ""


@lru_cache(maxsize=4096)
def _is_own(project: Project, folder: str) -> bool:
    try:
        for_pytest = in_force.for_pytest(project.root / folder, project.tree.read_path)
        document = project.tree.toml(f"{folder}/pyproject.toml")
    except UserError:
        return True
    return bool(for_pytest) or any(
        value_at(document, *keys) is not None for keys in (("project",), ("tool", "poetry"))
    )

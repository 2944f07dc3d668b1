"""What a repository has decided on purpose, so that a fix leaves it to a person."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.config.text import lines_of
from async_test_template.dependencies.gather import is_workspace
from async_test_template.dependencies.read import read_declarations
from async_test_template.errors import ParseError
from async_test_template.findings import Splice

if TYPE_CHECKING:
    from async_test_template.findings import Change, Finding
    from async_test_template.project import Project

_COMMENT = r"^\s*[#;]+\s*(?P<text>.*?)\s*$"
# `# timeout = 30` is a setting that is commented out.
_SWITCHED_OFF = r"^[\w.-]+\s*[=:]"
_WORDS = r"[^\W\d_]{2,}"
_FEWEST_WORDS = 3
_FIXED = r"[^*+?\[{|^$]+"
_LEAST_TEXT = 12
#: Files that say what is installed for tests, or how they run.
_OF_ENVIRONMENTS = (
    *("noxfile.py", "poetry.lock", "uv.lock", "pdm.lock", "Pipfile.lock", "environment.yml"),
    *("pytest.ini", "tox.ini", "Makefile"),
)


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


def ignores(project: Project, warning: str) -> bool:
    """Tell whether the settings ignore a warning by its text.

    A message is a pattern for the beginning of the text. What it has before the first character
    that means something else in patterns is compared; a short word says too little.
    """
    for line in project.settings.lines_of("filterwarnings"):
        action, _, rest = line.strip().partition(":")
        message = rest.partition(":")[0].replace("\\", "").strip()
        fixed = re.match(_FIXED, message)
        if action != "ignore" or fixed is None or len(fixed[0]) < _LEAST_TEXT:
            continue
        if warning.lower().startswith(fixed[0].lower()):
            return True
    return False


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
    comment = re.match(_COMMENT, line)
    if comment is None or re.match(_SWITCHED_OFF, comment["text"]):
        return False
    return len(re.findall(_WORDS, comment["text"])) >= _FEWEST_WORDS


def own_package(project: Project, file: str) -> str:
    """Return the folder of the package below the root that a file belongs to, or "".

    It has other dependencies than the root, unless both are in one workspace.
    """
    if is_workspace(project.tree):
        return ""
    members = reversed(project.members)  # the innermost first
    return next((folder for folder in members if file.startswith(f"{folder}/")), "")


# Each finding in a package asks this.
@lru_cache(maxsize=32)
def brings_pytest(project: Project, folder: str) -> bool:
    """Tell whether a package below the root may say with which pytest its tests run.

    If it does not, and the root declares pytest, those of the root run them.
    """
    if not project.dependencies.of("pytest"):
        return True
    if any(project.tree.read(f"{folder}/{name}") is not None for name in _OF_ENVIRONMENTS):
        return True
    try:
        lists = [*read_declarations(project.tree, f"{folder}/")]
    except ParseError:
        return True
    return any(entry.name.startswith("pytest") for _, held in lists for entry in held)

"""Which findings the user has silenced, and why.

On a line: `# att: ignore[AT105]`, after the setting or, since INI files have no comments there,
on the line above; what follows the bracket is the reason. For the whole repository, in
pyproject.toml: `[tool.async-test-template] ignore = { AT105 = "reason" }`.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.config.toml.read import table_at
from async_test_template.errors import UserError
from async_test_template.findings import Finding

if TYPE_CHECKING:
    from async_test_template.project import Project

_TABLE = ("tool", "async-test-template")
_COMMENT = re.compile(r"[#;]\s*att:\s*ignore\[(?P<codes>[^\[\]]*)\][ \t:-]*(?P<reason>.*)")


class Silenced(NamedTuple):
    """A finding that the user has silenced.

    Attributes:
        finding: what it is.
        reason: why, as given; a comment may give none.
        in_source: a comment silences it, not the table in pyproject.toml.

    """

    finding: Finding
    reason: str
    in_source: bool


def sort_out(
    project: "Project", findings: Iterable[Finding], known_codes: Collection[str]
) -> tuple[list[Finding], list[Silenced]]:
    """Separate the silenced findings from the others.

    Raises:
        UserError: the table in pyproject.toml has an unknown key or code, or gives no reason.

    """
    reasons = _reasons(project, known_codes)
    lines: dict[str, Sequence[str]] = {}
    kept = []
    silenced = []
    for finding in findings:
        if finding.file not in lines:
            lines[finding.file] = (project.tree.text(finding.file) or "").splitlines()
        comment = comment_at(lines[finding.file], finding.code, finding.line)
        if comment is not None:
            silenced.append(Silenced(finding, comment, in_source=True))
        elif finding.code in reasons:
            silenced.append(Silenced(finding, reasons[finding.code], in_source=False))
        else:
            kept.append(finding)
    return kept, silenced


def _reasons(project: "Project", known_codes: Collection[str]) -> dict[str, str]:
    file = "pyproject.toml"
    table = table_at(project.tree.toml(file), *_TABLE)
    for key in table:
        if key != "ignore":
            raise _fault(
                project, (*_TABLE, key), f"there is no setting {key}; the only one is ignore"
            )
    ignore = table.get("ignore", {})
    if not isinstance(ignore, dict):
        raise _fault(project, (*_TABLE, "ignore"), 'ignore is a table, { CODE = "reason" }')
    for code, reason in ignore.items():
        at = (*_TABLE, "ignore", code)
        if code not in known_codes:
            raise _fault(project, at, f"there is no rule {code}")
        if not isinstance(reason, str) or not reason.strip():
            raise _fault(project, at, f"{code} is ignored without a reason")
    return ignore


def _fault(project: "Project", at: tuple[str, ...], message: str) -> UserError:
    file = "pyproject.toml"
    from async_test_template.config.toml import edits as toml

    line, column = toml.locate(project.tree.text(file) or "", at)
    return UserError(message, path=project.root / file, line=line, column=column)


def comment_at(lines: Sequence[str], code: str, number: int) -> str | None:
    """Return the reason in the comment that ignores a code at a line, None where there is none."""
    here = lines[number - 1] if 0 < number <= len(lines) else ""
    above = lines[number - 2].strip() if 1 < number <= len(lines) + 1 else ""
    for line in (here, above if above[:1] in {"#", ";"} else ""):
        match = _COMMENT.search(line)
        if match and code in {name.strip() for name in match["codes"].split(",")}:
            return match["reason"].strip()
    return None

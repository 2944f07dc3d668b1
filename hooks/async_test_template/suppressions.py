"""Which findings the user has silenced, and why.

On a line: `# att: ignore[AT105]`, after the setting or, since INI files have no comments there,
on the line above; what follows the bracket is the reason. For more than a line, the policy.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.findings import Finding

if TYPE_CHECKING:
    from async_test_template.policy import Policy
    from async_test_template.project import Project
    from async_test_template.tree import Tree

#: What ends a line for a finding; `str.splitlines` knows more.
LINE_END = re.compile(r"\r\n|\n|\r")
COMMENT = r"[#;]\s*att:\s*ignore\[(?P<codes>[^\[\]]*)\][ \t:-]*(?P<reason>.*)"


class Silenced(NamedTuple):
    """A finding that the user has silenced.

    Attributes:
        finding: what it is.
        reason: why, as given; a comment may give none.
        in_source: a comment silences it, not the policy.

    """

    finding: Finding
    reason: str
    in_source: bool


def sort_out(
    project: "Project", findings: Iterable[Finding], policy: "Policy"
) -> tuple[list[Finding], list[Silenced]]:
    """Separate the silenced findings from the others; those in excluded files are neither."""
    lines: dict[str, Sequence[str]] = {}
    kept = []
    silenced = []
    # A file may have thousands of findings, and the policy thousands of patterns.
    excludes, reason_against = cache(policy.excludes), cache(policy.reason_against)
    for finding in findings:
        if excludes(finding.file):
            continue
        judged = finding._replace(severity=policy.severity_of(finding.code) or finding.severity)
        if finding.file not in lines:
            lines[finding.file] = lines_of(project.tree, finding.file)
        comment = comment_at(lines[finding.file], finding.code, finding.line)
        if comment is not None:
            silenced.append(Silenced(judged, comment, in_source=True))
        elif (reason := reason_against(finding.code, finding.file)) is not None:
            silenced.append(Silenced(judged, reason, in_source=False))
        else:
            kept.append(judged)
    return kept, silenced


def lines_of(tree: "Tree", file: str) -> list[str]:
    """Return the lines of a file by the numbers that findings have."""
    return LINE_END.split(tree.text(file) or "")


def comment_at(lines: Sequence[str], code: str, number: int) -> str | None:
    """Return the reason in the comment that ignores a code at a line, None where there is none."""
    here = lines[number - 1] if 0 < number <= len(lines) else ""
    above = lines[number - 2].strip() if 1 < number <= len(lines) + 1 else ""
    for line in (here, above if above[:1] in {"#", ";"} else ""):
        match = re.search(COMMENT, line)
        if match and code in {name.strip() for name in match["codes"].split(",")}:
            return match["reason"].strip()
    return None

"""Whether a comment next to a dependency or a setting gives a reason for it."""

import re

from async_test_template.config.text import lines_of

#: Comments that linters and tools write at the end of a line.
_TOOLS = r"(?i)#\s*(?:noqa|type:|pragma|via\b|nosec|pylint|fmt:|att:)"
#: A few words only say what a package is for, or are the heading of the lines below.
_LABEL_WORDS = 4
_REASON = (
    r"(?i)\b(?:until|because|since|due|pin(?:s|ned)?|cap(?:s|ped)?|keep|held|hold|freeze|frozen|lock(?:ed)?"
    r"|stuck|needs?|requires?|breaks?|broken|bugs?|issues?|drop(?:s|ped)?|waits?|fixed|incompatib\w*"
    r"|compat\w*|conflicts?|support\w*|don't|can't|cannot|must|only|never|not|no|temporar\w*|todo"
    r"|fixme|see|workaround|regress\w*|fails?|last|before|after|deliberate\w*|purpose|intention\w*"
    r"|upstream|legacy|avoid|stay)\b|https?:|\d"
)


def is_explained(text: str, line: int) -> bool:
    """Tell whether a comment at the end of a line, or directly above it, gives a reason for it.

    Args:
        text: the file; its comments begin with `#`, and in INI files with `;` too.
        line: the line, from 1.

    """
    lines = lines_of(text)
    if not 1 <= line <= len(lines):
        return False
    above: list[str] = []
    for number in reversed(range(line - 1)):
        before = lines[number]
        if not before.strip().startswith(("#", ";")):
            break
        above.append(before.strip(" \t#;"))
    behind = _comment_behind(lines[line - 1])
    return _is_reason(" ".join(reversed(above))) or (
        not re.match(_TOOLS, behind) and _is_reason(behind.strip(" \t#"))
    )


def _is_reason(comment: str) -> bool:
    return len(comment.split()) > _LABEL_WORDS or re.search(_REASON, comment) is not None


def _comment_behind(line: str) -> str:
    """Return the comment at the end of a line; a `#` in quotes, or in a word, is none."""
    quote = ""
    for index, character in enumerate(line):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character == "#" and index and line[index - 1] in " \t,]})\"'":
            return line[index:]
    return ""

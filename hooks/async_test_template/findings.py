"""What a rule reports about a repository, and what it would change: plain data."""

import enum
from typing import Literal, NamedTuple, TypeAlias

from async_test_template.faults import Fault


class Tier(enum.Enum):
    """How far a fix may go on its own.

    SAFE fixes keep the meaning of the tests. UNSAFE ones can change it and need `--unsafe` or a
    yes. REPORT has no fix.
    """

    SAFE = "safe"
    UNSAFE = "unsafe"
    REPORT = "report"


class Severity(enum.Enum):
    """How much a finding matters.

    ERROR: it breaks a test or hides a problem today. WARNING: it will, with a release that the
    declarations allow or a Python that exists already. ADVICE: a matter of policy or taste.
    """

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"


#: What `apply` does to the place. `append` is for strings in TOML arrays, `comment` puts one above
#: an INI key, `header` a table header above a whole TOML file; `specifier` changes the version of a
#: requirement and `require` adds one; `create` makes a missing file.
Verb = Literal[
    "set",
    "delete",
    "append",
    "rename",
    "rename-section",
    "comment",
    "header",
    "specifier",
    "require",
    "create",
]


class Change(NamedTuple):
    """One change to a file that is not code, or a new file, described by its meaning.

    Attributes:
        file: path from the project's root, with forward slashes.
        verb: what is done to the place.
        at: the place: a TOML path; `(section, key)` in an INI file, with the number of the entry
            after it for `specifier`; `(line,)` in a requirements file, `()` for its end.
        value: the new value, name, comment or specifier, where the verb takes one.
        old: the requirement whose specifier changes.

    """

    file: str
    verb: Verb
    at: tuple[str | int, ...]
    value: object = None
    old: str | None = None


class Splice(NamedTuple):
    """A span of Python code and its replacement.

    Attributes:
        file: path from the project's root, with forward slashes.
        start: offset of its first byte, as `source.Source` counts.
        end: offset after its last byte; that of an insertion is its start.
        text: the new code.

    """

    file: str
    start: int
    end: int
    text: str


#: One step of a fix; `plan` turns it into text.
Edit: TypeAlias = Change | Splice


class Finding(NamedTuple):
    """One thing that is wrong at one place.

    Attributes:
        code: the rule's stable public code, `AT` and three digits.
        message: one sentence.
        file: path from the project's root, with forward slashes.
        line: 1-based; 1 where the whole file is meant.
        column: 1-based, in characters.
        tier: how far the fix may go.
        edits: the fix, made as a whole or not at all; empty if there is none.
        hint: what a person can do if there is no safe fix, or empty.
        severity: how much it matters, None if as much as the rule says.
        follow: findings that follow from this one, and are told with it.

    """

    code: str
    message: str
    file: str
    line: int = 1
    column: int = 1
    tier: Tier = Tier.REPORT
    edits: tuple[Edit, ...] = ()
    hint: str = ""
    severity: Severity | None = None
    follow: tuple["Finding", ...] = ()

    def only_reported(self, hint: str) -> "Finding":
        """Return the finding without its fix, and what a person can do instead."""
        return self._replace(tier=Tier.REPORT, edits=(), hint=hint)


class Found(NamedTuple):
    """What rules report about a file or a repository.

    Attributes:
        findings: what is wrong.
        faults: rules that failed, whose findings are missing.
        waiting: codes of the rules that have to see the file again when all files are known.

    """

    findings: tuple[Finding, ...] = ()
    faults: tuple[Fault, ...] = ()
    waiting: tuple[str, ...] = ()

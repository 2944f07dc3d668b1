"""What a rule is: the code that looks, and everything that is known of it as data."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from async_test_template.findings import Finding, Severity, Tier
    from async_test_template.project import Project
    from async_test_template.source.source import Source


class Where(enum.Enum):
    """Which files hold what a rule looks for.

    INDEXED: those that the index of fixtures and tests holds anyway, TESTS: test files besides,
    with or without anything async in them, EVERYWHERE: any Python file. A file counts that holds
    the words of the rule.
    """

    INDEXED = "indexed"
    TESTS = "tests"
    EVERYWHERE = "everywhere"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One thing to look for; each lives in a module of its own.

    What people read of it is on the page beside the module (`rules.head_of`).

    Attributes:
        code: `AT` and three digits: 0xx what a run shows, 1xx loop scopes and modes, 2xx
            files and pytest itself, 3xx timeouts, 4xx dependencies, 5xx to 9xx Python code.
        name: the code in words.
        severity: how much a finding matters; the page has the reason.
        tier: the furthest that a fix of this rule goes.
        check: reads a project and tells its findings, None where `visit` does, or a run of
            the tests; neither function touches the disk.
        gate: lowest versions, by package, that the repository must declare before the fix is
            offered; below them the rule only reports.
        needs: lowest versions, by package, with which the fix keeps the meaning. Where what is
            declared admits an older one, the rule only reports; where it admits none as new, the
            rule is silent, because it speaks of newer ones. Where nothing is said the newest is
            installed; a fix of what only warns is an unsafe one then, as nothing is broken yet.
        expects: the errors and warnings, by their names, to which what the rule finds leads in
            some version: where a test waits for one of them, it is meant, and there is no finding.
        optional: off unless `--select` names it: a matter of taste.
        visit: reads one Python file of a project; it is called for the files in which `words`
            is found.
        words: a regular expression on the bytes of a file.
        where: which files it looks at; from those of the chosen rules follows which files are
            parsed.
        suspects: tells from the bytes of a file that holds the words, and that nothing else is
            parsed for, whether it is worth parsing; None where the words say enough.
        alone: `visit` asks for no other Python file, only for the configuration, and finds what
            the file holds in `source.module`: it can run in another process, and once for as long
            as the file stays the same.
        python: the Pythons on which what the rule says is true, as a specifier; empty for all. It
            is silent where the project admits none of them, or where none reaches the place.
        about: the plugin or library that the rule speaks of, as a package's name; empty for pytest
            and Python themselves. The rule is silent where the repository does not use it, or is
            its own, and has no fix where only a mark tells of it.
        mark: the mark that a fix takes away or writes anew: it is left where code of the repository
            looks at that mark. `*` stands for all that fixtures have.
        gives_loop: the mark that a fix takes away sets up a loop, in an older pytest-asyncio, for
            code that asks for the current one.

    """

    code: str
    name: str
    tier: Tier
    check: Callable[[Project], Iterable[Finding]] | None = None
    severity: Severity
    gate: tuple[tuple[str, str], ...] = ()
    needs: tuple[tuple[str, str], ...] = ()
    expects: tuple[str, ...] = ()
    optional: bool = False
    visit: Callable[[Project, Source], Iterable[Finding]] | None = None
    words: bytes = b""
    where: Where = Where.INDEXED
    suspects: Callable[[bytes], object] | None = None
    alone: bool = False
    python: str = ""
    about: str = ""
    mark: str = ""
    gives_loop: bool = False

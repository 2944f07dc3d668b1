"""What a rule is: the code that looks, and its data."""

import enum
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.findings import Finding, Severity, Tier

if TYPE_CHECKING:
    from async_test_template.project import Project
    from async_test_template.source.source import Source


class Where(enum.Enum):
    """Which files hold what a rule looks for.

    INDEXED: the files that the index of fixtures and tests has anyway. TESTS: also files of the
    tests without anything async in them. CLIENTS: also those, and other files that mention a client
    of httpx, Starlette or aiohttp. EVERYWHERE: any Python file. A file counts if it contains the
    words of the rule.
    """

    INDEXED = "indexed"
    CLIENTS = "clients"
    TESTS = "tests"
    EVERYWHERE = "everywhere"


class Rule(NamedTuple):
    """One thing to look for; each rule is a module of its own.

    The text for people is on the page next to the module (`rules.head_of`).

    Attributes:
        code: `AT` and three digits: 0xx what a run shows, 1xx loop scopes and modes, 2xx
            files and pytest itself, 3xx timeouts, 4xx dependencies, 5xx to 9xx Python code.
        name: the code in words.
        severity: how much a finding matters; the page has the reason.
        tier: the furthest that a fix of this rule goes.
        check: reads a project and tells its findings, None where `visit` does, or a run of
            the tests; neither function touches the disk.
        only_with: facts of which one must hold for `check` to find anything; without it, the
            rule is not even imported. See `rules.facts`.
        needs: lowest versions, by package, with which the fix keeps the meaning. If the declared
            versions include an older one, the fix of an error in code excludes that one too, as far
            as only the tests need the package. Other rules only report then, and a warning is
            advice, because the older one knows nothing else. If all versions are older, the rule is
            silent. If nothing is declared, the newest is installed; then a fix of something that
            only warns is unsafe, as nothing is broken yet.
        expects: the names of the errors and warnings that the code causes in some version. If a
            test expects one of them, it is intended, and there is no finding.
        optional: off unless `--select` names it: a matter of taste.
        visit: reads one Python file of a project; it is called for the files in which `words`
            is found.
        words: a regular expression on the bytes of a file. Alternatives without brackets around
            them are found far faster, each by its words.
        where: which files it looks at; together, the selected rules decide which files are
            parsed.
        suspects: decides from the bytes of a file with the words, which nothing else needs to
            parse, whether it is worth parsing; None if the words are enough.
        anywhere: words like those, of which one must be in some Python file of the repository, for
            the rule to find something in another.
        spots: yields from a parsed file what `visit` looks at more closely, as far as that needs
            no other file; None if the words are enough. Without any, the file is not kept or parsed
            again for `visit`, which is called when all files are known. Worth it for words that
            many files hold; a rule that is `alone` needs none.
        alone: `visit` needs no other Python file, only the configuration, and finds the content of
            the file in `source.module`. It can run in another process, and its result is kept as
            long as the file stays the same.
        python: the Pythons for which the rule is true, as a specifier; empty for all. The rule
            is silent if the project supports none of them, or if none of them runs the code.
        about: the plugin or library that the rule is about, as a package's name; empty for pytest
            and Python themselves. The rule is silent if the repository does not use it, or is that
            package, and has no fix if only a mark mentions it.
        warning: the text of the warning that shows the problem, as far as it is always the same.
            The rule is silent if the settings ignore that very text: somebody has decided.
        libraries: the libraries that it is about, if they are no plugins. The rule is silent in
            their own repositories, which try on purpose what others should no longer use.
        beside: packages that the repository must depend on; otherwise the rule is silent.
        broken_since: the release, by package, that broke or deprecated what the rule finds. If
            the declared versions are all older, nothing is broken yet: the finding is advice.
        follows: the rules whose finding is the cause of this one, if one of the two is in the
            settings. It is then told with the cause: one thing has to be mended.
        mark: the mark that a fix removes or rewrites. There is no fix if code of the repository
            reads that mark. `*` stands for all marks of fixtures.
        gives_loop: the mark that a fix removes sets up a loop, in an older pytest-asyncio, for
            code that asks for the current one.

    """

    code: str
    name: str
    tier: Tier
    severity: Severity
    check: Callable[["Project"], Iterable[Finding]] | None = None
    only_with: tuple[str, ...] = ()
    needs: tuple[tuple[str, str], ...] = ()
    expects: tuple[str, ...] = ()
    optional: bool = False
    visit: Callable[["Project", "Source"], Iterable[Finding]] | None = None
    words: bytes = b""
    where: Where = Where.INDEXED
    suspects: Callable[[bytes], object] | None = None
    anywhere: bytes = b""
    spots: Callable[["Source"], Iterable[object]] | None = None
    alone: bool = False
    python: str = ""
    about: str = ""
    warning: str = ""
    libraries: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    broken_since: tuple[tuple[str, str], ...] = ()
    follows: tuple[str, ...] = ()
    mark: str = ""
    gives_loop: bool = False

"""AT408: packages that imitate a library, and do not know its newest releases."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from async_test_template.dependencies import bounds
from async_test_template.dependencies.declaration import Declaration
from async_test_template.dependencies.model import Dependencies
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.project import Project
from async_test_template.rules.facts import CODE
from async_test_template.rules.rule import Rule


class Mock(NamedTuple):
    """A package that imitates a library.

    Attributes:
        other: the library, and the release that made the mock fail.
        fixed: the first release of the mock that works with it.
        message: what happens.
        used: what tests mention that use it, as a regular expression.
        passed: a word of code that gives the library what it lacks, or nothing.
        is_out: whether the first release that works exists.
        brings: it installs the newest release of the library by itself.

    """

    other: tuple[str, str]
    fixed: str
    message: str
    used: bytes
    passed: bytes = b""
    is_out: bool = True
    brings: bool = False


MOCKS = {
    "aioresponses": Mock(
        ("aiohttp", "3.14"),
        # 0.7.9 is the newest (2026-11), and does not work.
        "0.7.10",
        "every request that aioresponses answers fails with aiohttp 3.14 and later",
        rb"\baioresponses\b",
        rb"stream_writer",
        is_out=False,
        brings=True,
    ),
    "aresponses": Mock(
        ("pytest-asyncio", "1.0"),
        "3.0",
        "an aresponses before 3.0 asks for event_loop, which pytest-asyncio 1.0 removed",
        rb"\baresponses\b",
    ),
    "respx": Mock(
        ("httpx", "0.28"),
        "0.22",
        "a respx before 0.22 matches no request of httpx 0.28 and later",
        rb"\brespx",
    ),
    "vcrpy": Mock(
        ("aiohttp", "3.14"),
        "8.2",
        "no cassette of a vcrpy before 8.2 can be used with aiohttp 3.14 and later",
        rb"\bvcr\b",
    ),
}
#: These install one exact release of each library.
_PINNING = ("homeassistant", "pytest-homeassistant-custom-component")


def _check(project: Project) -> Iterator[Finding]:
    dependencies = project.dependencies
    for name, mock in MOCKS.items():
        if not (_is_reached(dependencies, mock) and _is_behind(project, name, mock)):
            continue
        used = next((file for file, _ in project.reader.mentioning(re.compile(mock.used))), None)
        if used is None or _is_mended(project, mock):
            continue
        edits = dependencies.raised(name, mock.fixed) if mock.is_out else ()
        places = [(d.file, d.line, d.column) for d in dependencies.written(name)]
        for place in places or [(used, 1, 1)]:
            yield Finding(
                RULE.code,
                mock.message,
                *place,
                tier=Tier.UNSAFE,
                edits=edits,
                hint=_hint(name, mock),
            )


def _is_reached(dependencies: Dependencies, mock: Mock) -> bool:
    """Tell whether an installation gets a release of the library that made mocks fail."""
    other = mock.other
    if dependencies.locks_of(other[0]):
        return dependencies.may_reach(*other)
    return (
        (mock.brings or dependencies.has(other[0]))
        and dependencies.may_reach(*other)
        and not dependencies.stays_below(*other)
        and not dependencies.kept_by_conda(*other)
        and not any(map(dependencies.has, _PINNING))
    )


def _is_behind(project: Project, name: str, mock: Mock) -> bool:
    """Tell whether an installation gets a release of the mock that does not work."""
    dependencies = project.dependencies
    declared = dependencies.of(name)
    locked = dependencies.locks_of(name)
    if locked:
        is_behind = not any(bounds.at_least(bounds.release(held), mock.fixed) for held in locked)
    elif not declared:
        is_behind = False
    elif mock.is_out:
        is_behind = dependencies.stays_below(name, mock.fixed)
    else:
        is_behind = not dependencies.at_least(name, mock.fixed)
    return is_behind and not _is_from_elsewhere(project, name, declared)


def _is_from_elsewhere(project: Project, name: str, declared: Iterable[Declaration]) -> bool:
    """Tell whether a package comes from a place where it may have been mended."""
    elsewhere = re.compile(rb"\b" + name.encode() + rb"\b[^\n]*(?:git\b|://|path\s*=)")
    files = {"pyproject.toml", *(declaration.file for declaration in declared)}
    return any(elsewhere.search(project.tree.read(file) or b"") for file in files)


def _is_mended(project: Project, mock: Mock) -> bool:
    """Tell whether code of the repository gives the library what the mock does not."""
    if not mock.passed:
        return False
    return any(True for _ in project.reader.mentioning(re.compile(mock.passed)))


def _hint(name: str, mock: Mock) -> str:
    library, version = mock.other
    if mock.is_out:
        return f"require {name} >= {mock.fixed}"
    return f"require {library} < {version}, or test with a real server (aiohttp_server)"


RULE = Rule(
    code="AT408",
    name="mock-outgrown",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    check=_check,
    only_with=(CODE,),
    libraries=("aioresponses", "aresponses", "respx", "vcrpy"),
)

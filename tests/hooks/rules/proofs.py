"""The parts of a proof of a rule: a tiny suite, and its result with real pytest."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from async_test_template.cli import main
from async_test_template.desired import Desired
from async_test_template.findings import Tier
from async_test_template.rules import load
from made_rules import make_plan

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from _pytest.mark import ParameterSet
    from environments import Environment

OK, FAILED, INTERRUPTED, INTERNAL, USAGE = range(5)
#: The current plugins, and the packages of the rules on code.
NEWEST = (
    "anyio>=4.12",
    "async-timeout==5.*",
    "httpx==0.28.*",
    "pytest-aiohttp==1.1.*",
    "pytest-asyncio==1.5.*",
    "pytest-timeout==2.4.*",
    "pytest==9.2.*",
    "starlette==1.*",
    "trio==0.*",
    "uvloop==0.*",
    "websockets>=14",
)
#: A requirements file that stands for whatever a repository declares.
REQUIREMENTS = "requirements.txt"


@dataclass(frozen=True)
class Case:
    """A suite, and what pytest says of it before and after the fix of one rule.

    Attributes:
        code: the rule's.
        files: the suite.
        before: pytest's exit status with the newest plugins, before the fix.
        after: and after it.
        arguments: for pytest, to make visible what is only a warning.
        flags: for `migrate`; `--unsafe` is among them where the rule has unsafe fixes, unless
            `unsafe` says otherwise.
        unsafe: whether the fix that is shown is unsafe; the rule's tier by default.
        says: what pytest prints after the fix and not before, where the exit status says too
            little.
        declared: pytest runs with the oldest versions that the suite declares, before and after,
            for rules that change what it declares.

    """

    code: str
    files: Mapping[str, str]
    before: int = FAILED
    after: int = OK
    arguments: list[str] = field(default_factory=list)
    flags: tuple[str, ...] = ()
    unsafe: bool | None = None
    says: str = ""
    declared: bool = False

    @property
    def is_unsafe(self) -> bool:
        """Whether the fix needs `--unsafe`."""
        return load(self.code).tier is Tier.UNSAFE if self.unsafe is None else self.unsafe

    @property
    def shows_a_difference(self) -> bool:
        """Whether pytest says something else after the fix."""
        return self.before != self.after or bool(self.says)


def parameters(cases: Sequence[Case]) -> list[ParameterSet]:
    """Return each case as a parameter; the gate takes one of each kind.

    A kind is whether the fix is safe, and what pytest says before it and after it; and once the
    packages are those that a suite declares. What a fix makes of a file is tested for all rules by
    the examples on their pages.
    """
    few: dict[tuple[object, ...], int] = {}
    for number, case in sorted(enumerate(cases), key=lambda one: one[1].declared):
        few.setdefault((case.is_unsafe, case.before, case.after), number)
        few.setdefault((case.declared,), number)
    return [
        pytest.param(
            case,
            id=f"{case.code}-{number}",
            marks=() if number in few.values() else pytest.mark.full,
        )
        for number, case in enumerate(cases)
    ]


def prove(case: Case, root: Path, environment_of: Callable[..., Environment]) -> None:
    """Run a suite before and after the fix, and require what the case says."""
    lay_out(root, case.files)

    def run() -> subprocess.CompletedProcess[str]:
        oldest = ("--resolution", "lowest-direct", *declared(root)) if case.declared else ()
        environment = environment_of(*(oldest or NEWEST))
        return environment.pytest(root, *without_others(case.files), *case.arguments)

    first = run()
    assert first.returncode == case.before, first.stdout
    assert not case.says or case.says not in first.stdout
    migrate(root, case.code, *case.flags, unsafe=case.is_unsafe)
    second = run()
    assert second.returncode == case.after, second.stdout
    assert case.says in second.stdout
    assert main(["check", str(root), "--select", case.code, *case.flags]) == 0


def without_others(files: Mapping[str, str]) -> list[str]:
    """Return options of pytest by which it does not import the plugins that a suite is not about.

    They take half of the time that it needs to start, and pytest-aiohttp changes the meaning of
    asyncio modes.
    """
    others = (name for name in ("aiohttp", "anyio") if not any(name in t for t in files.values()))
    return [part for name in others for part in ("-p", f"no:{name}")]


def declared(root: Path) -> list[str]:
    """Return the requirements of a suite, for itself and its tests."""
    if (root / REQUIREMENTS).exists():
        return (root / REQUIREMENTS).read_text().splitlines()
    document = tomllib.loads((root / "pyproject.toml").read_text())
    return [*document["project"]["dependencies"], *document["dependency-groups"]["test"]]


def lay_out(root: Path, files: Mapping[str, str]) -> None:
    """Write a suite."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def finds(root: Path, code: str) -> bool:
    """Tell whether one rule finds something, including advice."""
    return bool(make_plan(root, Desired(), [load(code)], frozenset()).left)


def migrate(root: Path, code: str, *flags: str, unsafe: bool) -> None:
    """Make the fixes of one rule."""
    main(["migrate", str(root), "--select", code, *flags, *(["--unsafe"] if unsafe else [])])

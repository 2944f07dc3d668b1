"""AT402: a pytest that is kept back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.dependencies import bounds
from async_test_template.findings import Example, Finding, Rule, Tier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


_NEEDED = "8.4"
_CURRENT = (9,)
_NEEDS_PYTHON = (3, 10)
_NEEDED_NEEDS_PYTHON = (3, 9)


def _check(project: Project) -> Iterator[Finding]:
    for declaration in project.dependencies.of("pytest"):
        specifier = declaration.specifier
        if declaration.home.compiled_by or bounds.reaches(specifier, _CURRENT):
            continue
        if not project.uses_asyncio_plugin:
            continue
        edit = None
        hint = declaration.fixed or declaration.home.why_not or "pytest 9 is out"
        if not bounds.reaches(specifier, bounds.release(_NEEDED)):
            edit = declaration.require(bounds.raised(specifier, _NEEDED))
        floor = project.dependencies.python_floor
        if floor is not None and floor < _NEEDS_PYTHON:
            hint = "pytest 9 needs Python 3.10; raise requires-python first"
            edit = edit if floor >= _NEEDED_NEEDS_PYTHON else None
        yield Finding(
            RULE.code,
            f"{declaration.text} ({declaration.home.label}) keeps pytest below 9",
            declaration.file,
            declaration.line,
            declaration.column,
            tier=Tier.UNSAFE if edit else Tier.REPORT,
            edits=(edit,) if edit else (),
            hint="" if edit else hint,
        )


RULE = Rule(
    code="AT402",
    name="pytest-capped",
    title="pytest is kept at an old version",
    why=(
        "pytest-asyncio 1.5 needs pytest 8.4, and only since 8.4 does an async test that nothing "
        "runs fail instead of being skipped."
    ),
    since="pytest 8.4",
    tier=Tier.UNSAFE,
    check=_check,
    invalid=(
        Example(
            before={
                "pyproject.toml": (
                    '[project]\nrequires-python = ">=3.9"\n\n'
                    "[dependency-groups]\ntest = ['pytest-asyncio', 'pytest ~=7.4']\n"
                )
            },
            after={
                "pyproject.toml": (
                    '[project]\nrequires-python = ">=3.9"\n\n'
                    "[dependency-groups]\ntest = ['pytest-asyncio', 'pytest >=8.4']\n"
                )
            },
            tier=Tier.UNSAFE,
        ),
        Example(
            before={"requirements-test.in": "-r base.in\npytest <8\npytest-asyncio\n"},
            after={"requirements-test.in": "-r base.in\npytest >=8.4\npytest-asyncio\n"},
            tier=Tier.UNSAFE,
        ),
        Example(before={"requirements.txt": "pytest<9\npytest-asyncio\n"}),
    ),
    valid=(
        {"requirements.txt": "pytest<10\npytest-asyncio\n"},
        {"requirements.txt": "pytest<8\n"},
    ),
)

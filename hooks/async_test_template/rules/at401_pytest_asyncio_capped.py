"""AT401: a pytest-asyncio that is kept back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.dependencies import bounds
from async_test_template.findings import Example, Finding, Rule, Tier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


_TARGET = "1.5"
_NEEDS_PYTHON = (3, 10)
#: For projects that support Python 3.9: the last release that does.
_TARGET_39 = "1.2"


def _check(project: Project) -> Iterator[Finding]:
    floor = project.dependencies.python_floor
    target = _TARGET if floor is None or floor >= _NEEDS_PYTHON else _TARGET_39
    for declaration in project.dependencies.of("pytest-asyncio"):
        if declaration.home.compiled_by or bounds.reaches(
            declaration.specifier, bounds.release(target)
        ):
            continue
        edit = declaration.require(bounds.raised(declaration.specifier, target))
        hint = declaration.fixed or declaration.home.why_not
        if floor is not None and floor < (3, 9):
            edit, hint = None, "pytest-asyncio 1.5 needs Python 3.10; raise requires-python first"
        yield Finding(
            RULE.code,
            f"{declaration.text} ({declaration.home.label}) keeps pytest-asyncio below {target}",
            declaration.file,
            declaration.line,
            declaration.column,
            tier=Tier.UNSAFE if edit else Tier.REPORT,
            edits=(edit,) if edit else (),
            hint="" if edit else hint,
        )


RULE = Rule(
    code="AT401",
    name="pytest-asyncio-capped",
    title="pytest-asyncio is kept at an old version",
    why=(
        "The loop scopes that these rules speak of grew between 0.23 and 1.5; only 1.5 has "
        "fixture-scope, which keeps what a suite without the setting does. It needs pytest 8.4 and "
        "Python 3.10."
    ),
    since="pytest-asyncio 1.5",
    tier=Tier.UNSAFE,
    check=_check,
    invalid=(
        Example(
            before={
                "pyproject.toml": (
                    '[project]\nrequires-python = ">=3.9"\n\n'
                    "[dependency-groups]\ntest = ['pytest', 'pytest-asyncio ~=0.21']\n"
                )
            },
            after={
                "pyproject.toml": (
                    '[project]\nrequires-python = ">=3.9"\n\n'
                    "[dependency-groups]\ntest = ['pytest', 'pytest-asyncio >=1.2']\n"
                )
            },
            tier=Tier.UNSAFE,
        ),
        Example(
            before={
                "pyproject.toml": (
                    "[project]\ndependencies = []\n\n[project.optional-dependencies]\n"
                    "test = [\n    'pytest',\n"
                    "    'pytest-asyncio[docs] ~=0.21 ; python_version > \"3.9\"',  # loops\n]\n"
                )
            },
            after={
                "pyproject.toml": (
                    "[project]\ndependencies = []\n\n[project.optional-dependencies]\n"
                    "test = [\n    'pytest',\n"
                    "    'pytest-asyncio[docs] >=1.5 ; python_version > \"3.9\"',  # loops\n]\n"
                )
            },
            tier=Tier.UNSAFE,
        ),
        Example(
            before={
                "pyproject.toml": (
                    '[tool.poetry.group.dev.dependencies]\npytest-asyncio = "^0.25"\n'
                )
            },
            after={
                "pyproject.toml": (
                    '[tool.poetry.group.dev.dependencies]\npytest-asyncio = ">=1.5"\n'
                )
            },
            tier=Tier.UNSAFE,
        ),
        Example(
            before={
                "tox.ini": (
                    "[testenv]\ndeps =\n    pytest\n    py{310,311}: pytest-asyncio==0.11.0\n"
                )
            },
            after={
                "tox.ini": ("[testenv]\ndeps =\n    pytest\n    py{310,311}: pytest-asyncio>=1.5\n")
            },
            tier=Tier.UNSAFE,
        ),
        Example(
            before={
                "pyproject.toml": (
                    "[tool.poetry.dev-dependencies]\npytest-asyncio = [\n"
                    '  { version = "^0.21", python = "<3.12" },\n'
                    '  { version = ">=1.5", python = ">=3.12" },\n]\n'
                )
            }
        ),
        Example(
            before={
                "pyproject.toml": '[project]\nrequires-python = ">=3.8"\n',
                "requirements-dev.txt": "pytest-asyncio<0.22  # until 3.8 goes\n",
            }
        ),
    ),
    valid=(
        {"requirements.txt": "pytest-asyncio\n"},
        {"requirements.txt": "pytest-asyncio>=0.21\n"},
        {"requirements.txt": "pytest-asyncio==1.6.0\n"},
        {"requirements.txt": "pytest-asyncio<0.22; python_version < '3.8'\n"},
        {"tox.ini": "[testenv]\ndeps =\n    py38: pytest-asyncio<0.25\n    pytest\n"},
        {
            "requirements.txt": (
                "# This file was autogenerated by uv via the following command:\n"
                "#    uv pip compile requirements.in -o requirements.txt\n"
                "pytest-asyncio==0.21.1\n"
            )
        },
    ),
)

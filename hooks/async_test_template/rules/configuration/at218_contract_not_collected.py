"""AT218: the template's tests, which pytest does not collect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Tier
from async_test_template.rules.guard import contract_of, obstacles
from async_test_template.rules.rule import Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    contract = contract_of(project)
    if contract is None:
        return
    for obstacle in obstacles(project, contract):
        yield project.settings.finding(
            RULE.code,
            f"{obstacle.sentence}, so the tests of the configuration never run",
            obstacle.setting,
            tier=Tier.SAFE if obstacle.edits else Tier.REPORT,
            edits=obstacle.edits,
            hint="" if obstacle.edits else f"change {obstacle.setting}, or move the file",
        )


_CONTRACT = (
    '"""The contract of the pytest configuration: when half of it changes, it fails first."""\n\n\n'
    "async def test_async_tests_are_awaited():\n    pass\n"
)

RULE = Rule(
    code="AT218",
    name="contract-not-collected",
    title="pytest does not collect the template's tests",
    why=(
        "test_event_loop.py fails when half of the configuration changes. Where pytest never "
        "collects it, nothing tells. The fix adds that one file and no other."
    ),
    since="this project",
    tier=Tier.SAFE,
    check=_check,
    invalid=(
        Example(
            before={
                "pytest.ini": "[pytest]\nasyncio_mode = auto\ntestpaths = shop\n",
                "shop/test_a.py": "def test_a():\n    pass\n",
                "tests/test_event_loop.py": _CONTRACT,
            },
            after={
                "pytest.ini": (
                    "[pytest]\nasyncio_mode = auto\ntestpaths = shop tests/test_event_loop.py\n"
                )
            },
            tier=Tier.SAFE,
        ),
        Example(
            before={
                "pyproject.toml": '[tool.pytest.ini_options]\npython_files = ["check_*.py"]\n',
                "tests/test_event_loop.py": _CONTRACT,
            },
            after={
                "pyproject.toml": (
                    "[tool.pytest.ini_options]\n"
                    'python_files = ["check_*.py", "test_event_loop.py"]\n'
                )
            },
            tier=Tier.SAFE,
        ),
        Example(
            before={
                "pytest.ini": "[pytest]\nnorecursedirs = tests\n",
                "tests/test_event_loop.py": _CONTRACT,
            }
        ),
        Example(
            before={
                "pytest.ini": "[pytest]\naddopts = --ignore=tests\n",
                "tests/test_event_loop.py": _CONTRACT,
            }
        ),
        Example(
            before={
                "pytest.ini": "[pytest]\npython_functions = check_*\n",
                "tests/test_event_loop.py": _CONTRACT,
            }
        ),
    ),
    valid=(
        {"pytest.ini": "[pytest]\ntestpaths = tests\n", "tests/test_event_loop.py": _CONTRACT},
        {"pytest.ini": "[pytest]\ntestpaths = te*\n", "tests/test_event_loop.py": _CONTRACT},
        {"pytest.ini": "[pytest]\ntestpaths = gone\n", "tests/test_event_loop.py": _CONTRACT},
        {
            "pytest.ini": (
                "[pytest]\npython_files = check.py\ntestpaths = tests/test_event_loop.py\n"
            ),
            "tests/test_event_loop.py": _CONTRACT,
        },
        {
            "pytest.ini": "[pytest]\ntestpaths = shop\n",
            "shop/test_a.py": "def test_a():\n    pass\n",
            "tests/test_event_loop.py": "def test_mine():\n    pass\n",
        },
    ),
)

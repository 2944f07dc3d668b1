"""AT305: an empty timeout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Tier
from async_test_template.rules.rule import Example, Rule
from async_test_template.rules.timeouts._timeouts import is_of_plugin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    value = settings.text_of("timeout")
    if value is not None and not value.strip() and is_of_plugin(project):
        yield settings.finding(
            RULE.code,
            "timeout is empty",
            "timeout",
            tier=Tier.SAFE,
            edits=(settings.delete("timeout"),),
        )


RULE = Rule(
    code="AT305",
    name="timeout-empty",
    title="The timeout is empty",
    why="pytest-timeout 2.5 makes it a usage error, exit status 4; 2.4 has no timeout then.",
    since="pytest-timeout 2.5",
    tier=Tier.SAFE,
    check=_check,
    invalid=(
        Example(
            before={"pytest.ini": "[pytest]\naddopts = -ra\ntimeout =\n"},
            after={"pytest.ini": "[pytest]\naddopts = -ra\n"},
            tier=Tier.SAFE,
        ),
    ),
    valid=(
        {"pytest.ini": "[pytest]\ntimeout = 0\n"},
        # Without pytest-timeout the name is one of the repository's own.
        {"pytest.ini": "[pytest]\naddopts = -p no:timeout\ntimeout =\n"},
        {
            "pytest.ini": "[pytest]\ntimeout =\n",
            "conftest.py": 'def pytest_addoption(parser):\n    parser.addini("timeout", "")\n',
        },
    ),
)

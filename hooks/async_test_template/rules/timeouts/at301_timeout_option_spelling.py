"""AT301: `--timeout_method`."""

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
    option = settings.option("--timeout_method")
    if option is None or not is_of_plugin(project):
        return
    edit = settings.replace_option(option, option.text.replace("_", "-", 1))
    yield settings.finding(
        RULE.code,
        "--timeout_method is the old spelling of --timeout-method",
        "addopts",
        tier=Tier.SAFE if edit else Tier.REPORT,
        edits=(edit,) if edit else (),
    )


RULE = Rule(
    code="AT301",
    name="timeout-option-spelling",
    title="`--timeout_method` is spelt in the old way",
    why="pytest-timeout calls the option deprecated in its help.",
    since="pytest-timeout 0.5",
    tier=Tier.SAFE,
    check=_check,
    invalid=(
        Example(
            before={"pytest.ini": "[pytest]\naddopts = --timeout=5 --timeout_method=signal\n"},
            after={"pytest.ini": "[pytest]\naddopts = --timeout=5 --timeout-method=signal\n"},
            tier=Tier.SAFE,
        ),
    ),
    valid=(
        {"pytest.ini": "[pytest]\naddopts = --timeout-method=signal\n"},
        # Without pytest-timeout the name is one of the repository's own.
        {"pytest.ini": "[pytest]\naddopts = -p no:timeout --timeout_method=signal\n"},
        {
            "pytest.ini": "[pytest]\naddopts = --timeout_method=signal\n",
            "conftest.py": (
                "def pytest_addoption(parser):\n    parser.addoption('--timeout_method')\n"
            ),
        },
    ),
)

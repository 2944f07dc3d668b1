"""AT221: a table of pyproject.toml with settings for tests, which nothing reads by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from async_test_template.config.toml.read import table_at
from async_test_template.findings import Change, Finding, Severity, Tier
from async_test_template.rules.by_hand import comes_into_force
from async_test_template.rules.facts import MISNAMED
from async_test_template.rules.rule import Rule
from async_test_template.rules.which_loop import FIXTURE_SCOPE, MODE, TEST_SCOPE
from async_test_template.settings import is_misspelt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from async_test_template.project import Project
    from async_test_template.settings import Settings

_FILE = "pyproject.toml"
#: pytest-asyncio reads its settings where pytest has its own.
_OF_PLUGIN = ("pytest-asyncio", "pytest_asyncio")
_SETTINGS = frozenset({MODE, FIXTURE_SCOPE, TEST_SCOPE, "asyncio_debug"})
_RIGHT = "ini_options"


def _check(project: Project) -> Iterator[Finding]:
    document = project.tree.toml(_FILE)
    for name in _OF_PLUGIN:
        table = table_at(document, "tool", name)
        if lost := _lost(project.settings, table):
            message = f"nothing reads [tool.{name}], so {', '.join(lost)} is not set"
            edits = project.settings.set_all(lost)
            if edits is not None and not any(comes_into_force(project, each) for each in lost):
                known = {_whole(key) for key in table} <= _SETTINGS
                edits += (Change(_FILE, "delete", ("tool", name)),) if known else ()
            else:
                edits = ()
            hint = "move its settings into the table of pytest, [tool.pytest.ini_options]"
            yield _finding(project, ("tool", name), message, edits, hint)
    pytest = table_at(document, "tool", "pytest")
    for name, table in pytest.items():
        if isinstance(table, dict) and is_misspelt(name):
            # Other settings would choose what runs, or make it stricter.
            is_harmless = table.keys() <= _SETTINGS and _RIGHT not in pytest
            path = ("tool", "pytest", name)
            edits = (Change(_FILE, "rename", path, _RIGHT),) if is_harmless else ()
            message = f"nothing reads [tool.pytest.{name}]; the name is {_RIGHT}"
            hint = "after renaming, its settings take effect: look what they change"
            yield _finding(project, path, message, edits, hint)


def _lost(settings: Settings, table: Mapping[str, Any]) -> dict[str, str]:
    """Return the settings of the plugin in a table that differ from those in force."""
    meant = {_whole(key): str(value) for key, value in table.items()}
    return {
        name: value
        for name, value in meant.items()
        if name in _SETTINGS
        and value != settings.effective(name)
        and (name, value) != (MODE, "strict")
    }


def _whole(key: str) -> str:
    return key if key.startswith("asyncio_") else f"asyncio_{key}"


def _finding(
    project: Project, path: tuple[str, ...], message: str, edits: tuple[Change, ...], hint: str
) -> Finding:
    from async_test_template.config.toml import edits as toml

    line, column = toml.locate(project.tree.text(_FILE) or "", path)
    tier = Tier.UNSAFE if edits else Tier.REPORT
    return Finding(RULE.code, message, _FILE, line, column, tier, edits, "" if edits else hint)


RULE = Rule(
    code="AT221",
    name="table-misnamed",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    check=_check,
    only_with=(MISNAMED,),
)

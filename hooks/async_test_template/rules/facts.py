"""What is true of a project, as far as it decides which rules on settings can find anything.

Importing such a rule takes longer than running it. A fact is a text, and a rule names the beginning
of those that it needs (`Rule.only_with`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project

#: There may be Python files.
CODE = "code"
#: Flags ask for values.
ASKED = "asked"
#: The template has answers.
ANSWERED = "answered"
#: There is configuration that pytest ignores.
SHADOWED = "shadowed"
#: A table of pyproject.toml has nearly the name of one for tests.
MISNAMED = "misnamed"
_MISNAMED_TABLES = (
    b"[tool.pytest-asyncio]",
    b"[tool.pytest_asyncio]",
    b"[tool.pytest.ini-option",
    b"[tool.pytest.inioption",
    b"[tool.pytest.ini_option]",
)


def facts_of(project: Project) -> Iterator[str]:
    """Yield each fact.

    Besides those above: how a file holds configuration, in force or not, or why pytest refuses it
    (`config.in_force`); each setting in force as `name=value` in lower case, without a value
    if it is no text or number; each word of `addopts`.

    Raises:
        UserError: a file cannot be read.

    """
    if project.may_hold_code:
        yield CODE
    if project.desired.insisted:
        yield ASKED
    if project.desired.backend is not None:
        yield ANSWERED
    yield from _of_files(project)
    settings = project.settings
    for name in settings.options:
        yield f"{name}={(settings.text_of(name) or '').strip().lower()}"
    for name, value in settings.overrides.items():
        yield f"{name}={value.strip().lower()}"
    for option in settings.addopts:
        yield option.text


def _of_files(project: Project) -> Iterator[str]:
    in_force = project.in_force
    if in_force.shadowed:
        yield SHADOWED
    data = project.tree.read("pyproject.toml") or b""
    if any(table in data for table in _MISNAMED_TABLES):
        yield MISNAMED
    for configuration in (in_force.configuration, *in_force.shadowed):
        if configuration is not None:
            yield configuration.holder or ""
            yield configuration.refusal or ""

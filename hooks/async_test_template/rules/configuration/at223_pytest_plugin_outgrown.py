"""AT223: plugins of pytest that stop a newer one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.dependencies.model import Dependencies
    from async_test_template.project import Project


class Plugin(NamedTuple):
    """A plugin that a release of pytest outgrew.

    Attributes:
        broken: the first pytest that stops over it.
        fixed: its first release that works with that, empty where there is none.

    """

    broken: str
    fixed: str


# pytest 7.2 does not install `py`, and 9.1 gives hooks no `path`. Each was tried with pytest 9.2.
_WITHOUT_PY, _WITHOUT_PATH = "7.2", "9.1"
_PLUGINS = {
    "pytest-alembic": Plugin("9.0", "0.11"),
    "pytest-benchmark": Plugin(_WITHOUT_PY, "4.0"),
    "pytest-black": Plugin(_WITHOUT_PATH, ""),
    "pytest-cases": Plugin("9.2", ""),
    "pytest-flake8": Plugin(_WITHOUT_PATH, ""),
    "pytest-html": Plugin(_WITHOUT_PY, "3.2"),
    "pytest-icdiff": Plugin(_WITHOUT_PY, "0.6"),
    "pytest-isort": Plugin(_WITHOUT_PATH, "4.0"),
    "pytest-lazy-fixture": Plugin("8.0", ""),
    "pytest-mypy": Plugin(_WITHOUT_PATH, "0.9.1"),
    "pytest-rerunfailures": Plugin("7.0", "9.1.1"),
}


def _check(project: Project) -> Iterator[Finding]:
    dependencies = project.dependencies
    for name, plugin in _PLUGINS.items():
        declared = dependencies.written(name)
        if not declared or not _is_broken(dependencies, name, plugin):
            continue
        newer = f"pytest {plugin.broken} and later"
        if plugin.fixed:
            message = f"{newer} cannot load {name} before {plugin.fixed}"
            hint, edits = (
                f"require {name} >= {plugin.fixed}",
                dependencies.raised(name, plugin.fixed),
            )
        else:
            message = f"{newer} cannot run with {name}"
            hint, edits = f"remove {name}, or require pytest < {plugin.broken}", ()
        place = declared[0].file, declared[0].line, declared[0].column
        yield Finding(RULE.code, message, *place, tier=Tier.UNSAFE, edits=edits, hint=hint)


def _is_broken(dependencies: Dependencies, name: str, plugin: Plugin) -> bool:
    """Tell whether a release of the plugin is installed with a pytest that stops over it."""
    if plugin.broken == _WITHOUT_PY and dependencies.of("py"):
        return False
    return (
        (not plugin.fixed or dependencies.stays_below(name, plugin.fixed))
        and dependencies.may_reach("pytest", plugin.broken)
        and not dependencies.stays_below("pytest", plugin.broken)
    )


RULE = Rule(
    code="AT223",
    name="pytest-plugin-outgrown",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    check=_check,
    libraries=tuple(_PLUGINS),
)

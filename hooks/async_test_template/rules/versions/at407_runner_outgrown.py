"""AT407: packages for async tests that no longer work with what an installation gets."""

from collections.abc import Iterator
from typing import NamedTuple

from async_test_template.dependencies import bounds
from async_test_template.dependencies.declaration import Declaration
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.project import Project
from async_test_template.rules.rule import Rule


class _Plugin(NamedTuple):
    """A plugin that gets no more releases.

    Attributes:
        other: the package that it does not work with, and since which version.
        message: what happens.
        hint: what to use.
        severity: how much it matters.
        fixtures: names of fixtures that only it has.
        others: names of fixtures that other packages have, too.

    """

    other: tuple[str, str]
    message: str
    hint: str
    severity: Severity = Severity.ERROR
    fixtures: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()


_TORNADO = "use tornado.testing.AsyncHTTPTestCase with tornado.testing.gen_test"
_PLUGINS = {
    "pytest-sanic": _Plugin(
        ("sanic", "21.9"),
        "the clients of pytest-sanic do not work with Sanic 21.9 and later",
        "use sanic-testing: app.asgi_client in async tests, app.test_client in others",
        fixtures=frozenset({"sanic_client", "sanic_server"}),
        others=frozenset({"loop", "test_client", "test_server"}),
    ),
    "pytest-tornado": _Plugin(
        ("setuptools", "82"),
        "pytest cannot load pytest-tornado with setuptools 82 and later",
        _TORNADO,
    ),
    "pytest-tornado5": _Plugin(
        ("pytest", "6"),
        "pytest 6 and later cannot collect tests with pytest-tornado5",
        _TORNADO,
    ),
    "pytest-tornasync": _Plugin(
        ("pytest", "9"),
        "pytest-tornasync defines its hooks in a way that warns, and that pytest 10 refuses",
        _TORNADO,
        severity=Severity.WARNING,
    ),
}
#: The first tornado whose test cases pytest 8.2 can collect.
_COLLECTED = "6.4.1"


def _check(project: Project) -> Iterator[Finding]:
    dependencies = project.dependencies
    for name, plugin in _PLUGINS.items():
        if not dependencies.may_reach(*plugin.other):
            continue
        for file, line, column in _places(project, name, plugin):
            yield Finding(
                RULE.code,
                plugin.message,
                file,
                line,
                column,
                hint=plugin.hint,
                severity=plugin.severity,
            )
    if dependencies.may_reach("pytest", "8.2") and _has_cases(project):
        for declaration in dependencies.below("tornado", _COLLECTED):
            yield _tornado(declaration)


def _places(project: Project, name: str, plugin: _Plugin) -> Iterator[tuple[str, int, int]]:
    """Yield where a plugin is declared, or where the first one asks for its fixtures."""
    declared = project.dependencies.written(name)
    own = {fixture.name for fixture in project.code.fixtures}
    names = plugin.fixtures | (plugin.others if declared else frozenset())
    asking = [item for item in project.code.items if names & set(item.requests) - own]
    if plugin.fixtures and not asking:
        return  # It is installed, and no test has to do with it.
    for declaration in declared:
        yield declaration.file, declaration.line, declaration.column
    if asking and not declared:
        yield asking[0].file, asking[0].line, 1


def _has_cases(project: Project) -> bool:
    """Tell whether tests derive from the test cases of tornado."""
    return any(
        name.startswith("tornado.testing.Async") or name in {"tornado", "tornado.testing"}
        for module in project.code.modules
        for name in module.targets.values()
    )


def _tornado(declaration: Declaration) -> Finding:
    edit = declaration.require(bounds.raised(declaration.specifier, _COLLECTED))
    return Finding(
        RULE.code,
        f"{declaration.text} ({declaration.home.label}) keeps tornado below {_COLLECTED}, and "
        "pytest 8.2 and later cannot collect its test cases",
        declaration.file,
        declaration.line,
        declaration.column,
        tier=Tier.UNSAFE,
        edits=() if edit is None else (edit,),
        hint=declaration.why_not or f"require tornado >= {_COLLECTED}",
    )


RULE = Rule(
    code="AT407",
    name="runner-outgrown",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    check=_check,
)

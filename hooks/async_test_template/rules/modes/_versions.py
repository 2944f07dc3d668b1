"""Findings on settings that need a newer version than a repository declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.dependencies.compiled import LOCK_FILES
from async_test_template.findings import Finding, Severity, Tier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project


def bound_finding(
    project: Project, code: str, name: str, package: str, version: str
) -> Iterator[Finding]:
    """Yield a finding at an option when a declared bound or the lock file allows less.

    If they allow the version as well, an installation gets it: then the finding is advice. The fix
    raises the bounds; it is unsafe, because it changes what others install.
    """
    dependencies = project.dependencies
    if not dependencies.may_be_below(package, version):
        return
    edits = dependencies.raised(package, version)
    found = project.settings.finding(
        code,
        f"{name} = {project.settings.text_of(name)} needs {package} >= {version}, "
        "and the repository allows older ones",
        name,
        tier=Tier.UNSAFE,
        edits=edits,
        hint=_hint(project, package, version),
    )
    is_kept = is_kept_below(project, package, version)
    yield found if is_kept else found._replace(severity=Severity.ADVICE)


def is_kept_below(project: Project, package: str, version: str) -> bool:
    """Tell whether an installation gets an older version, by every bound or by the lock file."""
    dependencies = project.dependencies
    if dependencies.lock_of(package) is not None:
        return not dependencies.may_reach(package, version)
    return dependencies.stays_below(package, version)


def _hint(project: Project, package: str, version: str) -> str:
    """Name the command that renews the lock file, where the bounds let it get that version."""
    dependencies = project.dependencies
    for file, held in dependencies.locked.items():
        if package in held and not dependencies.stays_below(package, version):
            return f"run: {LOCK_FILES[file].format(name=package)}"
    return f"require {package} >= {version}"


def pytest_wanted(project: Project) -> str:
    """Return the lowest pytest to require: 9 if it has to read a native table.

    A project that supports an older Python requires what runs there, too.
    """
    if project.settings.holder == "native" and project.settings.options:
        return "9"
    fits = project.dependencies.fits_python
    return next((version for version in _PYTESTS if fits("pytest", version)), _PYTESTS[-1])


def plugin_wanted(project: Project) -> str:
    """Return the lowest pytest-asyncio to require."""
    return next((v for v in PLUGIN if project.dependencies.fits_python(*v)), PLUGIN[-1])[1]


#: For projects that support Python 3.9 or older: the last release that supports it.
PLUGIN = (
    ("pytest-asyncio", "1.5"),
    *(("pytest-asyncio", version) for version in ("1.2", "0.24", "0.21")),
)
#: The same of pytest. pytest-asyncio 0.24 needs 8.2, 0.21 needs 7.
_PYTESTS = ("8.4", "8.2", "7")


#: Names that `_pytest` has had for years; its other modules may change at any time.
_STEADY = frozenset(
    {
        "_pytest.capture",
        "_pytest.config",
        "_pytest.config.argparsing",
        "_pytest.fixtures",
        "_pytest.logging",
        "_pytest.main",
        "_pytest.mark",
        "_pytest.mark.structures",
        "_pytest.monkeypatch",
        "_pytest.nodes",
        "_pytest.outcomes",
        "_pytest.pytester",
        "_pytest.python",
        "_pytest.recwarn",
        "_pytest.reports",
        "_pytest.runner",
        "_pytest.terminal",
        "_pytest.tmpdir",
    }
)


def tied_to_pytest(project: Project) -> str:
    """Return which internals of pytest the tests import, which another version may not have."""
    for module in project.code.modules:
        for name in module.imports:
            if name.startswith("_pytest.") and name not in _STEADY:
                return f"{module.file} imports {name}, which may differ in a new pytest"
    return ""


def raised_with(project: Project, name: str, version: str) -> tuple[tuple[Edit, ...], str]:
    """Return the edits that raise the other package too, or a sentence that says why not."""
    dependencies = project.dependencies
    if not dependencies.of(name) or dependencies.may_reach(name, version):
        return (), ""
    tied = tied_to_pytest(project) if name == "pytest" else ""
    if tied:
        return (), tied
    target = pytest_wanted(project) if name == "pytest" else plugin_wanted(project)
    edits = dependencies.raised(name, target, with_pytest=False)
    return edits, "" if edits else f"{name} has to be {version} or later at the same time"

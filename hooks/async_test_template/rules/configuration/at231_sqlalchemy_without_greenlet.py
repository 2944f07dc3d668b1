"""AT231: SQLAlchemy's asyncio without greenlet, which 2.1 no longer installs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.configuration._sqlalchemy import (
    DRIVERS,
    as_written,
    users_of_asyncio,
)
from async_test_template.rules.facts import CODE
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.dependencies.declaration import Declaration
    from async_test_template.findings import Edit
    from async_test_template.project import Project

_BROKEN = ("sqlalchemy", "2.1")
#: sqlmodel installs SQLAlchemy.
_PACKAGES = ("sqlalchemy", "sqlmodel")
#: The extra that installs greenlet; those of the drivers ask for it.
_EXTRA = "asyncio"
#: The first greenlet with wheels for each Python that SQLAlchemy 2.1 supports.
_GREENLET = ("greenlet", "3.2.4")
#: Packages that install greenlet, or keep SQLAlchemy below 2.1.
_BRINGING = (
    *("advanced-alchemy", "dagster", "databricks-sqlalchemy", "eventlet"),
    *("fastapi-users-db-sqlalchemy", "gevent", "locust", "playwright", "prefect"),
    *("pytest-playwright", "pytest-playwright-asyncio"),
)


def _check(project: Project) -> Iterator[Finding]:
    dependencies = project.dependencies
    declared = [d for name in _PACKAGES for d in dependencies.written(name)]
    if (
        not declared
        or not dependencies.may_reach(*_BROKEN)
        or dependencies.stays_below(*_BROKEN)
        or dependencies.is_mentioned(_GREENLET[0])
        or any(map(dependencies.has, _BRINGING))
        or any(word in as_written(project, d) for d in declared for word in (_EXTRA, *DRIVERS))
    ):
        return
    # The first one, by name.
    used = min(users_of_asyncio(project), default=None)
    if used is None:
        return
    first = next((d for d in declared if not d.conditional), declared[0])
    yield Finding(
        RULE.code,
        f"SQLAlchemy 2.1 and later installs no greenlet, and {used} imports its asyncio",
        first.file,
        first.line,
        first.column,
        tier=Tier.UNSAFE,
        edits=tuple(_edits(project, first)),
        hint="require sqlalchemy[asyncio], which installs greenlet",
    )


def _edits(project: Project, declared: Declaration) -> Iterator[Edit]:
    """Yield the edit that requires greenlet beside SQLAlchemy."""
    home = declared.home
    entries = next((held for of, held in project.dependencies.lists if of == home), ())
    edit = home.add(*_GREENLET, entries)
    if edit is not None:
        yield edit


RULE = Rule(
    code="AT231",
    name="sqlalchemy-without-greenlet",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    check=_check,
    only_with=(CODE,),
    libraries=("sqlalchemy", "sqlmodel"),
)

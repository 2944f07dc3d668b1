"""What rules ask about SQLAlchemy's asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.boundaries import ASIDE, is_below
from async_test_template.config.toml.read import value_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.dependencies.declaration import Declaration
    from async_test_template.project import Project

_MODULES = ("sqlalchemy.ext.asyncio", "sqlmodel.ext.asyncio")
#: psycopg and oracledb are no proof of asyncio.
DRIVERS = ("asyncpg", "aiosqlite", "aiomysql", "asyncmy", "aioodbc")


def users_of_asyncio(project: Project) -> Iterator[str]:
    """Yield the files that import SQLAlchemy's asyncio, without examples and the like."""
    for module in project.code.modules:
        is_user = any(imported.startswith(_MODULES) for imported in module.imports)
        if is_user and not is_below(module.file, ASIDE):
            yield module.file


def as_written(project: Project, declaration: Declaration) -> str:
    """Return a dependency with its extras, which poetry has beside the version."""
    home = declaration.home
    if home.notation != "poetry":
        return declaration.text
    keys = map(str, declaration.at[: len(home.at) + 1])
    return str(value_at(project.tree.toml(home.file), *keys))

"""What rules ask about SQLAlchemy's asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.config.toml.read import value_at

if TYPE_CHECKING:
    from async_test_template.dependencies.declaration import Declaration
    from async_test_template.project import Project

MODULES = ("sqlalchemy.ext.asyncio", "sqlmodel.ext.asyncio")
#: psycopg and oracledb are no proof of asyncio.
DRIVERS = ("asyncpg", "aiosqlite", "aiomysql", "asyncmy", "aioodbc")


def as_written(project: Project, declaration: Declaration) -> str:
    """Return a dependency with its extras, which poetry has beside the version."""
    home = declaration.home
    if home.notation != "poetry":
        return declaration.text
    keys = map(str, declaration.at[: len(home.at) + 1])
    return str(value_at(project.tree.toml(home.file), *keys))

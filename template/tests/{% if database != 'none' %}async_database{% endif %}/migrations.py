"""Alembic's commands, on a database of the tests."""

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config


def alembic_config_for(url: str) -> Config:
    """Return the settings in pyproject.toml, for this database."""
    return Config(
        toml_file=Path(__file__).parents[2] / "pyproject.toml",
        # As it is now: without this, Alembic prints to what it was when Alembic was imported.
        stdout=sys.stdout,
        attributes={"url": url},
    )


def migrate(url: str) -> None:
    """Run all migrations. This starts an event loop of its own, and ends it."""
    command.upgrade(alembic_config_for(url), "head")

"""Fixtures that every test can ask for. This file is yours: no update touches it."""

from .async_guard import pytest_async_guard as load_guard

# A hook, and no list `pytest_plugins`, which is refused in a conftest.py below the root.
pytest_plugins_guard = load_guard

"""Pytest plugin: an async test that hangs, or leaves something behind, fails and says where.

pytest-timeout alone ends the event loop, not the test: its traceback stops inside the loop. This
plugin steps in shortly before it, inside the loop, and tells where every task waits and where it
was started. After a test it looks for tasks that the test started and left running, and for errors
in the background that nobody saw.

Installed, it is found by its entry point. Copied into a project, any conftest.py loads it:

    from tests.pytest_async_guard import pytest_async_guard

`plugin` holds pytest's hooks, and the settings `async_guard`, `async_guard_strict`,
`async_guard_grace` and `async_guard_allow`.
"""

from __future__ import annotations

import pytest

from . import plugin

__all__ = ["pytest_async_guard"]

NAME = "async_guard"


@pytest.hookimpl(specname="pytest_configure")
def pytest_async_guard(config: pytest.Config) -> None:
    """Load the plugin, unless it is there already or `-p no:async_guard` keeps it out.

    A hook and not a name in `pytest_plugins`, which pytest takes only from the conftest.py of the
    root.
    """
    manager = config.pluginmanager
    loaded = manager.get_plugin(NAME)
    if loaded is None:
        manager.register(plugin, NAME)
    elif not (manager.is_registered(plugin) or hasattr(loaded, "pytest_runtest_setup")):
        # A file of this name that does nothing but load the plugin.
        manager.register(plugin)

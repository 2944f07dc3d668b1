"""What may differ from test to test."""

from __future__ import annotations

import math
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import pytest

# Formatters write a tuple in `except` otherwise for Python 3.14 and later.
_NOT_A_NUMBER = (TypeError, ValueError)


class Settings(NamedTuple):
    """What may differ from test to test."""

    enabled: bool = True
    strict: bool = True
    grace: float = 0.25
    allow: tuple[str, ...] = ()

    def allows(self, *names: str) -> bool:
        """Tell whether one of the names is allowed to outlive its test."""
        return any(fnmatchcase(name, pattern) for name in names for pattern in self.allow)


def settings_of_config(config: pytest.Config) -> Settings:
    """Read the settings of the whole run.

    Raises:
        pytest.UsageError: one of them is not what it should be.

    """
    enabled, strict = _is_on(config, "async_guard"), _is_on(config, "async_guard_strict")
    grace = _seconds(config.getini("async_guard_grace"), "async_guard_grace")
    return Settings(enabled, strict, grace, tuple(config.getini("async_guard_allow")))


def _is_on(config: pytest.Config, name: str) -> bool:
    try:
        return bool(config.getini(name))
    except (ValueError, pytest.UsageError) as error:
        raise pytest.UsageError(f"{name}: {error}") from error


def _seconds(value: Any, name: str) -> float:
    try:
        seconds = float(value)
    except _NOT_A_NUMBER:
        seconds = -1.0
    if not 0 <= seconds < math.inf or isinstance(value, bool):
        raise pytest.UsageError(f"{name}: {value!r} is not a number of seconds, such as 0.25")
    return seconds


def settings_of(item: pytest.Item, settings: Settings) -> Settings:
    """Give the settings of one test: its markers overrule those of the whole run.

    Raises:
        pytest.UsageError: a marker is not written as it should be.

    """
    if not _is_marked(item):
        return settings
    for mark in reversed(list(item.iter_markers("async_guard"))):
        unknown = set(mark.kwargs) - {"allow", "grace", "strict", "enabled"}
        allow = mark.kwargs.get("allow", ())
        if mark.args or unknown or isinstance(allow, str):
            raise pytest.UsageError(
                f"{item.nodeid}: the marker async_guard takes allow=[names], grace=seconds, "
                "strict=True or False and enabled=True or False"
            )
        settings = Settings(
            bool(mark.kwargs.get("enabled", settings.enabled)),
            bool(mark.kwargs.get("strict", settings.strict)),
            _seconds(mark.kwargs.get("grace", settings.grace), f"{item.nodeid}: grace"),
            (*settings.allow, *map(str, allow)),
        )
    return settings


def _is_marked(item: pytest.Item) -> bool:
    # By hand: pytest's own search costs each test more than all else that is read of it.
    node: Any = item
    while node is not None:
        for mark in node.own_markers:
            if mark.name == "async_guard":
                return True
        node = node.parent
    return False

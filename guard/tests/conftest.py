"""Runs suites under the guard and without it, and tells how each of their tests ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from runs import Run, Runner, Started, start_suites

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def run(tmp_path: Path) -> Runner:
    """Return what runs a suite."""
    return Runner(tmp_path)


@pytest.fixture(scope="session", autouse=True)
def started(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, bool], Started]:
    """Start all runs that tests ask for at once: they wait more than they work."""
    found: dict[tuple[str, bool], Started] = {}
    for item in request.session.items:
        key = getattr(item, "callspec", None) and item.callspec.params.get("of")  # type: ignore[attr-defined]
        if key and key not in found:
            backend, is_guarded = key
            folder = tmp_path_factory.mktemp(f"{backend}-{'with' if is_guarded else 'without'}")
            found[key] = start_suites(folder, backend, is_guarded=is_guarded)
    return found


@pytest.fixture
def run_of(started: dict[tuple[str, bool], Started]) -> Callable[[tuple[str, bool]], Run]:
    """Return what waits for the run of all suites on a backend, under the guard or without it."""
    return lambda of: started[of].result()

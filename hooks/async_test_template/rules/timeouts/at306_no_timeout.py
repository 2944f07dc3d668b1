"""AT306: an async suite without a timeout."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.pytest_commands import FILES
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project

#: A synchronous test waits in them for another thread's loop, for ever if nothing comes.
_WAITING = rb"\.websocket_connect\(|\bstart_blocking_portal\("


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    wanted = project.desired.timeout
    if wanted == 0 or not _has_place(project) or _has_timeout(project):
        return
    answered = project.desired.backend is not None
    is_async = answered or project.uses_asyncio_plugin or settings.effective("anyio_mode")
    if not (is_async or _waits_for_loop(project)):
        return
    if _is_in_environment(project) or _is_added_by_hook(project):
        return
    edits: list[Edit] = []
    missing = False
    if wanted is not None and settings.can_grow:
        if settings.holder == "native":
            # No value in a native table works with every pytest-timeout (AT207).
            edits.append(settings.append_option(f"--timeout={wanted}"))
        else:
            edits.append(settings.set("timeout", wanted))
        if not project.dependencies.may_have("pytest-timeout"):
            added = project.dependencies.added("pytest-timeout", "2.4", "2.1")
            missing = not added
            edits += added
    yield settings.finding(
        RULE.code,
        "no timeout is set, so a test can hang for ever",
        tier=Tier.SAFE,
        edits=() if missing else tuple(edits),
        hint="choose --timeout SECONDS, or 0 in the answers for none",
    )


def _has_place(project: Project) -> bool:
    """Tell whether a file holds pytest's configuration, or will after AT103 (`can_grow`)."""
    settings = project.settings
    if settings.exists:
        return True
    return bool(settings.file) and settings.can_grow and any(project.code.async_tests)


def _waits_for_loop(project: Project) -> bool:
    """Tell whether synchronous tests of an ASGI application wait for its loop."""
    return any(map(project.dependencies.is_mentioned, ("starlette", "fastapi", "anyio"))) and any(
        True
        for _ in project.reader.mentioning(
            re.compile(_WAITING),
            (b"websocket_connect", b"start_blocking_portal"),
            lambda file: file.endswith("conftest.py") or project.reader.is_test_file(file),
        )
    )


def _has_timeout(project: Project) -> bool:
    settings = project.settings
    return (
        "timeout" in settings.options
        or settings.effective("timeout") is not None
        or any("--timeout" in command.text for command in project.commands)
    )


def _is_in_environment(project: Project) -> bool:
    """Tell whether the environment of the test command sets a timeout."""
    tree = project.tree
    files = (*FILES, "pyproject.toml", *tree.names(".github/workflows"))
    return any(b"PYTEST_TIMEOUT" in (tree.read(file) or b"") for file in files)


def _is_added_by_hook(project: Project) -> bool:
    """Tell whether a conftest.py gives the tests a mark with a timeout."""
    return any(
        b"mark.timeout(" in (project.tree.read(file) or b"")
        for file in project.tree.disk.python_files
        if file.endswith("conftest.py")
    )


RULE = Rule(
    code="AT306",
    name="no-timeout",
    severity=Severity.ADVICE,
    tier=Tier.SAFE,
    check=_check,
    follows=("AT208", "AT203"),
)

"""AT903: `aiohttp_client(create_app)`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.aiohttp._clients import clients_made, clients_of_callables
from async_test_template.rules.aiohttp_plugin import is_aiohttps
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    # aiohttp's own plugin does call it.
    if not is_aiohttps(project):
        return
    for call in clients_of_callables(project, source):
        name = source.text(call.func)
        # A fixture of the repository's own may call it too.
        if project.code.find(name, source.file, None) or project.code.may_bring(name, source.file):
            continue
        yield code_finding(
            RULE.code,
            source,
            call,
            f"{name} gets a function that creates an application",
            hint="call the function, and pass the application that it returns",
        )


RULE = Rule(
    code="AT903",
    name="client-of-callable",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    visit=_visit,
    words=rb"aiohttp_client\(|test_client\(",
    expects=("ValueError",),
    where=Where.CLIENTS,
    suspects=re.compile(rb"run_until_complete|await").search,
    spots=clients_made,
    libraries=("aiohttp",),
    broken_since=(("pytest-aiohttp", "1.0"),),
)

"""AT821: a client on `ASGITransport` of an application that has a lifespan."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.clients._lifespans import (
    application,
    in_reach,
    is_with_lifespan,
    runs_lifespan,
    transports,
)
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source

_LIFESPAN = re.compile(rb"lifespan\s*=|on_event\(|on_startup\s*=|on_shutdown\s*=")


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    if not _is_lifespan_in(project):
        return
    seen: set[tuple[str, int]] = set()
    for call in transports(source):
        made = application(project, source, call)
        # One finding for an application is enough, however many clients it has.
        if made is None or (place := (made[0].file, made[1].lineno)) in seen:
            continue
        seen.add(place)
        if not is_with_lifespan(*made):
            continue
        if not any(runs_lifespan(other) for other in (made[0], *in_reach(project, source))):
            yield code_finding(
                RULE.code,
                source,
                call,
                f"ASGITransport does not run the lifespan of the application in {made[0].file}",
                hint=(
                    "wrap the client in asgi_lifespan.LifespanManager(app), or use "
                    "`with TestClient(app)`"
                ),
            )


# Only one is used at a time; thousands of files may have such a client.
@lru_cache(maxsize=2)
def _is_lifespan_in(project: Project) -> bool:
    """Tell whether any file mentions a lifespan, before files are parsed for it."""
    return any(True for _ in project.reader.mentioning(_LIFESPAN))


RULE = Rule(
    code="AT821",
    name="asgi-client-without-lifespan",
    severity=Severity.ADVICE,
    tier=Tier.REPORT,
    visit=_visit,
    words=rb"ASGITransport",
    spots=transports,
    where=Where.CLIENTS,
    libraries=("httpx", "httpx2"),
)

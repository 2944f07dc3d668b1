"""AT822: start-up and shutdown handlers instead of a lifespan."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.clients._applications import EVENTS, FASTAPI, STARLETTE, handlers
from async_test_template.rules.on_code import code_finding, keyword
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source

_REMOVED_IN = ("starlette", "1.0"), ("fastapi", "0.133")
_HINT = "write one async context manager, and pass it as lifespan="


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    packages = {module.partition(".")[0] for module in source.names.modules}
    if not packages & {"fastapi", "starlette"}:
        return
    # FastAPI forbids a newer Starlette before 0.133.
    is_gone = all(project.dependencies.may_reach(*release) for release in _REMOVED_IN)
    for call in source.calls(*STARLETTE) if is_gone else ():
        for name in EVENTS:
            if keyword(call, name):
                kind = source.names.resolve(call.func).rpartition(".")[2]
                message = f"{kind} does not accept {name}="
                yield _broken(source, call, message)
    for call in handlers(source):
        if _is_of_another(source, call):
            continue
        owner = source.text(call.func)
        if "fastapi" in packages:
            yield code_finding(RULE.code, source, call, f"{owner} is deprecated", hint=_HINT)
        elif is_gone:
            yield _broken(source, call, f"{owner} was removed")


def _broken(source: Source, call: ast.Call, message: str) -> Finding:
    found = code_finding(RULE.code, source, call, message, hint=_HINT)
    return found._replace(severity=Severity.ERROR)


def _is_of_another(source: Source, handler: ast.Call) -> bool:
    """Tell whether the object with the handler is not one of the file's applications."""
    method = handler.func
    owner = method.value if isinstance(method, ast.Attribute) else None
    if not isinstance(owner, ast.Name):
        return False
    made: dict[str, set[str]] = {}
    for statement in source.nodes.of(ast.Assign):
        if isinstance(statement.value, ast.Call):
            kind = source.names.resolve(statement.value.func)
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    made.setdefault(target.id, set()).add(kind)
    is_app = made.get(owner.id, set()) & _APPLICATIONS
    has_app = any(kinds & _APPLICATIONS for kinds in made.values())
    return has_app and owner.id in made and not is_app


_APPLICATIONS = STARLETTE | FASTAPI | {"fastapi.APIRouter", "fastapi.routing.APIRouter"}

RULE = Rule(
    code="AT822",
    name="startup-handler",
    severity=Severity.ADVICE,
    tier=Tier.REPORT,
    visit=_visit,
    words=rb"on_event|on_startup|on_shutdown",
    where=Where.EVERYWHERE,
    suspects=re.compile(rb"fastapi|starlette").search,
    alone=True,
    expects=("TypeError", "AttributeError", "DeprecationWarning"),
    libraries=("starlette", "fastapi"),
)

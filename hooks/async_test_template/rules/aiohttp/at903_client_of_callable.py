"""AT903: `aiohttp_client(create_app)`."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.aiohttp._clients import clients_made, clients_of_callables
from async_test_template.rules.aiohttp_plugin import is_aiohttps
from async_test_template.rules.on_code import code_finding, has_stars, keyword
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes, new_imports
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    # aiohttp's own plugin does call it.
    if not is_aiohttps(project):
        return
    for call, made in clients_of_callables(project, source):
        name = source.text(call.func)
        # A fixture of the repository's own may call it too.
        if project.code.find(name, source.file, None) or project.code.may_bring(name, source.file):
            continue
        yield code_finding(
            RULE.code,
            source,
            call,
            f"{name} gets a function that creates an application",
            tier=Tier.SAFE,
            fix=partial(_fix, source, call, made),
            hint="call the function, and pass the application that it returns",
        )


def _fix(source: Source, call: ast.Call, made: ast.expr | ast.stmt) -> tuple[Edit, ...]:
    """Return the edits that call the function as the old plugin did: with the loop, and the rest.

    Raises:
        EditError: it is unknown what the function takes, or no loop runs there.

    """
    given = call.args[0]
    others: list[ast.expr | ast.keyword] = [*call.args[1:], *call.keywords]
    if not isinstance(made, (ast.FunctionDef, ast.Lambda)) or made.args.vararg is not None:
        raise EditError("it is unknown what the function takes")
    if keyword(call, "server_kwargs") is not None or has_stars(call):
        raise EditError("the client gets other arguments too")
    if not isinstance(source.scope(call), ast.AsyncFunctionDef):
        raise EditError("no loop runs yet in a function that is not async")
    text = source.text(given)
    imports: tuple[Edit, ...] = ()
    if isinstance(given, ast.Lambda) and not others and _is_unused(given):
        text = source.text(given.body)
    else:
        arguments = [source.text(other) for other in others]
        # The loop is its first parameter, which may have a default.
        if len(made.args.defaults) < len(made.args.args) or arguments:
            asyncio, imports = new_imports.bind_module(source, "asyncio")
            arguments.insert(0, f"{asyncio}.get_running_loop()")
        text = f"({text})" if isinstance(given, ast.Lambda) else text
        text = f"{text}({', '.join(arguments)})"
    end = source.end(others[-1] if others else given)
    return (changes.replace(source, source.start(given), end, text), *imports)


def _is_unused(function: ast.Lambda) -> bool:
    """Tell whether a lambda does nothing with what it is given."""
    names = {argument.arg for argument in function.args.args}
    return not any(isinstance(node, ast.Name) and node.id in names for node in walk(function.body))


RULE = Rule(
    code="AT903",
    name="client-of-callable",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    visit=_visit,
    words=rb"aiohttp_client\(|test_client\(",
    expects=("ValueError",),
    where=Where.CLIENTS,
    suspects=re.compile(rb"run_until_complete|await").search,
    spots=clients_made,
    libraries=("aiohttp",),
    broken_since=(("pytest-aiohttp", "1.0"),),
)

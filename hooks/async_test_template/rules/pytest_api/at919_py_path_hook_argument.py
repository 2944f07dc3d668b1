"""AT919: hooks that ask for a path of the old library `py`."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, is_called, is_chosen_by_version
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes, new_imports
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

_ARGUMENTS = {
    "pytest_ignore_collect": ("path", "collection_path"),
    "pytest_collect_file": ("path", "file_path"),
    "pytest_pycollect_makemodule": ("path", "module_path"),
    "pytest_report_header": ("startdir", "start_path"),
    "pytest_report_collectionfinish": ("startdir", "start_path"),
}
#: Attributes of `py.path.local` that `pathlib.Path` has under another name.
_ATTRIBUTES = {"basename": "name", "ext": "suffix", "purebasename": "stem"}
#: What takes either path, and does the same with it.
_TAKES_ANY = {"str", "repr", "os.fspath", "pathlib.Path"}


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for _, function in sorted(source.functions.items()):
        old, new = _ARGUMENTS.get(function.name, ("", ""))
        is_old = any(argument.arg == old for argument in function.args.args)
        if is_old and not is_chosen_by_version(source, function):
            yield code_finding(
                RULE.code,
                source,
                function,
                f"the hook {function.name} no longer has the argument {old}",
                tier=Tier.SAFE,
                fix=partial(_fix, source, function, old, new),
                hint=f"use {new}, which is a pathlib.Path",
            )


def _fix(source: Source, function: Function, old: str, new: str) -> tuple[Edit, ...]:
    names = {node.id for node in walk(function) if isinstance(node, ast.Name)}
    arguments = [node for node in walk(function) if isinstance(node, ast.arg)]
    if new in names | {argument.arg for argument in arguments}:
        raise EditError(f"it already uses the name {new}")
    if is_called(source, function):
        raise EditError("it is called in its file, too")
    named = [argument for argument in arguments if argument.arg == old]
    if len(named) > 1:
        raise EditError(f"a function in it has an argument {old}")
    edits: list[Edit] = []
    text = new
    if named[0].annotation is not None:
        pathlib, imports = new_imports.bind_module(source, "pathlib")
        text = f"{new}: {pathlib}.Path"
        edits += imports
    edits.append(changes.replace_node(source, named[0], text))
    edits += (
        _used(source, node, new)
        for node in walk(function)
        if isinstance(node, ast.Name) and node.id == old
    )
    return tuple(edits)


def _used(source: Source, name: ast.Name, new: str) -> Edit:
    """Return the edit that gives the new path to what uses the old one, with the same result.

    Raises:
        EditError: that may do something else with a `pathlib.Path`.

    """
    around = source.parents[name]
    if isinstance(around, ast.FormattedValue):
        return changes.replace_node(source, name, new)
    if isinstance(around, ast.Call) and name in around.args:
        target = source.names.resolve(around.func)
        if target in _TAKES_ANY or target.startswith("os.path."):
            return changes.replace_node(source, name, new)
    if isinstance(around, ast.Attribute) and around.attr in _ATTRIBUTES:
        return changes.replace_node(source, around, f"{new}.{_ATTRIBUTES[around.attr]}")
    if isinstance(around, ast.Attribute) and around.attr == "strpath":
        return changes.replace_node(source, around, f"str({new})")
    if isinstance(around, ast.keyword) and around.arg == "fspath":
        call = source.parents[around]
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "from_parent":
            return changes.replace_node(source, around, f"path={new}")
    raise EditError(f"line {name.lineno} may need a path of py")


RULE = Rule(
    code="AT919",
    name="py-path-hook-argument",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    visit=_visit,
    words=rb"pytest_ignore_collect|pytest_collect_file|pytest_pycollect_makemodule|pytest_report_",
    where=Where.EVERYWHERE,
    alone=True,
    # Older versions have only the old names.
    needs=(("pytest", "7.0"),),
    expects=("DeprecationWarning",),
    libraries=("pytest",),
    broken_since=(("pytest", "9.0"),),
)

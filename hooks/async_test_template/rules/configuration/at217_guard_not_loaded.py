"""AT217: the template's guard is not loaded."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.facts import CODE
from async_test_template.rules.guard import GUARD, LOADER, conftests_of, contract_of, guard_of
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    guard = guard_of(project)
    if guard is None:
        return
    if project.desired.guarded:
        yield from _begin_gently(project)
        yield from _reach_others(project, guard)
        yield from _leave_out_of_coverage(project)
    if _is_named(project):
        return
    # Imported here: most repositories have no guard, and settings alone need no `ast`.
    from async_test_template.rules.configuration._guard_import import add_line, mentions_guard
    from async_test_template.source.source import Unreadable

    there = [file for file in conftests_of(guard) if project.tree.read(file) is not None]
    if any(file in there for file, _, _ in project.unreadable):
        return
    try:
        sources = [project.code.sources.get(file) for file in there]
        if any(map(mentions_guard, sources)):
            return
    except Unreadable:
        # pytest cannot read it either, and says so.
        return
    beside = sources[0] if sources and there[0] == conftests_of(guard)[0] else None
    line = f"from {_module(project, guard)} import {LOADER}  # noqa: F401"
    knows = LOADER.encode() in (project.tree.read(guard) or b"")
    edits = add_line(beside, line) if beside is not None and knows else ()
    tier = Tier.SAFE if project.desired.guarded else Tier.UNSAFE
    yield Finding(
        RULE.code,
        f"nothing loads {guard}",
        beside.file if beside is not None else guard,
        tier=tier,
        edits=edits,
        hint="" if edits else _hint(project, guard, line if knows else ""),
    )


def _begin_gently(project: Project) -> Iterator[Finding]:
    """Let tests pass that passed before there was a guard, whatever they leave behind."""
    settings = project.settings
    if "async_guard_strict" in settings.options or not settings.can_grow or not settings.exists:
        return
    if any(test.file != contract_of(project) for test in project.code.tests):
        yield settings.finding(
            RULE.code,
            "the guard fails tests that passed and leave something behind",
            tier=Tier.SAFE,
            edits=(settings.set("async_guard_strict", value=False),),
        )


def _leave_out_of_coverage(project: Project) -> Iterator[Finding]:
    """Keep files that are not the project's out of its coverage, which may have a threshold."""
    from async_test_template.rules.configuration._guard_coverage import FILES, is_counted, leave_out

    if not is_counted(project):
        return
    edits = leave_out(project)
    found = project.settings.finding(
        RULE.code,
        "coverage counts the files of the template",
        tier=Tier.SAFE if edits else Tier.REPORT,
        edits=edits,
        hint="" if edits else f"let coverage omit {', '.join(FILES)}",
    )
    yield found._replace(severity=Severity.ERROR if edits else Severity.ADVICE)


def _reach_others(project: Project, guard: str) -> Iterator[Finding]:
    """Tell of tests outside of the guard's folder: run alone, they are without it.

    A run of all tests has it, because pytest first reads the conftest.py of each of their folders.
    """
    from async_test_template.rules.configuration._guard_import import add_line, mentions_guard

    folder = PurePosixPath(guard).parent.as_posix()
    outside = [t.file for t in project.code.tests if not t.file.startswith(f"{folder}/")]
    root = project.tree.read("conftest.py") is not None
    source = project.code.sources.get("conftest.py") if root else None
    if not outside or (source is not None and mentions_guard(source)):
        return
    module = guard.removesuffix(".py").replace("/", ".")
    line = f"from {module} import {LOADER}  # noqa: F401"
    by_importlib = project.settings.option_value("--import-mode") == "importlib"
    edits = add_line(source, line) if source is not None and not by_importlib else ()
    yield Finding(
        RULE.code,
        f"{outside[0]} has no guard if it is run alone, because {guard} is in another folder",
        outside[0],
        tier=Tier.SAFE if edits else Tier.REPORT,
        severity=Severity.ERROR if edits else Severity.ADVICE,
        edits=edits,
        hint="" if edits else f"add this line to a conftest.py at the root: {line}",
    )


def _is_named(project: Project) -> bool:
    """Tell whether addopts, or a command that runs pytest, loads the guard with `-p`."""
    options = (option.text for option in project.settings.addopts)
    return any(GUARD in text for text in options) or any(
        GUARD in command.text for command in project.commands
    )


def _module(project: Project, guard: str) -> str:
    """Return the module name by which the conftest.py next to it imports the guard.

    In a package, or with `--import-mode=importlib`, the folder is a package for Python. Otherwise
    pytest puts it on `sys.path` (pytest 9.2).
    """
    is_package = project.tree.read((PurePosixPath(guard).parent / "__init__.py").as_posix())
    by_importlib = project.settings.option_value("--import-mode") == "importlib"
    return f".{GUARD}" if is_package is not None or by_importlib else GUARD


def _hint(project: Project, guard: str, line: str) -> str:
    conftest = conftests_of(guard)[0]
    if not line:
        line = f'pytest_plugins = ["{_module(project, guard).removeprefix(".")}"]'
    return f"add this line to {conftest}: {line}"


RULE = Rule(
    code="AT217",
    name="guard-not-loaded",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    check=_check,
    only_with=(CODE,),
)

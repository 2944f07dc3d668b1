"""Whether the files that `adopt` adds can run in a repository; it refuses before it writes."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from async_test_template.config.toml.read import value_at
from async_test_template.dependencies import bounds
from async_test_template.errors import UserError
from async_test_template.paths import is_file, is_there
from async_test_template.rules.guard import CONTRACT, in_the_way
from async_test_template.rules.obstacles import covers, obstacles
from async_test_template.rules.premises.about import OTHER_RUNNERS, has_own_runner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project

#: The oldest Python for the added files: 3.11 added `asyncio.timeout` and exception groups.
LEAST_PYTHON = "3.11"
#: The lowest versions with which the added files work (`pytest.Config` is public
#: since 7.0, the hooks of pytest-timeout since 2.1).
LEAST_VERSIONS = {"pytest": "7", "pytest-asyncio": "0.20", "pytest-timeout": "2.1"}
#: The needs of pytest-asyncio 1.5, which is added if no version of it is declared.
_WITH_NEW_PLUGIN = "8.4"

_COMMAND = re.compile(
    r"\bpy\.?test\b(?P<arguments>(?:(?!\bpy\.?test\b)[^|;&#])*?"
    # The tools of duty take it as an argument of a call.
    r"(?:\s(?:-c|--config-file)(?:\s+|=)|\bconfig_file=)"
    r"[\"']?(?P<file>[^\s\"',)\]]+)[^|;&#]*)"
)


def require_adoptable(project: Project, backend: str, guard: str = "vendored") -> None:
    """Make sure that the tests which `adopt` adds can run.

    Args:
        project: the repository.
        backend: the answer, one of BACKENDS.
        guard: the answer, one of GUARDS.

    Raises:
        UserError: they cannot run; names each obstacle with its file and the missing
            version.

    """
    reasons = [*_python(project), *_versions(project, backend)]
    reasons += [*_settings(project), *_runner(project, backend)]
    if guard == "vendored":
        other = "is not the template's guard: rename it, or answer guard=none"
        reasons += [f"{path} {other}" for path in in_the_way(project)]
    elif backend == "anyio" and _lacks_backend(project):
        reasons.append(
            f"with guard={guard}, tests/conftest.py has to have the fixture anyio_backend, because "
            "it stays as it is"
        )
    if reasons:
        raise UserError(
            f"adopt changes nothing, because its tests cannot run: {'; '.join(reasons)}"
        )


def _lacks_backend(project: Project) -> bool:
    """Tell whether the conftest.py that needs AnyIO's backend belongs to the project."""
    return (project.root / "tests" / "conftest.py").exists() and not any(
        fixture.name == "anyio_backend" for fixture in project.code.fixtures
    )


def _python(project: Project) -> Iterator[str]:
    least = bounds.release(LEAST_PYTHON)
    for file, name, specifier in _declared_pythons(project):
        lowest = bounds.lowest(specifier)
        if not bounds.reaches(specifier, least) or (lowest is not None and lowest < least):
            yield f"they need Python {LEAST_PYTHON}, and {name} in {file} is {specifier}"
            return


def _declared_pythons(project: Project) -> Iterator[tuple[str, str, str]]:
    """Yield the settings that say which Pythons the project supports, with file and name."""
    declared = project.dependencies.requires_python
    if declared:
        document = project.tree.toml("pyproject.toml")
        cfg = project.tree.ini("setup.cfg").get("options", {})
        if value_at(document, "project", "requires-python") == declared:
            yield "pyproject.toml", "requires-python", declared
        elif value_at(document, "tool", "poetry", "dependencies", "python") == declared:
            yield "pyproject.toml", "poetry's python", declared
        else:
            file = "setup.cfg" if cfg.get("python_requires") == declared else "setup.py"
            yield file, "python_requires", declared
        return
    pinned = (project.tree.text(".python-version") or "").split()
    if len(pinned) == 1 and bounds.release(pinned[0]) >= (3,):
        yield ".python-version", "the version", f"=={pinned[0]}"


def _versions(project: Project, backend: str) -> Iterator[str]:
    dependencies = project.dependencies
    least = dict(LEAST_VERSIONS)
    if backend == "asyncio" and not dependencies.is_mentioned("pytest-asyncio"):
        least["pytest"] = _WITH_NEW_PLUGIN
    for name, version in least.items():
        if dependencies.may_reach(name, version):
            continue
        locked = dependencies.lock_of(name)
        if locked is not None:
            yield f"they need {name} {version}, and a lock file has {locked}"
            continue
        declaration = next(
            d
            for d in dependencies.of(name)
            if not bounds.reaches(d.specifier, bounds.release(version))
        )
        place = f"{declaration.file}:{declaration.line}"
        yield f"they need {name} {version}, and {place} keeps it at {declaration.text}"


def _settings(project: Project) -> Iterator[str]:
    own = project.settings.file or "the settings at the top"
    for file in dict.fromkeys([*(command.file for command in project.commands), "pyproject.toml"]):
        # A command may continue on the next line.
        text = re.sub(r"\\\r?\n", "  ", project.tree.text(file) or "")
        end = 0
        for match in _COMMAND.finditer(text):
            before = text[max(end, text.rfind("\n", end, match.start()) + 1) : match.start()]
            end = match.end()
            if _reads_other_settings(project, match, before):
                yield f"a command in {file} makes pytest read {match['file']} instead of {own}"
                break
    given = project.settings.option_value("-c") or project.settings.option_value("--config-file")
    if given and PurePosixPath(given) != PurePosixPath(project.settings.file):
        yield f"addopts in {own} makes pytest read {given}"
    if "tests" in project.memory.boundaries.projects:
        yield "the folder tests has a configuration of its own for pytest: move that to the top"
        return
    for obstacle in obstacles(project, f"tests/{CONTRACT}"):
        if not obstacle.edits:
            yield f"{obstacle.sentence} ({own})"


def _runner(project: Project, backend: str) -> Iterator[str]:
    """Yield what keeps the plugin that the added tests need from running them."""
    settings = project.settings
    if settings.is_on("trio_mode"):
        yield f"trio_mode in {settings.file} gives every async test to pytest-trio"
    elif settings.disables(backend):
        yield f"addopts in {settings.file} switches off the plugin that runs them"
    elif backend == "asyncio" and not project.uses_asyncio_plugin:
        other = next(filter(project.dependencies.has, (*OTHER_RUNNERS, "pytest-trio")), None)
        if other or has_own_runner(project):
            yield f"{other or 'a hook of the repository'} runs the async tests here"


def _reads_other_settings(project: Project, command: re.Match[str], before: str) -> bool:
    """Tell whether a command would run the added tests with another configuration file.

    Args:
        project: the repository.
        command: the command, from `pytest` on.
        before: the text before it in its line.

    """
    file = command["file"]
    if before.lstrip().startswith("#") or re.search(r"\bcd\s", before):
        return False
    if PurePosixPath(file) == PurePosixPath(project.settings.file):
        return False
    if not is_file(project.root / file):
        return False
    words = (word.strip("\"',[]()") for word in command["arguments"].split())
    named = [w for w in words if w and w != file and is_there(project.root / w)]
    return not named or any(covers(word, f"tests/{CONTRACT}") for word in named)

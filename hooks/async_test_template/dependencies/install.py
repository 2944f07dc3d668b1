"""The commands that install declared packages, for the tool that the repository uses."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from async_test_template.config.toml.read import value_at

if TYPE_CHECKING:
    from collections.abc import Collection

    from async_test_template.dependencies.declaration import Home
    from async_test_template.dependencies.model import Dependencies
    from async_test_template.tree import Tree

#: Each tool with its lock file and its table below [tool] in pyproject.toml.
_TOOLS = (
    ("uv", "uv.lock", "uv"),
    ("pdm", "pdm.lock", "pdm"),
    ("poetry", "poetry.lock", "poetry"),
    ("pipenv", "Pipfile", "pipenv"),
)


def tool_of(tree: Tree) -> str:
    """Name the tool that manages the environment, by lock files, then by tables, otherwise pip."""
    for tool, lock, _ in _TOOLS:
        if tree.read(lock) is not None:
            return tool
    document = tree.toml("pyproject.toml")
    for tool, _, table in _TOOLS:
        if value_at(document, "tool", table) is not None:
            return tool
    backend = str(value_at(document, "build-system", "build-backend"))
    return next((tool for tool in ("pdm", "poetry") if backend.startswith(tool)), "pip")


def how_to_install(tree: Tree, home: Home) -> str:
    """Return the command that installs the packages of one list of dependencies."""
    own = {
        "requirements": f"pip install -r {home.file}",
        "tox.ini": "tox (it creates its environments again)",
        "hatch": "hatch run (it installs what is new by itself)",
        "pipenv": "pipenv install --dev",
    }
    if home.notation in own:
        return own[home.notation]
    name = str(home.at[-1])
    if home.notation == "poetry":
        name = str(home.at[3]) if home.at[2] == "group" else ""
    is_group = home.notation in {"group", "pdm", "uv"}
    if home.at[0] != "tool" and name in {"dependencies", "install_requires", "tests_require"}:
        name = ""
    commands = {
        # uv and pdm install some groups by default.
        "uv": "uv sync" + _option(name, "--group" if is_group else "--extra", {"dev", _UV_DEV}),
        "pdm": "pdm install" + _option("" if is_group else name, "-G"),
        "poetry": "poetry lock && poetry install"
        + _option(name, "--with" if is_group or home.notation == "poetry" else "--extras"),
    }
    by_pip = f'pip install -e ".[{name}]"' if name else "pip install -e ."
    if is_group:
        by_pip = f"pip install --group {name}"
    tool = "poetry" if home.notation == "poetry" else tool_of(tree)
    return commands.get(tool, by_pip)


_UV_DEV = "dev-dependencies"


def _option(name: str, option: str, needless: Collection[str] = ()) -> str:
    return f" {option} {name}" if name and name not in needless else ""


def how_to_install_new(before: Dependencies, after: Dependencies) -> list[str]:
    """Return a sentence for each command that installs the packages that are newly declared."""
    known = {(home.file, home.at, d.text) for home, declared in before.lists for d in declared}
    names: dict[str, list[str]] = {}
    for home, declared in after.lists:
        new = [d.name for d in declared if (home.file, home.at, d.text) not in known]
        if new:
            names.setdefault(how_to_install(after.tree, home), []).extend(new)
    return [
        f"To install {' and '.join(dict.fromkeys(new))}, run: {command}"
        for command, new in names.items()
    ]


def how_to_declare(dependencies: Dependencies, name: str, version: str) -> str:
    """Say how to declare and install a package if no list of the project can take it."""
    above = dependencies.above
    beside = next(iter(above.written("pytest")), None) if above else None
    if above is not None and beside is not None:
        file = os.path.relpath(above.tree.root / beside.file, dependencies.tree.root)
        command = how_to_install(above.tree, beside.home)
        place = f"in {Path(file).as_posix()}, where pytest is"
        return f"declare {name}>={version} {place}, and run there: {command}"
    requirement = f'"{name}>={version}"'
    commands = {
        "uv": f"run: uv add --dev {requirement}",
        "pdm": f"run: pdm add -dG test {requirement}",
        "poetry": f"run: poetry add --group dev {requirement}",
        "pipenv": f"run: pipenv install --dev {requirement}",
    }
    by_hand = f"declare {name}>={version} where the packages of the tests are, and run: "
    return commands.get(tool_of(dependencies.tree), f"{by_hand}pip install {requirement}")

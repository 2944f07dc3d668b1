"""AT710: `pytest_plugins` in a conftest.py below the top."""

from __future__ import annotations

import ast
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Tier
from async_test_template.rules._code import code_finding
from async_test_template.rules.rule import Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    path = PurePosixPath(source.file)
    if path.name != "conftest.py" or _is_read_at_start(project, path.parent):
        return
    for node in source.tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(name, ast.Name) and name.id == "pytest_plugins" for name in targets):
            yield code_finding(
                RULE.code,
                source,
                node,
                "pytest reads this conftest.py too late for pytest_plugins",
                hint="move the line to the conftest.py at the top",
            )


def _is_read_at_start(project: Project, folder: PurePosixPath) -> bool:
    """Tell whether pytest reads a folder's conftest.py before it collects.

    It does for the folders it starts in, those above them, and those below whose names begin with
    `test` (pytest 9.2, `_try_load_conftest`).
    """
    given = [word for line in project.settings.lines_of("testpaths") for word in line.split()]
    starts = [PurePosixPath(word) for word in given or ["."]]
    if any("*" in start.name for start in starts):
        return True
    return any(
        start.is_relative_to(folder) or (folder.parent == start and folder.name.startswith("test"))
        for start in starts
    )


_PLUGINS = {"pytest.ini": "[pytest]\n", "src/app/conftest.py": 'pytest_plugins = ["pytester"]\n'}

RULE = Rule(
    code="AT710",
    name="plugins-in-lower-conftest",
    title="`pytest_plugins` below the top",
    why="Collection stops with an error, or not, as the arguments of pytest have it.",
    since="pytest 7.0",
    tier=Tier.REPORT,
    check=None,
    visit=_visit,
    words=rb"pytest_plugins",
    alone=True,
    invalid=(
        Example(before=_PLUGINS),
        Example(
            before={
                "pytest.ini": "[pytest]\ntestpaths = tests\n",
                "tests/unit/conftest.py": 'pytest_plugins: str = "pytester"\n',
            }
        ),
    ),
    valid=(
        {"conftest.py": 'pytest_plugins = ["pytester"]\n'},
        {"tests/conftest.py": 'pytest_plugins = ["pytester"]\n'},
        {**_PLUGINS, "pytest.ini": "[pytest]\ntestpaths = src/app\n"},
        {**_PLUGINS, "pytest.ini": "[pytest]\ntestpaths = src/*\n"},
        {"src/app/conftest.py": "def pytest_configure(config):\n    pytest_plugins = []\n"},
    ),
)

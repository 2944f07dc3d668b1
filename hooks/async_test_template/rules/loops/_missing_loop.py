"""What sets a current loop where there is none, as Python did up to 3.13 for whoever asked first.

Files of tests that ask at import, and fixtures of a wide scope, need it before a test begins. All
of them share the loop, as before. Where something takes it away, a fixture for each test sets
another.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Change
from async_test_template.paths import name_of
from async_test_template.rules.filters import EVERY, Warned, is_fatal
from async_test_template.rules.home import home, source_of
from async_test_template.rules.loops._bridge import added
from async_test_template.rules.premises.about import ships
from async_test_template.source import changes, new_imports

if TYPE_CHECKING:
    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.rules.loops._bare import Root

#: What the new fixture is called.
CURRENT = "current_loop"
#: What Python says of a loop that is left to the end.
_UNCLOSED = Warned("unclosed event loop", EVERY | {"ResourceWarning"})
#: What leaves no current loop behind.
_TAKES_AWAY = re.compile(rb"asyncio\.run\(|asyncio\.Runner\(|\bIsolatedAsyncioTestCase\b")
_WORDS = (b"asyncio.run(", b"asyncio.Runner(", b"IsolatedAsyncioTestCase")


def fixture_if_missing(asyncio: str, pytest: str) -> str:
    """Return the fixture, by what its file calls the two modules."""
    return (
        f"@{pytest}.fixture(autouse=True)\n"
        f"def {CURRENT}():\n"
        '    """Set a current loop where there is none, as Python did before 3.14."""\n'
        "    try:\n"
        f"        {asyncio}.get_event_loop()\n"
        "    except RuntimeError:\n"
        f"        {asyncio}.set_event_loop({asyncio}.new_event_loop())\n"
    )


def conftest_for(project: Project, files: list[str]) -> str:
    """Choose a conftest.py, even a new one, that all files can see."""
    file = home(project, files)
    if name_of(file) == "conftest.py":
        return file
    return f"{file.rpartition('/')[0]}/conftest.py".lstrip("/")


def loop_for_all(project: Project, root: Root) -> tuple[Edit, ...]:
    """Return the edits that set a loop in conftest.py, for what runs before fixtures of a test.

    Raises:
        EditError: conftest.py may import the file, a test may take the loop away before that, the
            tests of others use conftest.py, or a warning that the loop is not closed is an error.

    """
    asking = root.source.file
    file = conftest_for(project, [asking])
    if ships(project, file):
        raise EditError("the tests of others use this plugin")
    if is_fatal(project, _UNCLOSED):
        raise EditError("nothing closes such a loop, and that warning is an error")
    is_import = root.function is None
    is_taken = any(project.reader.mentioning(_TAKES_AWAY, _WORDS, project.reader.is_test_file))
    if not is_import and (is_taken or any(True for _ in project.code.async_tests)):
        # A plugin that runs async tests leaves no loop behind either.
        raise EditError("it runs before the fixtures of a test")
    if is_import and file == asking:
        return _above(root)
    if is_import and not project.reader.is_test_file(asking):
        raise EditError("conftest.py may import it")
    if is_taken and project.code.find(CURRENT, file, None) is None:
        return added(project, file, CURRENT, _both, "pytest")
    return _at_end(project, file)


def _above(root: Root) -> tuple[Edit, ...]:
    """Return the edits that set a loop above a statement: at the end it would be too late."""
    source = root.source
    asyncio, imports = new_imports.bind_module(source, "asyncio")
    around = (root.place, *source.around(root.place))
    start = source.start(next(node for node in around if node in source.tree.body))
    return (*imports, changes.replace(source, start, start, _statement(asyncio)))


def _at_end(project: Project, file: str) -> tuple[Edit, ...]:
    """Return the edits that set a loop at the end of a file, even a new one."""
    if project.tree.read(file) is None:
        return (Change(file, "create", (), f"import asyncio\n\n{_statement('asyncio')}"),)
    source = source_of(project, file)
    asyncio, imports = new_imports.bind_module(source, "asyncio")
    return (*imports, changes.append(source, _statement(asyncio)))


def _statement(asyncio: str) -> str:
    return (
        "# Before Python 3.14 the current loop was made for whoever asked for it first.\n"
        f"{asyncio}.set_event_loop({asyncio}.new_event_loop())\n"
    )


def _both(asyncio: str, pytest: str) -> str:
    return f"{_statement(asyncio)}\n\n{fixture_if_missing(asyncio, pytest)}"

"""The fixture that sets a current loop for each test.

Up to pytest-asyncio 0.26 a test that is not async found a current loop, which an earlier test had
left behind. An async fixture for all tests does the same: it is set up before the fixtures that ask
for the loop, and leaves the plugin's loop current, which is that of the async tests too.

Up to Python 3.13 a test found one without any plugin, unless another test had taken it away. Where
there is no plugin a fixture makes the loop only if it is missing, so it changes nothing there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.rules._run_by_code import is_run_by_code
from async_test_template.rules.filters import EVERY, Warned, is_fatal
from async_test_template.rules.home import home
from async_test_template.rules.loops._bridge import added
from async_test_template.rules.loops._missing_loop import (
    CURRENT,
    conftest_for,
    fixture_if_missing,
    loop_for_all,
)
from async_test_template.rules.on_code import raised
from async_test_template.rules.premises.about import (
    PYTEST_ASYNCIO,
    Presence,
    has_own_runner,
    presence,
    ships,
)
from async_test_template.rules.which_loop import (
    FIXTURE_SCOPE,
    TEST_SCOPE,
    has_other_runner,
)
from async_test_template.source.items import Fixture, Test

if TYPE_CHECKING:
    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.rules.loops._bare import Root

#: What Python 3.12 and 3.13 say where they make the loop.
_NO_LOOP = Warned("There is no current event loop", EVERY | {"DeprecationWarning"})
#: Set-ups that pytest calls after the fixtures of a test.
_SETUPS = frozenset({"setUp", "setup_method", "tearDown", "teardown_method"})


def is_reached(root: Root) -> bool:
    """Tell whether a fixture for each test is set up before a root is called."""
    item = root.item
    if isinstance(item, Test):
        return True
    if isinstance(item, Fixture):
        return item.scope == "function" and not item.autouse
    return root.function is not None and root.function.name in _SETUPS


def current_loop(project: Project, roots: list[Root]) -> tuple[Edit, ...]:
    """Return the edits that add the fixture where all roots that it reaches can see it.

    Raises:
        EditError: something other than pytest-asyncio may run tests that would get the fixture too,
            or it is no fixture for all tests that is missing.

    """
    reached = [root for root in roots if is_reached(root)]
    if not reached:
        return loop_for_all(project, roots[0])
    if has_own_runner(project) or has_other_runner(project):
        raise EditError("something other than pytest-asyncio runs tests too")
    file = home(project, [root.source.file for root in reached])
    if ships(project, file):
        raise EditError("the tests of others use this plugin")
    if project.code.find(CURRENT, file, None) is not None:
        raise EditError(f"there is a fixture {CURRENT} already")
    if not _has_plugin(project):
        return _if_missing(project, file)
    loop_scope = _loop_scope(project)
    version = "0.24" if loop_scope else "0.17"
    may_be_old = project.dependencies.may_be_below(PYTEST_ASYNCIO, version)
    edits = raised(project, PYTEST_ASYNCIO, version) if may_be_old else ()
    arguments = ", ".join(("autouse=True", *loop_scope))

    def text(asyncio: str, pytest_asyncio: str) -> str:
        return (
            f"@{pytest_asyncio}.fixture({arguments})\n"
            f"async def {CURRENT}():\n"
            '    """Set a current loop for each test, also for those that are not async."""\n'
            f"    return {asyncio}.get_running_loop()\n"
        )

    return (*added(project, file, CURRENT, text), *edits)


def _if_missing(project: Project, file: str) -> tuple[Edit, ...]:
    """Return the edits that add a fixture of pytest's own."""
    if not _runs_pytest(project):
        # unittest, which may run them without pytest, never imports a conftest.py.
        file = conftest_for(project, [file])
    if is_fatal(project, _NO_LOOP):
        raise EditError("a fixture that asks for the loop too gives a warning, which is an error")
    return added(project, file, CURRENT, fixture_if_missing, "pytest")


def _runs_pytest(project: Project) -> bool:
    """Tell whether files show that pytest runs the tests, and not unittest."""
    return (
        project.dependencies.is_mentioned("pytest")
        or bool(project.settings.options)
        or any(not test.in_unittest for test in project.code.tests)
    )


def _has_plugin(project: Project) -> bool:
    """Tell whether pytest-asyncio is installed where the tests run, as far as files show."""
    return presence(project, PYTEST_ASYNCIO) is Presence.THERE and (
        project.uses_asyncio_plugin
        or any(
            not (test.in_unittest or is_run_by_code(project, test, frozenset()))
            for test in project.code.async_tests
        )
    )


def _loop_scope(project: Project) -> tuple[str, ...]:
    """Return the argument with which the fixture runs in the loop of the tests, if one is needed.

    A loop of wider scope is current no longer once a test with a loop of its own has ended.
    """
    wanted = project.settings.effective(TEST_SCOPE) or "function"
    given = project.settings.effective(FIXTURE_SCOPE) or "function"
    return () if wanted == given else (f'loop_scope="{wanted}"',)

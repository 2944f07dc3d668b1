"""Which async fixtures of pytest a repository runs itself.

Before pytest 9 a test got the coroutine of such a fixture, and could await it, or pass it to
`asyncio.run`. If a plugin runs the fixture, the test gets the value instead, and fails.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from async_test_template.project import Project
    from async_test_template.source.items import Fixture


class Uses:
    """How the repository uses what its async fixtures give.

    Attributes:
        by_hand: a place for each fixture that something awaits, or runs, itself.
        unseen: fixtures that tests use without looking at the value, so the tests pass
            today whatever the fixture would do.

    """

    def __init__(self) -> None:
        """Begin with nothing found."""
        self.by_hand: dict[Fixture, str] = {}
        self.unseen: set[Fixture] = set()


# Only one project is used at a time.
@lru_cache(maxsize=1)
def uses(project: Project) -> Uses:
    """Look at all code that uses an async fixture of pytest.

    With pytest 9 or later there is nothing to look at: no test passes with such a fixture.
    """
    found = Uses()
    if project.dependencies.at_least("pytest", "9"):
        return found
    roots = [f for f in project.code.fixtures if f.is_async and f.decorator == "pytest.fixture"]
    if roots:
        # Imported here: few repositories have such a fixture.
        from async_test_template.rules._uses_of_fixtures import search

        search(project, roots, found.by_hand, found.unseen)
    for fixture in roots:
        if fixture.autouse and (
            fixture.file.endswith("conftest.py") or _is_broad(project, fixture)
        ):
            found.unseen.add(fixture)
    return found


def _is_broad(project: Project, fixture: Fixture) -> bool:
    """Tell whether a test of its file gets an autouse fixture that it does not ask for."""
    return any(
        fixture.name not in test.requests and fixture.owner in {None, test.owner}
        for test in project.code.by_file[fixture.file].tests
    )


def comes_into_force(project: Project, option: str) -> bool:
    """Tell whether a setting that has no effect today could make a passing test fail.

    A timeout ends tests, and a mode runs fixtures that the suite runs by hand.
    """
    if option == "timeout":
        return True
    return option.endswith("_mode") and bool(uses(project).by_hand)

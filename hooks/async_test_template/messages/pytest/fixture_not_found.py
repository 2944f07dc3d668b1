"""Where a repository has the fixture that pytest does not find."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from async_test_template.project import Project

#: The cause on the page.
OUT_OF_REACH = "The fixture is in a file that pytest does not read for this test"


def look(project: Project, gaps: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the places of the fixture, each with the cause that it shows."""
    for fixture in project.code.named(gaps["fixture"]):
        folder, _, name = fixture.file.rpartition("/")
        reach = f"the tests below {folder or '.'}" if name == "conftest.py" else "this file"
        yield (
            OUT_OF_REACH,
            f"{fixture.file}:{fixture.line} defines {fixture.name}, which is there for {reach}",
        )

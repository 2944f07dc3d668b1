"""Every test of every suite ends as its name says, and never better than without the guard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from runs import Case, Outcome, Run, cases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Of = tuple[str, bool]


def params(cases: Iterable[Case], *, is_guarded: bool) -> list[object]:
    """Give each test its name, and the run that it is in."""
    return [
        pytest.param(
            case, (case.backend, is_guarded), id=f"{case.suite}-{case.backend}-{case.name}"
        )
        for case in cases
    ]


def outcome(case: Case, run: Run) -> Outcome:
    found = run.tests.get((f"test_{case.suite}", case.name))
    if case.may_skip and (found is None or found.skipped):
        pytest.skip("this Python has not what it needs")
    assert found, run.output
    return found


@pytest.mark.parametrize(("case", "of"), params(cases(), is_guarded=True))
def test_it_ends_as_it_should(case: Case, of: Of, run_of: Callable[[Of], Run]) -> None:
    found = outcome(case, run_of(of))
    assert found.passed == case.must_pass, found.text
    assert not found.skipped
    for line in case.says.splitlines():
        assert line.strip() in found.text


@pytest.mark.full
@pytest.mark.parametrize(
    ("case", "of"), params((case for case in cases() if case.must_pass), is_guarded=False)
)
def test_it_is_no_greener_than_without(case: Case, of: Of, run_of: Callable[[Of], Run]) -> None:
    found = outcome(case, run_of(of))
    assert found.passed, found.text

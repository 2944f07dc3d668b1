"""Every fix has a proof by real pytest: in test_against_pytest.py or test_code_against_pytest.py.

How a fix does with the oldest version that it is offered for is in test_gates.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import test_against_pytest
import test_code_against_pytest
from async_test_template.findings import Tier
from async_test_template.rules import CODES, load

if TYPE_CHECKING:
    from async_test_template.rules.rule import Rule

CASES = (*test_against_pytest.CASES, *test_code_against_pytest.CASES)
RULES = tuple(rule for rule in map(load, CODES) if rule.tier is not Tier.REPORT)
#: Fixes of code that current versions accept. Their proof is that the tests pass as before.
HARMLESS = {
    "AT926": "only Python 3.14 forks no longer, which test_newest_pythons.py shows",
    "AT120": "a marker that is registered twice is what a reader trips over, not pytest",
    "AT301": "pytest-timeout still takes the old spelling",
    "AT507": "only Python 3.14 warns, and these tests run on 3.11 too",
    "AT609": "a mark too many is what a reader trips over, not pytest",
    "AT816": "httpx works as well as httpx2 where nothing of the one meets the other",
    "AT913": "only Python 3.14 warns, and these tests run on 3.11 too",
    "AT923": "the package still works, where Python itself has the same",
    "AT925": "only Python 3.14 warns, and these tests run on 3.11 too",
    "AT931": "only Python 3.14 warns, and these tests run on 3.11 too",
    "AT941": "only Python 3.13 and later remove the socket, and these tests run on 3.11 too",
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_fix_is_proved(rule: Rule) -> None:
    cases = [case for case in CASES if case.code == rule.code]
    # A safe fix is proved without --unsafe.
    assert [case for case in cases if rule.tier is Tier.UNSAFE or not case.is_unsafe], (
        "add a Case to CASES in test_code_against_pytest.py, or in test_against_pytest.py for a "
        "setting; a rule with safe fixes needs one without `unsafe=True`"
    )
    assert all(case.shows_a_difference for case in cases) or rule.code in HARMLESS, (
        "let pytest end in another way before the fix, or give what it `says` after it; where it "
        "accepts both, give the reason in HARMLESS"
    )
    assert not any(case.shows_a_difference for case in cases if case.code in HARMLESS), (
        "take the rule out of HARMLESS: a case shows a difference"
    )


def test_nothing_is_proved_that_is_not_there() -> None:
    codes = {rule.code for rule in RULES}
    assert {case.code for case in CASES} <= codes, "take away the cases of what has no fix"
    assert HARMLESS.keys() <= codes, "take away what has no fix from HARMLESS"

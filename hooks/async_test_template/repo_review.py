"""The rules as checks of repo-review, one for each family of rules.

repo-review finds these functions by the entry points in pyproject.toml and calls them; nothing here
imports it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from async_test_template import SITE
from async_test_template.errors import UserError
from async_test_template.faults import fault_of, sentences
from async_test_template.migrate import look_at
from async_test_template.report import is_advice
from async_test_template.report.words import severity_of
from async_test_template.shown import shown
from async_test_template.targets import Target, plan_projects

if TYPE_CHECKING:
    from typing import TypeAlias

    #: Lines of a report, by family; "0" has files that cannot be read. None without a checkout.
    Found: TypeAlias = dict[str, list[str]] | None

_FAMILY = "async-test-template"
#: The description of each check, by the first digit of the codes of its rules.
_CHECKS = {
    "1": "Modes and loop scopes",
    "2": "Configuration files and pytest itself",
    "3": "Timeouts",
    "4": "Dependencies",
    "5": "Event loops in code",
    "6": "Marks",
    "7": "Fixtures",
    "8": "AnyIO and HTTP clients",
    "9": "aiohttp, pytest and the standard library",
}
_OUTCOME = "its findings are missing"


class ReadableCheck:
    """The files that decide about the tests can be read."""

    family = _FAMILY

    def check(self, async_test_findings: Found) -> str | None:
        """Return the files that cannot be read; empty passes, and None skips the check."""
        return _list(async_test_findings, "0")


class FamilyCheck:
    """A family of rules; its docstring has the name, which repo-review shows."""

    family = _FAMILY
    requires = frozenset({"AT000"})
    url = f"{SITE}/rules/"

    def __init__(self, digit: str) -> None:
        """Stand for the rules whose codes start with this digit."""
        self.digit = digit
        self.__doc__ = _CHECKS[digit]

    def check(self, async_test_findings: Found) -> str | None:
        """Return the findings of the rules; empty passes, and None skips the check."""
        return _list(async_test_findings, self.digit)


def _list(found: Found, family: str) -> str | None:
    """Write a Markdown list, as repo-review shows messages."""
    if found is None:
        return None
    return "\n".join(f"- {shown(line)}" for line in found.get(family, ()))


def checks() -> dict[str, ReadableCheck | FamilyCheck]:
    """Return the checks by name: AT100 for the rules from AT101 to AT199, and so on.

    AT0xx is left out: those rules run the tests.
    """
    families = {f"AT{digit}00": FamilyCheck(digit) for digit in _CHECKS}
    return {"AT000": ReadableCheck(), **families}


def families() -> dict[str, dict[str, str]]:
    """Return the heading of the checks."""
    return {_FAMILY: {"name": "Async tests"}}


def findings(package: object) -> Found:
    """Check a project once for all checks; repo-review calls this a fixture.

    Args:
        package: the project's root, a Traversable; only one on the disk is checked.

    """
    if not isinstance(package, Path):
        return None
    try:
        root = package.resolve()
        plan = plan_projects(root, [Target(root)], lambda project: look_at(project.root))
    except (UserError, OSError) as error:
        return {"0": [str(error)]}
    except Exception as error:  # noqa: BLE001 - told to the user, with all of it
        return {"0": list(sentences([fault_of(error)], _OUTCOME))}
    found = {"0": [f"{file}:{line} {message}" for file, line, message in plan.unreadable]}
    for fault in plan.faults:
        # A rule that fails does not stop the other families.
        families = {code[2] for code in fault.rules} or {"0"}
        for family in families:
            found.setdefault(family, []).extend(sentences([fault], _OUTCOME))
    for finding in plan.left:
        if is_advice(finding):
            continue
        hint = f" What to do: {finding.hint}." if finding.hint else ""
        place = f"{finding.file}:{finding.line}:{finding.column}"
        kind = f"{finding.code} [{severity_of(finding).value}]"
        line = f"`{place}` {kind} {finding.message}.{hint}"
        found.setdefault(finding.code[2], []).append(line)
    return found

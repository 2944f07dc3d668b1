"""AT112: async tests that no plugin runs."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.by_hand import uses
from async_test_template.rules.facts import CODE
from async_test_template.rules.rule import Rule
from async_test_template.rules.runners import has_marked, has_old_aiohttp, without_runner
from async_test_template.rules.which_loop import MODE
from async_test_template.suppressions import comment_at, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.items import Test


def _check(project: Project) -> Iterator[Finding]:
    unmarked = without_runner(project)
    if not unmarked:
        yield from _with_new_aiohttp(project)
        return
    backend = project.desired.backend or "asyncio"
    if project.settings.effective(MODE) == "strict" or backend == "anyio":
        yield from _one_a_file(unmarked, backend)
        return
    # The finding is in the settings, and the comment that silences it is next to the tests.
    unmarked = [test for test in unmarked if not _is_silenced(project, test)]
    if unmarked:
        yield _for_all(project, unmarked)


def _is_silenced(project: Project, test: Test) -> bool:
    """Tell whether a comment says that a test is unmarked on purpose."""
    return comment_at(_lines(project, test.file), RULE.code, test.line) is not None


# The tests of a file ask one after the other.
@lru_cache(maxsize=4)
def _lines(project: Project, file: str) -> list[str]:
    return lines_of(project.tree, file)


def _with_new_aiohttp(project: Project) -> Iterator[Finding]:
    """Yield a finding if an old pytest-aiohttp runs the tests, and can be raised with the mode.

    If it cannot be raised, there is nothing to do: the tests run.
    """
    if not has_old_aiohttp(project) or project.settings.effective(MODE) is not None:
        return
    unmarked = without_runner(project, once_raised=True)
    raised = project.dependencies.raised("pytest-aiohttp", "1.0")
    if not unmarked or not raised:
        return
    finding = _for_all(project, unmarked)
    if finding.edits:
        message = f"{finding.message}, and pytest-aiohttp no longer does so since 1.0"
        edits = (*finding.edits, *raised)
        yield finding._replace(message=message, tier=Tier.UNSAFE, edits=edits)


def _one_a_file(unmarked: list[Test], backend: str) -> Iterator[Finding]:
    """Yield a finding at the first test of each file: the answers choose a mode, no marks."""
    by_file: dict[str, list[Test]] = {}
    for test in unmarked:
        by_file.setdefault(test.file, []).append(test)
    for file, tests in by_file.items():
        first = min(tests, key=lambda test: test.line)
        more = f" and {len(tests) - 1} more" if len(tests) > 1 else ""
        yield Finding(
            RULE.code,
            f"in strict mode nothing runs {first.name}{more}: the mark {backend} is missing",
            file,
            first.line,
            first.column,
            hint=f"mark with @pytest.mark.{backend}, or set {backend}_mode = auto",
        )


def _for_all(project: Project, unmarked: list[Test]) -> Finding:
    settings, mode = project.settings, project.desired.mode
    first = unmarked[0]
    more = f" and {len(unmarked) - 1} more have" if len(unmarked) > 1 else " has"
    # Strict mode would not run them, just as no mode does not.
    edits = () if mode == "strict" else settings.set_all({MODE: "auto"}) or ()
    tier = Tier.SAFE if mode else Tier.UNSAFE
    is_missing = not project.dependencies.has("pytest-asyncio")
    if is_missing and project.dependencies.of("pytest") and project.desired.backend is None:
        # Nothing says which plugin should run them.
        edits = ()
    if mode is None and has_marked(project) and not _ran_by_aiohttp(project):
        # If other tests are marked, these may be left out on purpose.
        edits = ()
    if (
        edits
        and project.dependencies.of("pytest")
        and not project.dependencies.may_have("pytest-asyncio")
    ):
        # Without the plugin the mode would have no effect.
        added = project.dependencies.added("pytest-asyncio", "1.5")
        edits = (*edits, *added) if added else ()
    hint = _HINT
    if edits:
        # The mode also runs the fixtures.
        found = uses(project)
        tier = Tier.UNSAFE if found.unseen else tier
        for fixture, place in found.by_hand.items():
            edits = ()
            hint = f"{_HINT} ({place} runs the fixture {fixture.name} by hand)"
    sentence = _sentence(first, more)
    if not settings.file:
        return Finding(
            RULE.code, sentence, first.file, first.line, tier=tier, edits=edits, hint=hint
        )
    return settings.finding(RULE.code, sentence, tier=tier, edits=edits, hint=hint)


def _ran_by_aiohttp(project: Project) -> bool:
    """Tell whether pytest-aiohttp ran tests without a mark, before its release 1.0."""
    is_asyncio = not any(
        test.mark(name) for test in project.code.async_tests for name in ("anyio", "trio")
    )
    return is_asyncio and project.dependencies.has("pytest-aiohttp")


_HINT = "choose --mode auto, or mark them with @pytest.mark.asyncio"


def _sentence(test: Test, more: str) -> str:
    return (
        f"no asyncio mode is set and {test.name} ({test.file}:{test.line}){more} "
        "no mark that makes a plugin run it"
    )


RULE = Rule(
    code="AT112",
    name="async-tests-unmarked",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    check=_check,
    only_with=(CODE,),
    follows=("AT208", "AT203", "AT221"),
)

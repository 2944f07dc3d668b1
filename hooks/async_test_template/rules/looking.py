"""What the chosen rules do with a Python file while it is read, and which files they need."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from async_test_template.rules import holds, joined, judge
from async_test_template.rules.premises.apply import is_possible
from async_test_template.rules.rule import Where
from async_test_template.source.looker import ALWAYS
from async_test_template.source.relevance import holds_clients

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from async_test_template.findings import Found
    from async_test_template.project import Project
    from async_test_template.rules.rule import Rule
    from async_test_template.source.looker import Suspects
    from async_test_template.source.source import Source
    from async_test_template.source.words import Vocabulary, Words


class Looking:
    """Some rules on one repository."""

    def __init__(self, rules: Sequence[Rule], project: Project) -> None:
        """Look for the rules; what the settings tell about them is found out later."""
        self._rules = rules
        self._project = project

    def look(self, source: Source, mentioned: Collection[bytes]) -> Found:
        """Return what rules find that look at one file alone, and which rules wait for the others.

        Args:
            source: the file.
            mentioned: those of the conditions that the repository meets.

        """
        hold = source.words.hold
        possible = (rule for rule in self._possible if rule.anywhere in mentioned)
        held = [rule for rule in possible if hold(rule.words)]
        alone = (rule for rule in held if rule.alone)
        found = joined(judge(self._project, rule, source, source.file) for rule in alone)
        waiting = (rule.code for rule in held if not rule.alone and _may_find(rule, source))
        return found._replace(waiting=tuple(waiting))

    def suspicion(self, vocabulary: Vocabulary) -> Suspects:
        """Return a function that decides from the words of a file whether some rule needs it.

        It returns what the repository must mention, in any file, for a rule to find something in
        this one: nothing at all if no rule does, and an empty text if the file is enough.

        Its second argument says whether the file belongs to the tests by its name and place; other
        files do if they mention pytest.

        Args:
            vocabulary: the words of all files that it is asked about; most rules look for none.

        """
        by_place: dict[Where, list[Rule]] = {where: [] for where in Where}
        for rule in self._possible:
            if vocabulary.may_hold(rule.words):
                by_place[rule.where].append(rule)

        def suspects(words: Words, holds_tests: bool) -> frozenset[bytes]:  # noqa: FBT001 - the second of two
            conditions: set[bytes] = set()
            for rule in _looking_there(by_place, words, holds_tests=holds_tests):
                is_open = rule.anywhere not in conditions
                if is_open and words.hold(rule.words) and _is_suspicious(rule, words):
                    if not rule.anywhere:
                        return ALWAYS
                    conditions.add(rule.anywhere)
            return frozenset(conditions)

        return suspects

    @cached_property
    def conditions(self) -> tuple[bytes, ...]:
        """What some file of the repository must mention for a rule to find anything."""
        return tuple({rule.anywhere for rule in self._possible})

    @cached_property
    def _possible(self) -> list[Rule]:
        """The rules on code that can find anything, as far as the settings tell."""
        return [
            rule for rule in self._rules if rule.visit and holds(is_possible, self._project, rule)
        ]


def _looking_there(
    by_place: dict[Where, list[Rule]], words: Words, *, holds_tests: bool
) -> Iterator[Rule]:
    """Yield the rules that look at files of this kind."""
    yield from by_place[Where.EVERYWHERE]
    is_of_tests = holds_tests or words.hold(b"pytest")
    if is_of_tests:
        yield from by_place[Where.TESTS]
    # A test may get its client from a fixture in another file.
    if is_of_tests or holds_clients(words):
        yield from by_place[Where.CLIENTS]


def _is_suspicious(rule: Rule, words: Words) -> bool:
    return rule.suspects is None or bool(rule.suspects(words.data))


def _may_find(rule: Rule, source: Source) -> bool:
    try:
        return rule.spots is None or any(True for _ in rule.spots(source))
    except Exception:  # noqa: BLE001 - the rule meets it again, and is told by its name
        return True

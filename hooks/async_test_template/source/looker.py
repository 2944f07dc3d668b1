"""What is asked of the chosen rules while files are read, which know nothing of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from async_test_template.findings import Found

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import TypeAlias

    from async_test_template.source.source import Source
    from async_test_template.source.words import Vocabulary, Words

    #: Tells from the words of a file, and from whether its name is a test file's, what the
    #: repository must mention for a rule to find something in it: an empty text for nothing more,
    #: and no element at all if no rule does.
    Suspects: TypeAlias = Callable[[Words, bool], frozenset[bytes]]

#: What every repository mentions.
ALWAYS = frozenset({b""})


class Looker(Protocol):
    """Some rules on one repository."""

    @property
    def conditions(self) -> tuple[bytes, ...]:
        """Everything that a rule may want the repository to mention, in any file."""

    def look(self, source: Source, mentioned: Collection[bytes]) -> Found:
        """Return the findings in a file that depend on no other file with code.

        Args:
            source: the file.
            mentioned: those of the conditions that the repository meets.

        """

    def suspicion(self, vocabulary: Vocabulary) -> Suspects:
        """Return a function that tells which files are worth parsing without the index.

        Args:
            vocabulary: the words of all files that it is asked about.

        """


class Nobody:
    """No rules at all: only what the index needs is read."""

    conditions = ()

    def look(self, _source: Source, _mentioned: Collection[bytes]) -> Found:
        """Find nothing."""
        return Found()

    def suspicion(self, _vocabulary: Vocabulary) -> Suspects:
        """Want no file."""
        return lambda _words, _holds_tests: frozenset()

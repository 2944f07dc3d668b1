"""Whether a file contains some words, found in its bytes: far faster than parsing it."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeAlias

    #: Words, each with how to find it if it is more than a word.
    _Alternatives: TypeAlias = tuple[tuple[bytes, Callable[[bytes], object] | None], ...]

_BLANKED = bytes(
    byte if bytes((byte,)).isalnum() or byte == ord("_") else ord(" ") for byte in range(256)
)
_ESCAPED = re.compile(rb"\\(\W)")
_ESCAPE = re.compile(rb"\\.")
_CLASS = re.compile(rb"\[[^][]*\]")
#: Characters that make the word before them optional, or stand for one of several.
_SEVERAL = re.compile(rb"[(\[{?.]|\w[*+]")
#: The text with which every match of a pattern begins.
_BEGIN = re.compile(rb"(?:(?:[^\\()\[.*+?^${|]|\\\W)(?![*?{]))*")
#: A word with its ends, where a blank stands for an end.
_WORD = re.compile(rb" ?\w+ ?")


class Words:
    """The bytes of a file, and each word in them once.

    About a hundred rules ask, and few files hold what they ask for. The words without their
    repetitions are some seven times shorter than the file.

    Attributes:
        data: the bytes.
        once: the words with blanks around each.
        vocabulary: the words of this file and others, if somebody has put them together.

    """

    def __init__(self, data: bytes) -> None:
        """Split a file into words."""
        self.data = data
        self.once = _around(data.translate(_BLANKED).split())
        self.vocabulary: Vocabulary | None = None

    def hold(self, words: bytes) -> bool:
        """Tell whether one of some alternatives, which are given as a pattern, is found."""
        once, vocabulary = self.once, self.vocabulary
        possible = _alternatives(words) if vocabulary is None else vocabulary.possible(words)
        for word, search in possible:
            if word in once and (search is None or search(self.data)):
                return True
        return False


class Vocabulary:
    """The words of some files, which hold few of those that rules ask for."""

    def __init__(self, files: Iterable[Words]) -> None:
        """Put the words of some files together, which know it from then on."""
        every: set[bytes] = set()
        for words in files:
            every.update(words.once.split())
            words.vocabulary = self
        self._once = _around(every)
        self._possible: dict[bytes, _Alternatives] = {}

    def may_hold(self, words: bytes) -> bool:
        """Tell whether one of some alternatives may be in one of the files."""
        return bool(self.possible(words))

    def possible(self, words: bytes) -> _Alternatives:
        """Return the alternatives that may be in one of the files."""
        found = self._possible.get(words)
        if found is None:
            once = self._once
            found = tuple(each for each in _alternatives(words) if each[0] in once)
            self._possible[words] = found
        return found


def _around(words: Iterable[bytes]) -> bytes:
    return b" %s " % b" ".join({*words})


@cache
def _alternatives(words: bytes) -> _Alternatives:
    """Split alternatives, each with its word, and with how to find it if it is more than a word.

    Each is looked for alone, which is ten times faster than one pattern.
    """
    parts = [words] if b"(" in words.replace(rb"\(", b"") else words.split(b"|")
    return tuple(map(_alternative, parts))


def _alternative(part: bytes) -> tuple[bytes, Callable[[bytes], object] | None]:
    word = part.replace(rb"\b", b" ")
    if b" " not in part and _WORD.fullmatch(word):
        return word, None
    return _word_in(part), _search(part)


def _word_in(part: bytes) -> bytes:
    """Return the longest word in every match of a pattern; empty if there is no plain one."""
    plain = _CLASS.sub(b" ", _ESCAPE.sub(b" ", part))
    if _SEVERAL.search(plain):
        return b""
    return max(plain.translate(_BLANKED).split(), key=len, default=b"")


def _search(part: bytes) -> Callable[[bytes], object]:
    """Return a function that finds a pattern in a file.

    Its plain beginning is looked for first: `in` is far faster than `re`, and most files do not
    have it.
    """
    match = _BEGIN.match(part)
    begin = _ESCAPED.sub(rb"\1", match[0]) if match else b""
    if match and match.end() == len(part):
        return lambda data: begin in data
    search = re.compile(part).search
    return lambda data: begin in data and search(data)

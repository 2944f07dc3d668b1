"""Find messages in text of any size: a line, a traceback, a log of a hundred megabytes.

The text is read in parts, so the memory does not grow with it. Each wording is looked for by its
longest fixed part, which takes no longer than reading the text. Bytes are taken for Latin-1 until
something is found: so every byte is a character, and nothing has to be decoded twice.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from async_test_template.messages import all_messages
from async_test_template.messages.wording import CUT, LEAST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.messages.page import Message
    from async_test_template.messages.wording import Match, Wording

#: How much is read at once.
_PART = 1 << 20
#: How much of the text around a message is kept: it names the files and the tests.
_AROUND = 1 << 13
#: How long a message may be, and how far apart its fixed parts.
_LONGEST = 1 << 12
#: More different ones tell nobody anything.
_MOST = 50
#: In a text of this size, a message may be wrapped by whoever pasted it.
_PASTED = 1 << 16
#: So many fixed characters show a message that was cut off anywhere but in the summary,
#: and so many of them must not be needed to tell it from others.
_CLEARLY, _SPARE = 24, 4
#: How a line of pytest's summary begins.
_SUMMARY = ("FAILED ", "ERROR ")
_COLOUR = re.compile(rb"\x1b\[[0-9;]*[mK]")
#: How XML writes some characters; the ampersand comes last.
_XML = (
    (b"&#10;", b"\n"),
    (b"&#13;", b""),
    (b"&lt;", b"<"),
    (b"&gt;", b">"),
    (b"&quot;", b'"'),
    (b"&apos;", b"'"),
    (b"&#x27;", b"'"),
    (b"&amp;", b"&"),
)


class Hit(NamedTuple):
    """A message in a text.

    Attributes:
        message: the message.
        wording: how it is worded.
        match: what is in its gaps.
        line: the line of the first one.
        near: the text around the first one.
        times: how often it is there.

    """

    message: Message
    wording: Wording
    match: Match
    line: int
    near: str
    times: int = 1


def search(text: str) -> list[Hit]:
    """Find messages in a text, in the order in which they come."""
    return search_stream(io.BytesIO(text.encode("utf-8", "replace")))


def search_stream(stream: BinaryIO) -> list[Hit]:
    """Find messages in what a stream has, in the order in which they come.

    Raises:
        OSError: the stream cannot be read.

    """
    found: dict[tuple[str, ...], Hit] = {}
    lines, size, last = 1, 0, ""
    for part in _parts(stream):
        last = part.text[part.start : part.end]
        size += len(last)
        for message, wording, match in _matches(part):
            key = (message.name, *(match.gaps.get(gap, "") for gap in sorted(message.telling)))
            if key in found:
                found[key] = found[key]._replace(times=found[key].times + 1)
            elif len(found) < _MOST:
                line = lines + part.text.count("\n", part.start, match.start)
                near = part.text[max(match.start - _AROUND, 0) : match.end + _AROUND]
                gaps = {name: _decoded(text) for name, text in match.gaps.items()}
                said = match._replace(gaps=gaps)
                found[key] = Hit(message, wording, said, line, _decoded(near))
        lines += last.count("\n")
    if found or size > _PASTED:
        return list(found.values())
    text = _decoded(last).strip()
    if cut := list(_cut(text)):
        return cut
    if "\n" not in text:
        return _clearly_begun(text)
    # A terminal breaks a line anywhere, an editor only at blanks.
    return search(" ".join(text.split())) or search("".join(text.splitlines()))


def _cut(text: str) -> Iterator[Hit]:
    """Yield the messages that pytest cut off in its summary, if only one begins like that."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith(_SUMMARY) and line.rstrip().endswith(CUT):
            yield from _begun(line.partition(" - ")[2], number, text, LEAST)


def _begun(line: str, number: int, text: str, least: int) -> list[Hit]:
    """Return the message that begins at the end of a line, if it can only be this one.

    Args:
        line: the line, which was cut.
        number: its number.
        text: what is around it.
        least: so many fixed characters of the message have to be left.

    """
    said = line.rstrip().removesuffix(CUT)
    found = [
        (cut[0], Hit(message, wording, cut[1], number, text))
        for message in all_messages()
        for wording in message.wordings
        if (cut := wording.cut(said)) and cut[0] >= least
    ]
    most = max((fixed for fixed, _ in found), default=0)
    best = [hit for fixed, hit in found if fixed == most]
    return best[:1] if len({hit.message.name for hit in best}) == 1 else []


def _clearly_begun(text: str) -> list[Hit]:
    """Return the message that begins at the end of a pasted line, if not only its end says so."""
    said = text.removesuffix(CUT)
    hits = _begun(said, 1, text, _CLEARLY)
    without_end = _begun(said[:-_SPARE], 1, text, _CLEARLY - _SPARE)
    names = [[hit.message.name for hit in some] for some in (hits, without_end)]
    return hits if names[0] == names[1] else []


class _Part(NamedTuple):
    """A part of a text.

    Attributes:
        text: its bytes as characters, with some before and after it.
        start: where it begins in them.
        end: where it ends.

    """

    text: str
    start: int
    end: int


def _parts(stream: BinaryIO) -> Iterator[_Part]:
    """Yield the parts of a text, each with what is around it."""
    before, waiting = b"", b""
    is_xml: bool | None = None
    while read := stream.read(_PART):
        if is_xml is None:
            is_xml = read.lstrip().startswith((b"<?xml", b"<testsuite"))
        waiting += read
        # The end of it is read with the next part, when what follows it is there.
        end = _last_end(waiting)
        ready, waiting = _plain(waiting[:end], is_xml=is_xml), waiting[end:]
        if ready:
            behind = _plain(waiting, is_xml=is_xml)
            yield _part(before, ready, behind)
            before = (before + ready)[-_AROUND:]
    if waiting:
        yield _part(before, _plain(waiting, is_xml=bool(is_xml)), b"")


def _part(before: bytes, data: bytes, behind: bytes) -> _Part:
    text = (before + data + behind).decode("latin-1")
    return _Part(text, len(before), len(before) + len(data))


def _last_end(data: bytes) -> int:
    """Return where to cut data: at the end of a line or of a tag, with enough behind it."""
    limit = max(len(data) - _AROUND, 0)
    return max(data.rfind(b"\n", 0, limit), data.rfind(b">", 0, limit)) + 1 or limit


def _plain(data: bytes, *, is_xml: bool) -> bytes:
    """Return data without colours, and without the escapes of XML."""
    if is_xml and b"&" in data:
        for written, meant in _XML:
            data = data.replace(written, meant)
    return _COLOUR.sub(b"", data) if b"\x1b" in data else data


def _decoded(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "replace")


def _matches(part: _Part) -> Iterator[tuple[Message, Wording, Match]]:
    """Yield the messages of a part, in order; where several wordings overlap, the heaviest."""
    found = [
        (message, wording, match)
        for message in all_messages()
        for wording in message.wordings
        for match in _matches_of(wording, part)
    ]
    found.sort(key=lambda one: (one[2].start, -one[1].weight))
    best: tuple[Message, Wording, Match] | None = None
    for one in found:
        if best is not None and one[2].start >= best[2].end:
            yield best
            best = None
        if best is None or one[1].weight > best[1].weight:
            best = one
    if best is not None:
        yield best


def _matches_of(wording: Wording, part: _Part) -> Iterator[Match]:
    """Yield the places of one wording that begin in a part, each within a line."""
    text, place = part.text, part.start
    while (place := text.find(wording.key, place, part.end + _LONGEST)) >= 0:
        begin = max(text.rfind("\n", part.start, place) + 1, place - _LONGEST, part.start)
        line_end = text.find("\n", place, place + 2 * _LONGEST)
        end = place + 2 * _LONGEST if line_end < 0 else line_end
        match = wording.find(text, begin, end)
        if match is not None:
            if match.start < part.end:
                yield match
            part = part._replace(start=match.end)
            place = match.end
        else:
            # There is none in this line, or in a long one none that begins before this.
            place = place + _LONGEST if line_end < 0 else line_end

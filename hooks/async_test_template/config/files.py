"""The bytes of a text file as text, and back without a byte changed."""

import codecs
import re
from typing import NamedTuple

from async_test_template.errors import ParseError

# The longer marks first: UTF-32's little-endian mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# PEP 263; pip (26.1, `req_file.py`) reads the same declaration in requirements files.
_DECLARATION = rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)"


class TextFile(NamedTuple):
    """Decoded text with what it takes to write it back.

    Attributes:
        text: the content without byte order mark; line ends are not translated.
        encoding: the codec's name.
        mark: the byte order mark the file began with, or nothing.

    """

    text: str
    encoding: str
    mark: bytes

    def encode(self, text: str) -> bytes:
        """Return the bytes of `text` in this file's encoding, after its byte order mark.

        Raises:
            ParseError: the encoding has no bytes for one of the characters.

        """
        try:
            return self.mark + text.encode(self.encoding)
        except UnicodeEncodeError as error:
            line = text.count("\n", 0, error.start) + 1
            character = text[error.start]
            raise ParseError(f"{self.encoding} cannot hold {character!r}", line=line) from error


def decode(data: bytes) -> TextFile:
    """Read `data` by its byte order mark, else as UTF-8, else as its first lines declare.

    Raises:
        ParseError: no encoding fits, or decoding it would not give the same bytes back.

    """
    mark, encoding = next(
        ((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", "utf-8")
    )
    body = data[len(mark) :]
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        declared = None if mark else _declared_encoding(body)
        if declared is None:
            raise ParseError(f"not {encoding.upper()} text", line=line) from error
        encoding = declared
        try:
            text = body.decode(encoding)
        except (ValueError, LookupError) as second:
            # Some codecs raise a plain ValueError.
            raise ParseError(f"not the {encoding} text it declares", line=line) from second
    try:
        is_same = text.encode(encoding) == body
    except ValueError:
        is_same = False
    if not is_same:
        raise ParseError(f"{encoding} text that cannot be written back unchanged")
    return TextFile(text, encoding, mark)


def _declared_encoding(body: bytes) -> str | None:
    for line in body.split(b"\n")[:2]:
        if match := re.match(_DECLARATION, line):
            try:
                return codecs.lookup(match[1].decode("ascii")).name
            except (LookupError, UnicodeDecodeError):
                return None
    return None

"""The bytes of a Python file as text, by the rules of the language (PEP 263), and back."""

from __future__ import annotations

import codecs
import io
import tokenize

from async_test_template.config.files import TextFile
from async_test_template.errors import ParseError


def decode(data: bytes) -> TextFile:
    """Read a Python file by its byte order mark or its coding declaration, else as UTF-8.

    Raises:
        ParseError: it is not text in that encoding, or cannot be written back unchanged.

    """
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    body = data[len(mark) :]
    try:
        # Most files declare nothing and are UTF-8; asking `tokenize` takes longer than reading.
        head = body[:200]
        name = "utf-8" if mark or b"coding" not in head else _declared(body)
        text = body.decode(name)
        again = text.encode(name)
    except (SyntaxError, ValueError, LookupError) as error:
        # Some codecs raise a plain ValueError.
        raise ParseError("not the text that Python would read", line=1) from error
    if again != body:
        raise ParseError(f"{name} text that cannot be written back unchanged")
    return TextFile(text, name, mark)


def _declared(body: bytes) -> str:
    return tokenize.detect_encoding(io.BytesIO(body).readline)[0]

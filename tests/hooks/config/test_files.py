"""Decoding a file and encoding it again gives the same bytes, or a refusal."""

from __future__ import annotations

import codecs

import pytest
from async_test_template.config import files
from async_test_template.errors import ParseError
from hypothesis import given
from hypothesis import strategies as st

MARKS = [
    b"",
    codecs.BOM_UTF8,
    codecs.BOM_UTF16_LE,
    codecs.BOM_UTF16_BE,
    codecs.BOM_UTF32_LE,
    codecs.BOM_UTF32_BE,
]


@pytest.mark.slow
@given(st.sampled_from(MARKS), st.one_of(st.binary(), st.text().map(str.encode)))
def test_the_bytes_come_back(mark: bytes, body: bytes) -> None:
    data = mark + body
    try:
        file = files.decode(data)
    except ParseError:
        return
    assert file.encode(file.text) == data


@pytest.mark.parametrize(
    ("data", "encoding", "mark"),
    [
        ("é\r\n".encode(), "utf-8", b""),
        (codecs.BOM_UTF8 + "é".encode(), "utf-8", codecs.BOM_UTF8),
        (codecs.BOM_UTF16_LE + "é\n".encode("utf-16-le"), "utf-16-le", codecs.BOM_UTF16_LE),
        (codecs.BOM_UTF32_LE + "é\n".encode("utf-32-le"), "utf-32-le", codecs.BOM_UTF32_LE),
        ("# -*- coding: latin-1 -*-\n# é\n".encode("latin-1"), "iso8859-1", b""),
        ("# x\n# vim: fileencoding=cp1252\n€\n".encode("cp1252"), "cp1252", b""),
    ],
)
def test_the_encoding_is_that_of_the_mark_or_the_declaration(
    data: bytes, encoding: str, mark: bytes
) -> None:
    file = files.decode(data)

    assert (file.encoding, file.mark) == (encoding, mark)
    assert not file.text.startswith("\ufeff")
    assert file.encode(file.text) == data


@pytest.mark.parametrize(
    ("data", "message", "line"),
    [
        (b"a\n\xe9\n", "not UTF-8 text", 2),
        (b"# coding: nonsense\n\xe9\n", "not UTF-8 text", 2),
        (b"# coding: hex\n\xe9\n", "not the hex text it declares", 2),
        (b"# coding: ascii\n\xe9\n", "not the ascii text it declares", 2),
        (b"#\n#\n# coding: latin-1\n\xe9\n", "not UTF-8 text", 4),
        (codecs.BOM_UTF16_LE + b"a", "not UTF-16-LE text", 1),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(data: bytes, message: str, line: int) -> None:
    with pytest.raises(ParseError, match=message) as error:
        files.decode(data)
    assert error.value.line == line


def test_an_encoding_that_does_not_give_the_bytes_back_is_refused() -> None:
    # Two sequences are the same character of this encoding, which writes the other one.
    data = b"# coding: cp932\n\xee\xf9\n"

    with pytest.raises(ParseError, match="written back unchanged"):
        files.decode(data)


def test_a_character_that_the_encoding_lacks_is_refused_with_its_line() -> None:
    file = files.decode("# coding: latin-1\n# é\n".encode("latin-1"))

    with pytest.raises(ParseError, match="cannot hold '€'") as error:
        file.encode(file.text + "€\n")
    assert error.value.line == 3

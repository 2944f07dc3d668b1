"""One requirement: its parts are those packaging sees, and only the specifier is edited."""

from __future__ import annotations

import pytest
from async_test_template.config import requirement
from async_test_template.errors import EditError, ParseError
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

names = st.sampled_from(["pytest", "pytest-asyncio", "Pytest.Asyncio", "a", "a__b", "-a", "a-"])
extras = st.sampled_from(["", "[x]", "[x, Y_z]", " [ x ]", "[]"])
specifiers = st.sampled_from(
    ["", ">=1", " >= 1, < 2", "==1.*", "~=1.0", "===x", "(>=1)", " ( >=1,<2 )", "()", ">1 ", ">= x"]
)
urls = st.sampled_from([" @ https://x.org/a.zip", "@https://x.org/a.zip", " @ file:///a b"])
markers = st.sampled_from(
    ["", ";python_version<'3.11'", " ; extra == 'x' and os_name == \"nt\"", " ; nonsense", ";"]
)
written = st.builds("{}{}{}{}".format, names, extras, st.one_of(specifiers, urls), markers)


def judge(text: str) -> Requirement | None:
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


@given(written)
def test_the_parts_are_those_packaging_sees(text: str) -> None:
    expected = judge(text)
    if expected is None:
        with pytest.raises(ParseError):
            requirement.check(text)
        return

    requirement.check(text)
    parts = requirement.parse(text)
    assert parts.name == canonicalize_name(expected.name)
    assert parts.extras == {canonicalize_name(extra) for extra in expected.extras}
    assert parts.url == expected.url
    assert Requirement(f"a{parts.specifier}").specifier == expected.specifier
    assert Requirement(f"a; {parts.marker}" if parts.marker else "a").marker == expected.marker


@given(written, st.sampled_from([">=1.5", "", "==2.*", ">=1,<3"]))
def test_only_the_specifier_is_replaced(text: str, specifier: str) -> None:
    old = judge(text)
    if old is None or old.url is not None:
        with pytest.raises((ParseError, EditError)):
            requirement.replace_specifier(text, specifier)
        return

    result = requirement.replace_specifier(text, specifier)
    new = Requirement(result)
    assert new.specifier == Requirement(f"a{specifier}").specifier
    assert (new.name, new.extras, new.marker) == (old.name, old.extras, old.marker)
    parts = requirement.parse(text)
    assert result == text[: parts.start] + specifier + text[parts.end :]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pytest", "pytest>=8.4"),
        ("pytest <8", "pytest >=8.4"),
        ("pytest(<8)", "pytest(>=8.4)"),
        ("Pytest[x]==7.* ; extra == 'y'", "Pytest[x]>=8.4 ; extra == 'y'"),
        ("pytest ; python_version >= '3.10'", "pytest>=8.4 ; python_version >= '3.10'"),
    ],
)
def test_spaces_extras_and_markers_stay(before: str, after: str) -> None:
    assert requirement.replace_specifier(before, ">=8.4") == after


@pytest.mark.parametrize("specifier", ["; extra == 'x'", " @ https://x.org", "x", "[x]>=1"])
def test_what_is_not_a_specifier_is_refused(specifier: str) -> None:
    with pytest.raises((ParseError, EditError)):
        requirement.replace_specifier("pytest>=8", specifier)

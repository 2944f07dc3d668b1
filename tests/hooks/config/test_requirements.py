"""Requirements files: every entry is found, one is edited, one is added."""

from __future__ import annotations

import pytest
from async_test_template.config import requirements
from async_test_template.errors import EditError, ParseError

TEXT = """\
# tests
-r base.txt
--requirement=more.txt  # more
-c constraints.txt
-e ./here[x]
--index-url https://x.org/simple
pytest>=7,<8  # runner
pytest-asyncio [x] == 0.21.* ; python_version < "3.12" # loops
https://x.org/a.zip#sha1=1
./a#b
httpx @ https://x.org/httpx.zip
anyio==4.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
trio --config-settings="a=b"
# gone \\
respx
${NAME}>=1
multi \\
  >=1
"""


def test_every_entry_is_found_with_its_kind_and_place() -> None:
    found = [(entry.kind, entry.text, entry.line) for entry in requirements.parse(TEXT)]

    assert found == [
        ("include", "-r base.txt", 2),
        ("include", "--requirement=more.txt", 3),
        ("constraint", "-c constraints.txt", 4),
        ("editable", "-e ./here[x]", 5),
        ("option", "--index-url https://x.org/simple", 6),
        ("requirement", "pytest>=7,<8", 7),
        ("requirement", 'pytest-asyncio [x] == 0.21.* ; python_version < "3.12"', 8),
        ("other", "https://x.org/a.zip#sha1=1", 9),
        ("other", "./a#b", 10),
        ("requirement", "httpx @ https://x.org/httpx.zip", 11),
        ("requirement", "anyio==4.0", 12),
        ("requirement", "trio", 15),
        ("requirement", "respx", 17),
        ("other", "${NAME}>=1", 18),
        ("other", "multi \\\n  >=1", 19),
    ]


def test_spans_targets_and_hashes() -> None:
    entries = requirements.parse("\ufeff" + TEXT.replace("\n", "\r\n"))

    marked = "\ufeff" + TEXT.replace("\n", "\r\n")
    assert all(marked[entry.start : entry.end] == entry.text for entry in entries)
    assert [entry.target for entry in entries[:6]] == [
        "base.txt",
        "more.txt",
        "constraints.txt",
        "./here[x]",
        None,
        None,
    ]
    assert [entry.text for entry in entries if entry.hashed] == ["anyio==4.0"]


def entry_of(text: str, name: str) -> requirements.Entry:
    return next(
        entry
        for entry in requirements.parse(text)
        if entry.requirement is not None and entry.requirement.name == name
    )


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("pytest", "pytest>=7,<8", "pytest>=1"),
        ("pytest-asyncio", "== 0.21.*", ">=1"),
        ("trio", "trio", "trio>=1"),
    ],
)
def test_only_the_specifier_is_replaced(name: str, old: str, new: str) -> None:
    after = requirements.replace_specifiers(TEXT, [(entry_of(TEXT, name), ">=1")])

    assert after == TEXT.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("anyio==4.0 --hash=sha256:aa\n", "pinned by hashes"),
        ("-r base.txt\n", "has no version"),
        ("./a\n", "has no version"),
        ("a @ https://x.org/a.zip\n", "points to a URL"),
        ("multi \\\n  >=1\n", "has no version"),
    ],
)
def test_what_cannot_be_edited_is_refused(text: str, message: str) -> None:
    with pytest.raises(EditError, match=message):
        requirements.replace_specifiers(text, [(requirements.parse(text)[0], ">=5")])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "new>=1\n"),
        ("a\nb # b\n-r c.txt\n# end\n", "a\nb # b\nnew>=1\n-r c.txt\n# end\n"),
        ("a", "a\nnew>=1"),
        ("a\r\n", "a\r\nnew>=1\r\n"),
        ("-r a.txt\n# x\n", "-r a.txt\n# x\nnew>=1\n"),
        ("a==1 \\\n  --hash=x:1\n-c b\n", "a==1 \\\n  --hash=x:1\nnew>=1\n-c b\n"),
        ("\ufeff", "\ufeffnew>=1\n"),
        ("a\n-c b\ufeff", "a\nnew>=1\n-c b\ufeff"),
        ("-c b\ufeff", "-c b\ufeff\nnew>=1"),
        ("a\nb  # b \\\n", "a\nnew>=1\nb  # b \\\n"),
        ("a \\", "new>=1\na \\"),
        ("a\n-r c.txt \\\n", "a\nnew>=1\n-r c.txt \\\n"),
        ("-r c.txt \\\r\n", "new>=1\r\n-r c.txt \\\r\n"),
        ("a\n# b \\\n", "a\nnew>=1\n# b \\\n"),
        ("# b \\\n", "# b \\\nnew>=1\n"),
    ],
)
def test_a_requirement_is_added_behind_the_last_one(before: str, after: str) -> None:
    assert requirements.append(before, "new>=1") == after


def test_what_is_not_a_requirement_is_not_added() -> None:
    with pytest.raises(ParseError):
        requirements.append("a\n", "-r x")


def test_comments_and_continued_lines_end_where_pip_ends_them() -> None:
    text = "a==1 # x\nb==1\\\n --hash=x:1 # y\n# z \\\nc==1#not-a-comment\n"

    kinds = {entry.text: entry.kind for entry in requirements.parse(text)}
    assert kinds == {"a==1": "requirement", "b==1": "requirement", "c==1#not-a-comment": "other"}

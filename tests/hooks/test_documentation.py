"""The parts of each page and of docs/rules.md that are made from the rules are up to date."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from async_test_template.cli import main
from async_test_template.documentation import (
    FAMILIES,
    LIBRARIES,
    framed,
    index,
    known,
    messages_index,
)
from async_test_template.messages import all_messages
from async_test_template.policy_reader import SHAPES
from async_test_template.report import FORMATS
from async_test_template.rules import CODES, family_of, head_of, load, page_of
from async_test_template.rules.pages import PageError, read_head, read_page

if TYPE_CHECKING:
    from collections.abc import Iterable

RULES = Path(__file__).parents[2] / "docs" / "rules.md"
WRITE = "run: uv run docs/write_rules.py"
#: The beginning of a page that lacks nothing, and the rest.
HEAD = """\
# AT999 a-rule

Something is wrong.

It costs something.

- Severity: advice. It breaks nothing.
- Since: pytest 9, which removed it. See [pytest 9, changelog](https://example.org).
"""
PAGE = """\
# AT999 a-rule

## It does what it should not (safe)

Answers: mode=auto, timeout=30.

`test_it.py`:

```python
before = 1
```

`tests/__init__.py`:

```python
```

becomes

`test_it.py`:

```python
after = 1
```

## Left alone

### Something else

`test_it.py`:

```python
other = 1
```

## How to silence it
"""


def headings(code: str) -> Iterable[str]:
    return (example.heading for examples in read_page(page_of(code)) for example in examples)


@pytest.mark.parametrize("code", CODES)
def test_a_page_is_fresh(code: str) -> None:
    text = page_of(code).read_text(encoding="utf-8")
    assert text == framed(load(code), head_of(code), text), WRITE


@pytest.mark.parametrize("code", CODES)
def test_each_heading_stands_once(code: str) -> None:
    assert len({*headings(code)}) == len([*headings(code)])


def test_the_index_is_fresh() -> None:
    assert RULES.read_text(encoding="utf-8") == index(), WRITE


def test_what_is_known_without_an_import_is_fresh() -> None:
    path = page_of(CODES[0]).parents[1] / "known.py"
    assert path.read_text(encoding="utf-8") == known(), WRITE


def test_the_index_of_messages_is_fresh_and_whole() -> None:
    assert RULES.with_name("messages.md").read_text(encoding="utf-8") == messages_index(), WRITE
    assert {message.family for message in all_messages()} == {*LIBRARIES}


@pytest.mark.slow
def test_every_rule_is_in_the_index() -> None:
    assert {family_of(code) for code in CODES} == {*FAMILIES}
    for code in CODES:
        assert index().count(f"| [{code}](../hooks/") == 1


def test_no_two_rules_have_one_number() -> None:
    """The second one would be loaded in place of the first."""
    modules = page_of(CODES[0]).parents[1].glob("*/at*_*.py")
    assert sorted(module.stem[:5].upper() for module in modules) == [*CODES]


def test_a_page_is_read(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    (example,), (alike,) = read_page(path)
    assert example.heading == "It does what it should not (safe)"
    assert example.before == {"test_it.py": "before = 1\n", "tests/__init__.py": ""}
    assert example.after == {"test_it.py": "after = 1\n"}
    assert example.answers == {"mode": "auto", "timeout": 30}
    assert (alike.heading, alike.before) == ("Something else", {"test_it.py": "other = 1\n"})


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (" (safe)", "", "page.md:3: end the heading in (safe), (unsafe) or (report)"),
        ("`test_it.py`:\n\n```python\nb", "```python\nb", "page.md:7: name the file"),
        ("other = 1\n```", "other = 1", "page.md:32: close the block with ```"),
        ("becomes\n", "becomes\n\nbecomes\n", "page.md:3: show one example"),
        ("\nbecomes", "\n## More (report)\n\nbecomes", "page.md:18: show one example"),
        ("## How to silence it\n", "", "page.md: the page has no end"),
    ],
)
def test_a_page_is_refused_with_what_to_do(
    old: str, new: str, sentence: str, tmp_path: Path
) -> None:
    assert old in PAGE
    path = tmp_path / "page.md"
    path.write_text(PAGE.replace(old, new, 1))
    with pytest.raises(PageError) as told:
        read_page(path)
    assert str(told.value).startswith(sentence)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("# AT999", "AT999", "page.md:1: begin with"),
        ("wrong.", "wrong", "page.md:3: say in one line what is wrong, end it with a full stop"),
        ("costs something", "costs\nsomething", "page.md:5: say in one line, however long"),
        ("advice. It breaks nothing.", "advice", "page.md:7: give the reason for the severity"),
        (" See [pytest 9, changelog](https://example.org).", "", "page.md:8: say in one line"),
    ],
)
def test_the_beginning_of_a_page_is_refused_with_what_to_do(
    old: str, new: str, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "page.md"
    path.write_text(HEAD)
    assert read_head(path).title == "Something is wrong"
    assert old in HEAD
    path.write_text(HEAD.replace(old, new, 1))
    with pytest.raises(PageError) as told:
        read_head(path)
    assert str(told.value).startswith(sentence)


def test_each_option_format_and_setting_is_in_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("check", "migrate"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
    helped = {*re.findall(r"(?<=[\s\[])--?[a-z][a-z-]*", capsys.readouterr().out)}
    text = (RULES.parent / "settings.md").read_text(encoding="utf-8")
    rows = [row.split(" | ")[:-1] for row in text.splitlines() if row.startswith("|")]
    cells = {cell for row in rows for cell in re.findall(r"`([^`]+)`", " ".join(row))}
    assert {cell.partition(" ")[0] for cell in cells if cell[0] == "-"} == helped - {
        "-h",
        "--help",
        "-m",  # of `python -m pytest`
    }
    assert {cell for cell in cells if cell.startswith("--format ")} == {
        f"--format {style}" for style in FORMATS
    }
    assert cells >= {*SHAPES}

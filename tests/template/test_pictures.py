"""The pictures in README show the programs as they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from make_pictures import PICTURES

if TYPE_CHECKING:
    from pathlib import Path


def name(picture: Path) -> str:
    return picture.stem


@pytest.mark.slow
@pytest.mark.parametrize("picture", PICTURES, ids=name)
def test_a_picture_shows_what_is_so_today(picture: Path) -> None:
    drawn = picture.read_text(encoding="utf-8")
    assert texts(drawn) == texts(PICTURES[picture]()), "run docs/make_pictures.py"


@pytest.mark.parametrize("picture", PICTURES, ids=name)
def test_a_picture_loads_nothing_and_names_no_folder_of_a_machine(picture: Path) -> None:
    drawn = picture.read_text(encoding="utf-8")
    assert re.findall(r"https?://[^\"]*", drawn.replace("http://test", "")) == [
        "http://www.w3.org/2000/svg"
    ]
    assert re.findall(r"/(?:home|root|tmp|Users|work)/", drawn) == []


def texts(picture: str) -> list[str]:
    """Return what a picture says; where it is is up to the version of rich."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", picture)

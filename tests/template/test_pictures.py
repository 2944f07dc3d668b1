"""The picture in README shows the questions as they are."""

from __future__ import annotations

import re

import pytest
from make_pictures import PICTURE, draw, session


@pytest.mark.slow
def test_the_picture_shows_the_prompts_of_today() -> None:
    drawn = PICTURE.read_text(encoding="utf-8")
    assert texts(drawn) == texts(draw(session())), "run docs/make_pictures.py"


def test_the_picture_loads_nothing_and_names_no_folder_of_a_machine() -> None:
    drawn = PICTURE.read_text(encoding="utf-8")
    assert re.findall(r"https?://[^\"]*", drawn) == ["http://www.w3.org/2000/svg"]
    assert re.findall(r"/(?:home|root|tmp|Users|work)/", drawn) == []


def texts(picture: str) -> list[str]:
    """Return what a picture says; where it stands is up to the version of rich."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", picture)

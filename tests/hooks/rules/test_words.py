"""The search for the words of rules finds what their patterns find."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from async_test_template.rules import CODES, load, page_of
from async_test_template.rules.pages import read_page
from async_test_template.source.words import Words

if TYPE_CHECKING:
    from async_test_template.rules.rule import Rule

ON_CODE = [rule for rule in map(load, CODES) if rule.visit is not None]
TEXTS = {
    text.encode()
    for rule in ON_CODE
    for examples in read_page(page_of(rule.code))
    for example in examples
    for text in example.before.values()
}


@pytest.mark.parametrize("rule", ON_CODE, ids=lambda rule: rule.code)
def test_words_are_found_where_the_pattern_is(rule: Rule) -> None:
    pattern = re.compile(rule.words)
    for text in TEXTS:
        assert Words(text).hold(rule.words) == bool(pattern.search(text)), text

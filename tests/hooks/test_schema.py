"""The schema of the settings says the same as their reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import jsonschema
import pytest
import tomlkit
from async_test_template.errors import UserError
from async_test_template.policy import Given
from async_test_template.policy_reader import SHAPES, read_policy
from async_test_template.rules import NAMES
from async_test_template.schema import schema_file, settings_schema
from async_test_template.tree import Tree
from helpers import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from validate_pyproject import api, errors, plugins

SCHEMA = jsonschema.Draft7Validator(settings_schema())


def is_read(table: object) -> bool:
    """Tell whether the reader takes a table."""
    text = tomlkit.dumps({"tool": {"async-test-template": table}})
    tree = Tree(Path("nowhere"), {"pyproject.toml": text.encode()})
    try:
        read_policy(tree, NAMES, Given())
    except UserError:
        return False
    return True


VALID: tuple[dict[str, Any], ...] = (
    {},
    {"select": ["AT1", "AT501"], "extend-select": ["AT216"]},
    {"select": [], "exclude": [], "ignore": {}, "per-file-ignores": {}, "severity": {}},
    {"ignore": {"AT306": "the whole job has a timeout", "A": "so"}},
    {"per-file-ignores": {"tests/legacy": {"AT5": "in spring"}, "*.py": {}}},
    {"exclude": ["examples", "./tests/*.py", "...a"]},
    {"severity": {"AT402": "advice", "AT": "error", "AT1": "warning"}},
)
INVALID: tuple[object, ...] = (
    5,
    0,
    False,
    "",
    [],
    {"ignroe": {}},
    {"per_file_ignores": {}},
    {"select": ["AT999"]},
    {"select": [""]},
    {"select": ["at101"]},
    {"select": ["blocking-sleep"]},
    {"select": {"AT1": "so"}},
    {"extend-select": "AT216"},
    {"extend-select": [5]},
    {"ignore": ["AT501"]},
    {"ignore": {"AT5": 5}},
    {"ignore": {"AT5": " \t"}},
    {"ignore": {"AT5": ""}},
    {"ignore": {"AT999": "so"}},
    {"per-file-ignores": ["a"]},
    {"per-file-ignores": {"a": ["AT5"]}},
    {"per-file-ignores": {"./": {"AT5": "so"}}},
    {"per-file-ignores": {"a": {"AT5": "\u00a0"}}},
    {"exclude": "old"},
    {"exclude": ["./"]},
    {"exclude": [""]},
    {"severity": {"AT101": "warn"}},
    {"severity": {"AT101": 1}},
    {"severity": {"": "error"}},
)


@pytest.mark.parametrize("table", VALID, ids=str)
def test_what_is_right_is_right_for_both(table: dict[str, Any]) -> None:
    assert is_read(table)
    assert SCHEMA.is_valid(table)


@pytest.mark.parametrize("table", INVALID, ids=str)
def test_what_is_wrong_is_wrong_for_both(table: object) -> None:
    assert not is_read(table)
    assert not SCHEMA.is_valid(table)


WORDS = st.sampled_from(["AT1", "AT501", "A", "AT999", "at1", "", "error", "advice", "a/*", "./"])
TEXTS = WORDS | st.text(" \t\n\u00a0\u3000./a", max_size=2)
VALUES = st.recursive(
    TEXTS | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
TABLES = st.dictionaries(st.sampled_from([*SHAPES, "selct"]), VALUES, max_size=2)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(TABLES)
def test_both_agree_on_any_table(table: dict[str, Any]) -> None:
    assert is_read(table) == SCHEMA.is_valid(table)


def test_the_file_is_made_from_the_code() -> None:
    """If not: uv run docs/write_rules.py."""
    assert (ROOT / "docs" / "schema.json").read_text(encoding="utf-8") == schema_file()
    assert json.loads(schema_file())["properties"].keys() == SHAPES.keys()
    jsonschema.Draft7Validator.check_schema(settings_schema())


def test_validate_pyproject_reads_it() -> None:
    wrapper = plugins.PluginWrapper("async-test-template", cast("Any", settings_schema))
    validator = api.Validator(plugins=[wrapper])
    project = {"project": {"name": "a", "version": "1"}}
    validator({**project, "tool": {"async-test-template": {"ignore": {"AT5": "so"}}}})
    with pytest.raises(errors.ValidationError, match="ignore"):
        validator({**project, "tool": {"async-test-template": {"ignore": {"AT5": " "}}}})

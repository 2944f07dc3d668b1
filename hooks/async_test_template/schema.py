"""The JSON schema of the settings, for editors and for validate-pyproject.

It says the same as `policy_reader.py`, which has the better sentences. validate-pyproject finds
`settings_schema` by the entry point in pyproject.toml; nothing here imports it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from async_test_template import HOME
from async_test_template.findings import Severity
from async_test_template.policy_reader import SHAPES
from async_test_template.rules import CODES

if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Schema: TypeAlias = dict[str, Any]

_RULE = {"$ref": "#/definitions/rule"}
_PATTERN = {"$ref": "#/definitions/pattern"}
_REASONS = {"$ref": "#/definitions/reasons"}
#: What each setting does, and the schema of its value.
_SETTINGS: dict[str, tuple[str, Schema]] = {
    "select": ("Only these rules run.", {"type": "array", "items": _RULE}),
    "extend-select": (
        "These rules run too; an optional rule needs its whole code.",
        {"type": "array", "items": _RULE},
    ),
    "ignore": ("The findings of these rules are silenced, for a reason.", _REASONS),
    "per-file-ignores": (
        "The findings of some rules are silenced in some files, for a reason.",
        {"type": "object", "propertyNames": _PATTERN, "additionalProperties": _REASONS},
    ),
    "exclude": (
        "Nothing is reported or changed in these files.",
        {"type": "array", "items": _PATTERN},
    ),
    "severity": (
        "How much the findings of a rule matter.",
        {
            "type": "object",
            "propertyNames": _RULE,
            "additionalProperties": {"enum": [severity.value for severity in Severity]},
        },
    ),
}


def settings_schema(_tool: str = "async-test-template") -> Schema:
    """Return the schema of the table `[tool.async-test-template]`."""
    names = sorted({code[:length] for code in CODES for length in range(1, len(code) + 1)})
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": f"{HOME}/raw/main/docs/schema.json",
        "title": "Settings of async-test-template",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            key: {
                "description": f"{_SETTINGS[key][0]} It is {shape}.",
                # Next to a reference, draft 7 reads nothing else.
                "allOf": [_SETTINGS[key][1]],
            }
            for key, shape in SHAPES.items()
        },
        "definitions": {
            "rule": {
                "description": "The code of a rule, or its first characters.",
                "enum": names,
            },
            "pattern": {
                "description": "A file, or a folder and everything below it.",
                "type": "string",
                "pattern": "[^./]",
            },
            "reasons": {
                "type": "object",
                "propertyNames": _RULE,
                "additionalProperties": {
                    "description": "The reason, which the reports repeat.",
                    "type": "string",
                    "pattern": r"\S",
                },
            },
        },
    }


def schema_file() -> str:
    """Return docs/schema.json."""
    return json.dumps(settings_schema(), indent=2) + "\n"

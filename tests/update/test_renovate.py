"""The preset for Renovate does what its page says; `renovate/real_run.py` runs Renovate."""

from __future__ import annotations

import json
import re
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest
from fleets import MAJOR, Prototypes, edit
from helpers import ROOT, assert_done, commit, run

if TYPE_CHECKING:
    from pathlib import Path

PRESET = ROOT / "renovate" / "default.json"


@pytest.fixture
def rules() -> list[dict[str, Any]]:
    """Return the two rules of the preset: for every release, and for a major."""
    rules: list[dict[str, Any]] = json.loads(PRESET.read_text())["packageRules"]
    assert [rule.get("matchUpdateTypes") for rule in rules] == [None, ["major"]]
    return rules


@pytest.mark.parametrize(
    ("source", "ours"),
    [
        ("https://github.com/org/async-test-template", True),
        ("https://github.com/org/async-test-template.git", True),
        ("https://gitlab.example.com/tools/python/async-test-template.git/", True),
        ("git@example.com:async-test-template.git", True),
        ("https://github.com/org/async-test-template-docs", False),
        ("https://github.com/org/not-async-test-template", False),
        ("https://github.com/async-test-template/other", False),
    ],
)
def test_the_rules_are_for_this_template(
    source: str, rules: list[dict[str, Any]], *, ours: bool
) -> None:
    for rule in rules:
        assert rule["matchManagers"] == ["copier"]
        (pattern,) = rule["matchPackageNames"]
        assert pattern.startswith("/")
        assert pattern.endswith("/")
        assert bool(re.search(pattern[1:-1], source)) is ours


def test_releases_are_not_held_back_and_majors_not_merged(rules: list[dict[str, Any]]) -> None:
    every, major = rules
    assert "minimumReleaseAge" in every
    assert every["minimumReleaseAge"] is None
    assert every["addLabels"] == ["async-test-template"]
    assert major["automerge"] is False
    assert major["addLabels"] == ["needs-trust"]


# In the gate, test_migration.py crosses a major.
@pytest.mark.full
@pytest.mark.parametrize("folder", ["", "services/one"])
def test_the_command_in_the_body_of_a_major_brings_it(
    folder: str,
    rules: list[dict[str, Any]],
    prototypes: Prototypes,
    tmp_path: Path,
) -> None:
    project = tmp_path / "repository" / folder
    prototypes.copy("NEEDS_TRUST", project)
    edit(project / "pyproject.toml", "timeout = 30\n", "")
    commit(project)
    (note,) = rules[1]["prBodyNotes"]
    command = note.partition("```\n")[2].partition("\n```")[0]
    for field, value in {
        "{{{replace '^.*/' '' packageFile}}}": ".copier-answers.yml",
        "{{{newValue}}}": MAJOR,
        "{{#if packageFileDir}} {{{packageFileDir}}}{{/if}}": f" {folder}" if folder else "",
    }.items():
        assert field in command
        command = command.replace(field, value)
    assert_done(run("sh", "-c", command, cwd=tmp_path / "repository"))
    assert f"_commit: {MAJOR}\n" in (project / ".copier-answers.yml").read_text()
    assert "timeout = 30\n" in (project / "pyproject.toml").read_text()


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("renovate"), reason="renovate is not on the PATH")
def test_renovate_itself_does_what_the_preset_says() -> None:
    assert_done(run(sys.executable, "renovate/real_run.py", cwd=ROOT))

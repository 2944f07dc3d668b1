"""The repository's documents are true, and its code passes the checks."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
import tomllib
import yaml
from helpers import QUESTIONS, ROOT, assert_done, choices, git, render, run
from packaging.version import Version

import release

README = (ROOT / "README.md").read_text()
ON_QUESTIONS = (ROOT / "docs" / "questions.md").read_text()
EXAMPLES = sorted((ROOT / "examples").glob("*.yml"))


def table_of_questions(column: int) -> dict[str, str]:
    """Return a column of the tables of questions, by question."""
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|(.*)\|$", ON_QUESTIONS, re.MULTILINE)
    return {row[0]: row[column].strip() for row in rows}


def package_version() -> Version:
    """Return the version of the engine."""
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return Version(metadata["project"]["version"])


def prepared_releases() -> dict[Version, str]:
    """Return the recorded releases without one that stands in for the next."""
    recorded = release.releases().items()
    return {version: commit for version, commit in recorded if version <= package_version()}


def test_the_page_on_questions_lists_each_with_its_values() -> None:
    values = table_of_questions(1)
    assert values.keys() == QUESTIONS.keys()
    for key, question in QUESTIONS.items():
        if "choices" in question:
            offered = [str(value).lower() for value in choices(key)]
            assert re.findall(r"`([^`]+)`", values[key]) == offered


def test_the_page_on_questions_tells_which_are_asked() -> None:
    asked = ON_QUESTIONS.partition(" more have a default")[0]
    expected = {key for key, question in QUESTIONS.items() if question.get("ask") is not False}
    assert {key for key in QUESTIONS if f"| `{key}` |" in asked} == expected


def test_no_module_is_longer_than_a_reader_can_keep_in_mind() -> None:
    folders = ("benchmarks", "docs", "fleet", "guard", "hooks", "release", "site")
    modules = [file for each in folders for file in git(ROOT, "ls-files", f"{each}/*.py").split()]
    assert len(modules) > 300
    assert not [file for file in modules if (ROOT / file).read_text("utf-8").count("\n") > 450]


def test_each_promise_of_the_security_page_has_its_test() -> None:
    rows = [row for row in (ROOT / "SECURITY.md").read_text().splitlines() if row[:1] == "|"][2:]
    named = {path for row in rows for path in re.findall(r"`(tests/\S+\.py)`", row)}
    assert all("`tests/" in row for row in rows)
    assert all((ROOT / path).is_file() for path in named)
    attacks = {str(path.relative_to(ROOT)) for path in (ROOT / "tests/attacks").glob("test_*.py")}
    assert attacks <= named


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schema", "patterns"),
    [
        ("github-issue-forms", [".github/ISSUE_TEMPLATE/[!c]*.yml"]),
        ("github-issue-config", [".github/ISSUE_TEMPLATE/config.yml"]),
        ("renovate", ["renovate/default.json", ".github/renovate.json"]),
    ],
)
def test_the_services_can_read_what_is_for_them(schema: str, patterns: list[str]) -> None:
    program = Path(sys.executable).with_name("check-jsonschema")
    files = [file for pattern in patterns for file in ROOT.glob(pattern)]
    assert len(files) >= len(patterns)
    assert_done(run(program, "--builtin-schema", f"vendor.{schema}", *files, cwd=ROOT))


@pytest.mark.parametrize(
    ("form", "asked"),
    [
        ("finding", ("--version", "explain AT105", "check", "migrate --diff")),
        ("message", ("--version", "explain --log FILE")),
        ("fault", ("--version", "--traceback")),
        ("template", (".copier-answers.yml", "copier --version")),
    ],
)
def test_an_issue_form_asks_for_what_is_needed(form: str, asked: tuple[str, ...]) -> None:
    fields = yaml.safe_load((ROOT / f".github/ISSUE_TEMPLATE/{form}.yml").read_text())["body"]
    text = " ".join(f"{field['attributes']} " for field in fields)
    assert all(word in text for word in asked)
    # Whoever knows the cure needs no answer.
    optional = [field["id"] for field in fields if "validations" not in field]
    assert optional == (["cure"] if form == "message" else [])


def test_the_gate_runs_the_command_of_the_readme_with_the_newest_pythons() -> None:
    install, pythons, test = "pip install uv", "uv run tests/pythons.py", "uv run pytest"
    assert f"```\n{install} && {test}\n```" in README
    assert f"`{pythons}`" in README
    gate = (ROOT / ".ci" / "run").read_text()
    assert gate.endswith(f"\nexport CI=true\n{install} && {pythons} && {test}\n")


def test_every_link_of_the_documents_leads_somewhere() -> None:
    documents = (
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "guard/README.md",
        "fleet/README.md",
    )
    for document in (*(ROOT / name for name in documents), *ROOT.glob("docs/**/*.md")):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_holds_answers(example: Path, template: Path, tmp_path: Path) -> None:
    answers = yaml.safe_load(example.read_text())
    project = render(tmp_path / "sample", template, **answers)
    stored = yaml.safe_load((project / ".copier-answers.yml").read_text())
    assert answers.items() <= stored.items()


def test_every_framework_has_an_example() -> None:
    frameworks = [yaml.safe_load(example.read_text())["framework"] for example in EXAMPLES]
    assert sorted(frameworks) == sorted(choices("framework"))


def test_the_changelog_tells_every_release() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert re.findall(r"^## (.+)$", changelog, re.MULTILINE)[0] == "Unreleased"
    notes = release.sections(changelog)
    assert list(notes) == sorted(notes, reverse=True)
    # The newest may be prepared, and not recorded yet.
    assert set(notes) in ({*prepared_releases(), package_version()}, set(prepared_releases()))
    migrations = release.migrations((ROOT / "copier.yml").read_text())
    for version, text in notes.items():
        assert release.TRUST[version in migrations] in text.splitlines()


def test_every_release_is_in_the_history() -> None:
    """In a shallow clone, `git fetch --unshallow` gets it."""
    for version, commit in release.releases().items():
        assert release.commit_of(commit) == commit, version
        assert git(ROOT, "rev-list", "--max-count=1", commit, "^HEAD") == "", version
        assert release.commit_of(f"refs/tags/{version}") in {"", commit}
    for version, commit in prepared_releases().items():
        for name, line in release.VERSION_LINES.items():
            # The guard was released with a version of its own, until 1.3.0.
            if version > Version("1.3.0") or "guard" not in name:
                assert line.format(version) in release.read(name, commit).splitlines()


def test_both_packages_have_one_version() -> None:
    for name, line in release.VERSION_LINES.items():
        assert line.format(package_version()) in (ROOT / name).read_text().splitlines()


@pytest.mark.slow
def test_nothing_names_a_place_of_one_machine() -> None:
    files = run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    assert_done(files)
    for name in files.stdout.splitlines():
        text = (ROOT / name).read_text(encoding="utf-8") if (ROOT / name).is_file() else ""
        assert not re.search(r"(?<![\w.}])/(home|root|work)/", text), name


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check"],
        ["ruff", "format", "--check"],
        pytest.param(["mypy"], marks=pytest.mark.slow),
    ],
)
def test_the_code_is_in_order(command: list[str]) -> None:
    # On a clean clone nobody would use the cache, whose writing takes a sixth of the time.
    is_clean = command == ["mypy"] and not (ROOT / ".mypy_cache").exists()
    options = ["--cache-dir", os.devnull] if is_clean else []
    assert_done(run(sys.executable, "-m", *command, *options, cwd=ROOT))


@pytest.mark.slow
def test_each_module_imports_from_the_layers_below_it() -> None:
    script = "from importlinter.cli import lint_imports_command as lint; lint()"
    hooks = str(ROOT / "hooks")
    assert_done(run(sys.executable, "-c", script, "--no-cache", cwd=ROOT, PYTHONPATH=hooks))

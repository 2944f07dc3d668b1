"""More than a hundred texts for each free answer: written unchanged, or refused."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import tomllib
import yaml
from helpers import COPIER, clean_environment, render

if TYPE_CHECKING:
    from pathlib import Path

SYNTAX = [
    *("'", '"', "'''", '"""', "`", "\\", "\\\\", r"\n", r"\u0041", r"\x1b[2J", r"\N{BULLET}"),
    *(
        "{{",
        "}}",
        "{{ 7 * 7 }}",
        "{% raw %}",
        "{% endraw %}",
        "{%- if x -%}",
        "{# a #}",
        "{#",
        "#}",
    ),
    *("{{ _copier_conf.src_path }}", "{% include 'copier.yml' %}", "{{ ''.__class__.__mro__ }}"),
    *("[tool.x]", "[[x]]", "a = 1", 'a = "b"', "# a", "'''\"\"\"", '" # b', '"]', "= {"),
    *(
        "- a",
        "? a",
        "a: b",
        "a: [b",
        "&a *a",
        "*a",
        "!!python/name:os.system",
        "%TAG",
        "---",
        "...",
    ),
    *(
        "null",
        "~",
        "true",
        "yes",
        "no",
        "1",
        "1.5",
        "0x1f",
        "1e3",
        "2020-01-01",
        "12:30",
        "=",
        "<<",
    ),
    *(
        "| a",
        "> a",
        "@a",
        "`a",
        "{a: b}",
        "[a, b]",
        "a #b",
        "!a",
        "%a",
        "a:",
        ":a",
        "- ",
        "'a",
        '"a',
    ),
    *(
        "<b>",
        "</script><script>",
        "<!--",
        "-->",
        "]]>",
        "&amp;",
        "&lt;",
        "[a](b)",
        "![a](b)",
        "**a",
    ),
    *("| a | b |", "===", "```", "~~~", "1. a", "<https://a>", "a<br>b", r"\*", "$HOME", "${HOME}"),
    *("$(id)", "`id`", "; id", "| id", "&& id", "*", "?", "~root", "!!", "${{ github.token }}"),
    *("$CI_JOB_TOKEN", "::error::a", "##[error]a", "::set-output name=a::b", "%s", "%(a)s", "%n"),
    *(
        "{0}",
        "{a}",
        "{}",
        "f'{a}'",
        r"\g<0>",
        r"\1",
        "(?i)a",
        "a{1,2}",
        "[",
        "(",
        "--",
        "../..",
        ".",
    ),
    *("/etc/passwd", r"C:\a", "a/b", "file:///a", "import os", "def f(): ...", "__import__('os')"),
]
WRITTEN = [
    *("süß", "Ελληνικά", "русский", "日本語", "한국어", "ไทย", "עברית", "العربية", "हिन्दी", "ﷺ"),
    *("\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea"),
    *("e\u0301", "a" + "\u0301" * 50, "\ufb01", "\u0130", "\u0131", "\u212a", "\u00ad", "\ufeff"),
    *(
        "\u200b",
        "\u202e",
        "\u2066a",
        "\u200f",
        "\u061c",
        "\u00a0",
        "\u3000",
        "\ufffd",
        "\U0010ffff",
    ),
    *("n" * 5000, "日" * 2000, "a " * 1000, "(" * 500, '"' * 500, "{{" * 200),
]
TEXTS = [*dict.fromkeys(f"a {text} b" for text in SYNTAX + WRITTEN), "-rf", "--help", "null"]
CONTROLS = [*map(chr, range(32)), *map(chr, range(0x7F, 0xA0)), "\u2028", "\u2029"]
#: Characters that a terminal obeys, or that change the direction of text.
OBEYED = {"\x1b", "\x9b", "\u202e", "\u2066"}
PARTS = 24


@pytest.mark.slow
@pytest.mark.parametrize(
    "part",
    [pytest.param(part, marks=pytest.mark.full if part else ()) for part in range(PARTS)],
)
def test_every_text_is_said_as_it_is(part: int, template: Path, tmp_path: Path) -> None:
    names = TEXTS[part::PARTS]
    for number, (name, said) in enumerate(zip(names, reversed(names), strict=True)):
        project = render(tmp_path / f"p{number}", template, project_name=name, description=said)
        metadata = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
        assert metadata["project"]["description"] == said
        readme = (project / "README.md").read_text(encoding="utf-8")
        assert readme.startswith(f"# {name}\n")
        assert said in readme
        answers = yaml.safe_load((project / ".copier-answers.yml").read_text(encoding="utf-8"))
        assert (answers["project_name"], answers["description"]) == (name, said)
        assert re.fullmatch(r"[a-z][a-z0-9_]{0,63}", answers["package_name"])
        assert [folder.name for folder in (project / "src").iterdir()] == [answers["package_name"]]
    assert sum(1 for _ in tmp_path.iterdir()) == len(names)


@pytest.mark.slow
def test_no_text_is_in_the_code(template: Path, tmp_path: Path) -> None:
    project = render(tmp_path / "it", template, project_name="a7b7", description="c7d7")
    code = "".join(path.read_text(encoding="utf-8") for path in project.rglob("*.py"))
    assert "c7d7" not in code
    assert "A7b7" not in code
    # The name of the package is made from it, and of letters, digits and underscores alone.
    assert set(re.findall(r"\W(\w*a7b7\w*)", code)) == {"a7b7"}


def test_there_are_as_many_texts_as_are_promised() -> None:
    assert len(TEXTS) >= 165


@pytest.mark.slow
@pytest.mark.parametrize(
    "characters",
    [
        pytest.param([*OBEYED - {"\u202e", "\u2066"}, "\n", "\u2028"], id="few"),
        pytest.param(CONTROLS, id="all", marks=pytest.mark.full),
    ],
)
@pytest.mark.parametrize("question", ["project_name", "description", "package_name"])
def test_no_control_character_is_taken_or_shown(
    question: str, characters: list[str], template: Path, tmp_path: Path
) -> None:
    for character in characters:
        with pytest.raises(ValueError, match=r"Write it on one line|cannot be imported") as refused:
            render(tmp_path / "it", template, **{question: f"a{character}b"})
        assert character not in str(refused.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "values"),
    [
        ("with_trio", ["maybe", "", "ja", "2", "-1", "null", "[]", "\x1b[2J", "\u202etrue"]),
        ("project_kind", ["", "x", "New", "new ", "\x1b[2J"]),
        ("framework", ["", "django", "FastAPI", "\x9b2J"]),
        ("backend", ["", "trio", "\u202e"]),
        ("mode", ["", "legacy", "true"]),
        ("loop_scope", ["", "package", "\x1b"]),
        ("timeout", ["", "x", "1.5", "-1", "86401", "1e3", "9" * 5000, "nan", "\x1b"]),
        ("python_version", ["", "3.10", "3.16", "3", "3.11 "]),
        ("event_loop", ["", "x", "trio", "true"]),
        ("contract_test", ["", "x", "true", "schemathesis "]),
        ("pre_commit", ["maybe", "", "2", "null", "[]", "\x1b[2J"]),
        ("ci", ["", "x", "true", "travis"]),
        ("ci_shards", ["", "0", "51", "-1", "x", "1.5"]),
        ("ci_pins", ["", "x", "2026-10"]),
        ("package_name", ["", "a-b", "\x9b", "\u202ea", "a\u2066"]),
    ],
)
def test_an_answer_that_is_none_is_refused(
    question: str, values: list[str], template: Path, tmp_path: Path
) -> None:
    besides: dict[str, Any] = {
        "with_trio": {"framework": "library", "backend": "anyio"},
        "ci_shards": {"ci": "github"},
        "ci_pins": {"ci": "github"},
    }.get(question, {})
    for value in values:
        with pytest.raises(ValueError, match=r"\S") as refused:
            render(tmp_path / "it", template, **besides, **{question: value})
        assert not OBEYED & set(str(refused.value))
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_what_another_template_has_written_is_shown_and_not_sent(
    template: Path, tmp_path: Path
) -> None:
    (tmp_path / ".copier-answers.yml").write_text(
        r'_src_path: "a\e[2J\x9b\u202e"' + "\nname: x\n", encoding="utf-8"
    )
    done = subprocess.run(
        [*COPIER, "copy", "--defaults", str(template), "."],
        cwd=tmp_path,
        env=clean_environment() | {"PYTHONUTF8": "1"},
        capture_output=True,
        check=False,
    )
    assert done.returncode != 0
    said = (done.stdout + done.stderr).decode()
    assert "holds the answers to another template" in said
    assert not OBEYED & set(said)


def outside(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


NAMES = ["pyproject.toml", "README.md", ".gitignore", "tests/conftest.py", "tests/async_guard.py"]


@pytest.mark.one_in(2)
@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="links are made as POSIX does")
@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_a_link_out_of_an_existing_project_stays(
    name: str, template: Path, tmp_path: Path
) -> None:
    far, project = tmp_path / "far", tmp_path / "project"
    far.mkdir()
    (far / "file").write_text("# mine\n")
    before = outside(far)
    (project / name).parent.mkdir(parents=True)
    (project / name).symlink_to(far / "file")
    render(project, template, project_kind="existing")
    assert (project / "tests" / "test_event_loop.py").exists()
    assert (project / name).is_symlink()
    assert outside(far) == before


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="links are made as POSIX does")
def test_nothing_is_written_into_a_folder_that_leads_out_of_an_existing_project(
    template: Path, tmp_path: Path
) -> None:
    far, project = tmp_path / "far", tmp_path / "project"
    far.mkdir()
    project.mkdir()
    (project / "tests").symlink_to(far)
    # As a process: Copier leaves folders open that it reads when it stops.
    done = subprocess.run(
        [*COPIER, "copy", "--defaults", "-d", "project_kind=existing", str(template), "."],
        cwd=project,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "forbidden" in done.stderr
    assert not list(far.iterdir())


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="links are made as POSIX does")
def test_a_destination_may_be_a_link(template: Path, tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "project").symlink_to(tmp_path / "far")
    render(tmp_path / "project", template)
    assert (tmp_path / "far" / "tests" / "test_event_loop.py").exists()
    assert (tmp_path / "project").is_symlink()

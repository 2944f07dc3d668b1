"""Any input ends in a working project or in a clear sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import tomllib
import yaml
from covering import Row, gated
from helpers import render

if TYPE_CHECKING:
    from pathlib import Path

    from environments import Environment

STRANGE_TEXTS = {
    "quotes": """it's "quoted" and '''more''' and \"\"\"most\"\"\"""",
    "backslash": r"back\slash \n \u0041 \\",
    "braces": "{{ project_name }} {% if %} {# comment #} {{",
    "emoji": "🚀 süper 日本語 \U0001f9ea",
    "long": "n" * 200,
    "spaces": "  a   name  ",
    "digits": "3d 2go",
    "windows": "CON",
    "keyword": "class",
    "standard-library": "asyncio",
    "dependency": "pytest",
    "only-symbols": "!!! ???",
    "yaml": "yes: [no, {null}] # & * ! |",
    "toml": 'a = "b" # [tool]',
    "markdown": "# | <b> `code` ](x)",
    "path": "../../outside",
    "right-to-left": "\u202eabc",
}
BROKEN_TEXTS = {
    "newline": "one\ntwo",
    "bell": "a\x07b",
    "delete": "a\x7fb",
    "separator": "a\u2028b",
}


def cases(texts: dict[str, str]) -> list[Any]:
    """Turn texts into parameters, by their names."""
    return [pytest.param(text, id=name) for name, text in texts.items()]


# test_hostile_texts.py has more of them.
@pytest.mark.one_in(4)
@pytest.mark.slow
@pytest.mark.parametrize("text", cases(STRANGE_TEXTS))
def test_strange_text_makes_a_project_that_says_it(
    text: str, template: Path, tmp_path: Path
) -> None:
    project = render(tmp_path / "sample", template, project_name=text, description=text)
    metadata = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    assert metadata["project"]["description"] == text
    assert (project / "README.md").read_text(encoding="utf-8").startswith(f"# {text.strip()}\n")
    answers = yaml.safe_load((project / ".copier-answers.yml").read_text(encoding="utf-8"))
    assert (answers["project_name"], answers["description"]) == (text, text)
    assert answers["package_name"].isidentifier()
    assert [folder.name for folder in (project / "src").iterdir()] == [answers["package_name"]]
    assert list(tmp_path.iterdir()) == [project]


# No code has the text, as test_hostile_texts.py knows: what is left is that pytest can read the
# settings beside it, with a name that was made from it.
@pytest.mark.slow
@pytest.mark.parametrize(
    "row",
    gated(
        ({"name": name} for name in STRANGE_TEXTS),
        {"name": "quotes"}.__eq__,
    ),
)
def test_strange_text_makes_a_project_that_works(
    row: Row, template: Path, environment: Environment, tmp_path: Path
) -> None:
    text = STRANGE_TEXTS[row["name"]]
    project = render(
        tmp_path / "sample", template, project_name=text, description=text, framework="library"
    )
    done = environment.pytest(project, "-p", "no:randomly")
    assert done.returncode == 0, done.stdout


@pytest.mark.one_in(2)
@pytest.mark.slow
@pytest.mark.parametrize("name", ["it's [a] folder", "{{ folder }}", "3 🚀", "-rf", "class"])
def test_a_strange_folder_gives_a_valid_name(name: str, template: Path, tmp_path: Path) -> None:
    project = render(tmp_path / name, template)
    answers = yaml.safe_load((project / ".copier-answers.yml").read_text(encoding="utf-8"))
    assert answers["project_name"] == name
    assert answers["project_kind"] == "new"
    assert (project / "src" / answers["package_name"] / "app.py").exists()


@pytest.mark.parametrize("question", ["project_name", "description"])
@pytest.mark.parametrize("text", cases(BROKEN_TEXTS))
def test_text_that_breaks_a_line_is_refused(
    text: str, question: str, template: Path, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="Write it on one line"):
        render(tmp_path / "sample", template, **{question: text})
    assert not (tmp_path / "sample").exists()


@pytest.mark.parametrize("name", ["", "  ", "\t"])
def test_an_empty_name_is_refused(name: str, template: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"Give it at least one letter|Write it on one line"):
        render(tmp_path / "sample", template, project_name=name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a-b",
        "1a",
        "_a",
        "a_",
        "é",
        "a b",
        "x" * 65,
        'a"b',
        "{{ a }}",
        "a\n",
        "a/b",
        "..",
        "a.b",
    ],
)
def test_a_name_that_cannot_be_imported_is_refused(
    name: str, template: Path, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="cannot be imported on every machine: use up to 64"):
        render(tmp_path / "sample", template, package_name=name)


@pytest.mark.parametrize("name", ["class", "None", "asyncio", "Tests", "pytest", "con", "fastapi"])
def test_a_name_that_is_taken_is_refused(name: str, template: Path, tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=f"{name} is taken by Python, by Windows or by a dependency"
    ):
        render(tmp_path / "sample", template, package_name=name)


@pytest.mark.parametrize("timeout", [-1, 86401])
def test_an_impossible_timeout_is_refused(timeout: int, template: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Give whole seconds from 0 to 86400"):
        render(tmp_path / "sample", template, timeout=timeout)


@pytest.mark.parametrize(
    ("framework", "backend", "reason"),
    [
        ("fastapi", "anyio", "FastAPI's uvicorn needs asyncio"),
        ("aiohttp", "anyio", "aiohttp needs asyncio"),
        ("asgi", "anyio", "uvicorn needs asyncio"),
        ("library", "asyncio", "pytest-asyncio needs asyncio"),
    ],
)
def test_trio_is_refused_where_it_cannot_run(
    framework: str, backend: str, reason: str, template: Path, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=reason):
        render(tmp_path / "sample", template, framework=framework, backend=backend, with_trio=True)

"""The same file is in force for us and for pytest: real pytest is the judge."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from _pytest.config.findpaths import CONFIG_LOADERS_BY_NAME, determine_setup
from async_test_template.config import in_force
from async_test_template.errors import ParseError, UserError
from hypothesis import given, settings
from hypothesis import strategies as st

NATIVE = '[tool.pytest]\naddopts = ["-ra"]\n'
INI_OPTIONS = "[tool.pytest.ini_options]\ntimeout = 30\n"
# Possible content of each file: configuration or not, accepted or not.
CONTENTS = {
    "pytest.toml": ["", "[pytest]\naddopts = []\n", "[tool]\n", "minversion = '9'\n", "a = [\n"],
    ".pytest.toml": ["", "[pytest]\naddopts = []\n", "\ufeff[pytest]\n"],
    "pytest.ini": ["", "[pytest]\nx = 1\n", "[tool:pytest]\n", "broken\n", "\ufeff[pytest]\n"],
    ".pytest.ini": ["", "[pytest]\n"],
    "pyproject.toml": [
        "",
        "[project]\nname = 'x'\n",
        "[tool.ruff]\n",
        "[tool.pytest]\n",
        NATIVE,
        INI_OPTIONS,
        "[tool.pytest.ini_options]\n",
        "[tool.pytest.ini_options]\n[tool.pytest]\nxfail_strict = true\n",
        NATIVE + INI_OPTIONS,
        "\ufeff[project]\n",
        "\ufeff" + INI_OPTIONS,
        "[tool]\n[tool]\n",
    ],
    "tox.ini": ["", "[tox]\nenvlist = py\n", "[pytest]\n", "[tool:pytest]\n", "[a]\n[a]\n"],
    "setup.cfg": ["", "[metadata]\nname = x\n", "[tool:pytest]\na = 1\n", "[pytest]\na = 1\n"],
    "setup.py": [""],
}  # fmt: skip
files = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(contents) for name, contents in CONTENTS.items()}
)
trees = st.fixed_dictionaries({"outer": files, "outer/inner": files})


def write(root: Path, tree: dict[str, dict[str, str]]) -> None:
    for folder, contents in tree.items():
        (root / folder).mkdir(parents=True, exist_ok=True)
        for name, text in contents.items():
            (root / folder / name).write_text(text, encoding="utf-8")


def asked_of_pytest(directory: Path) -> tuple[Path, Path | None, list[str], list[str]] | None:
    """Return rootdir, file, options and ignored files; None where pytest stops with an error."""
    try:
        rootdir, path, options, ignored = determine_setup(
            inifile=None,
            override_ini=None,
            args=[],
            rootdir_cmd_arg=None,
            invocation_dir=directory,
        )
    except (pytest.UsageError, pytest.fail.Exception):
        return None
    return rootdir, path, sorted(options), list(ignored)


def asked_of_us(directory: Path) -> tuple[Path, Path | None, list[str], list[str]] | None:
    try:
        found = in_force.find(directory)
    except ParseError:
        return None
    configuration = found.configuration
    if configuration is None:
        return found.rootdir, None, [], []
    if any(one.refusal for one in (configuration, *found.shadowed)):
        return None
    ignored = [one.path.name for one in found.shadowed]
    return found.rootdir, configuration.path, sorted(configuration.options), ignored


@given(trees)
def test_it_finds_what_pytest_finds(tree: dict[str, dict[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as root:
        write(Path(root), tree)
        directory = Path(root, "outer", "inner")

        assert asked_of_us(directory) == asked_of_pytest(directory)


def test_the_names_are_those_of_pytest_in_its_order() -> None:
    assert list(in_force._LOADERS) == list(CONFIG_LOADERS_BY_NAME)  # noqa: SLF001


@pytest.mark.slow
@settings(max_examples=12)
@given(trees)
def test_it_finds_what_the_header_of_pytest_says(tree: dict[str, dict[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as root:
        write(Path(root), tree)
        directory = Path(root, "outer", "inner")

        found = asked_of_us(directory)
        assert header_of_pytest(directory) == (found and header(directory, found))


def header(directory: Path, found: tuple[Path, Path | None, list[str], list[str]]) -> list[str]:
    rootdir, path, _, ignored = found
    lines = [f"rootdir: {rootdir}"]
    if path is not None:
        warning = f" (WARNING: ignoring pytest config in {', '.join(ignored)}!)" if ignored else ""
        lines.append(f"configfile: {os.path.relpath(path, rootdir)}{warning}")
    assert directory.is_relative_to(rootdir)
    return lines


def header_of_pytest(directory: Path) -> list[str] | None:
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only"],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in run.stdout.splitlines() if re.match("rootdir:|configfile:", line)]
    return lines or None


ANY = "[pytest]\na = 1\n"
TOOL = "[tool.pytest.ini_options]\nb = 1\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", ""),
        ("other.ini", ANY),
        ("other.ini", ""),
        ("setup.cfg", "[tool:pytest]\na = 1\n"),
        ("other.cfg", "[pytest]\na = 1\n"),
        ("other.cfg", "[tool:pytest]\na = 1\n"),
        ("pyproject.toml", ANY),
        ("pyproject.toml", TOOL),
        ("other.toml", ANY),
        ("other.toml", TOOL),
        ("other.toml", "[tool.pytest]\na = 1\n"),
        ("other.toml", ANY + TOOL),
        ("other.toml", "a = 1\n"),
        ("other.toml", ""),
        ("pytest.toml", TOOL),
        ("other.txt", ANY),
        ("setup.cfg", ANY),
        ("missing.ini", None),
    ],
)
def test_a_file_given_by_c_is_read_as_pytest_reads_it(
    tmp_path: Path, name: str, text: str | None
) -> None:
    write(tmp_path, {".": {"pytest.ini": "[pytest]\nc = 1\n"}, "sub": {}})
    path = tmp_path / "sub" / name
    if text is not None:
        path.write_text(text, encoding="utf-8")

    ours: tuple[Path, Path, list[str]] | None = None
    try:
        found = in_force.find(tmp_path, Path("sub", name))
        configuration = found.configuration
        assert configuration is not None
        if configuration.refusal is None:
            ours = found.rootdir, configuration.path, sorted(configuration.options)
    except UserError:
        pass
    try:
        rootdir, path_, options, _ = determine_setup(
            inifile=str(path),
            override_ini=None,
            args=[],
            rootdir_cmd_arg=None,
            invocation_dir=tmp_path,
        )
    except (pytest.UsageError, pytest.fail.Exception):
        assert ours is None
    else:
        assert ours == (rootdir, path_, sorted(options))


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("pytest.toml", "", ("native", ("pytest",), None)),
        ("pytest.ini", "", ("ini", ("pytest",), None)),
        ("tox.ini", ANY, ("ini", ("pytest",), None)),
        ("setup.cfg", "[tool:pytest]\n", ("ini", ("tool:pytest",), None)),
        ("pyproject.toml", "", (None, ("tool", "pytest", "ini_options"), None)),
        ("pyproject.toml", "[tool.pytest]\n", (None, ("tool", "pytest", "ini_options"), None)),
        ("pyproject.toml", TOOL, ("ini_options", ("tool", "pytest", "ini_options"), None)),
        ("pyproject.toml", NATIVE, ("native", ("tool", "pytest"), None)),
        (
            "pyproject.toml",
            NATIVE + TOOL,
            ("ini_options", ("tool", "pytest", "ini_options"), "both tables"),
        ),
        ("setup.cfg", ANY, ("ini", ("pytest",), "[pytest] in setup.cfg")),
        ("pytest.toml", "a = 1\n", ("native", ("pytest",), "options outside a table")),
        ("pytest.toml", "\ufeff", ("native", ("pytest",), "byte order mark")),
    ],
)
def test_it_tells_where_options_are_and_why_pytest_refuses(
    tmp_path: Path,
    name: str,
    text: str,
    expected: tuple[str | None, tuple[str, ...], str | None],
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")

    configuration = in_force.find(tmp_path).configuration

    assert configuration is not None
    assert (configuration.holder, configuration.table, configuration.refusal) == expected


def test_shadowed_files_tell_what_they_would_have_set(tmp_path: Path) -> None:
    write(tmp_path, {".": {"pytest.ini": "", "pyproject.toml": TOOL, "tox.ini": "[tox]\n"}})

    found = in_force.find(tmp_path)

    assert [(one.path.name, one.options) for one in found.shadowed] == [
        ("pyproject.toml", {"b": 1})
    ]


@pytest.mark.parametrize(
    ("name", "data", "line"),
    [
        ("pyproject.toml", b"[tool]\n[tool]\n", 2),
        ("pytest.ini", b"[pytest]\na = 1\na = 2\n", 3),
        ("setup.cfg", "[metadata]\nauthor = \xe9\n".encode("latin-1"), 2),
        ("setup.cfg", "# coding: latin-1\n# \xe9\n".encode("latin-1"), None),
        ("pyproject.toml", b"[tool]\npytest = 1\n", None),
        ("pyproject.toml", b"[tool.pytest]\nini_options = 1\n", None),
    ],
)
def test_what_pytest_cannot_read_is_named(
    tmp_path: Path, name: str, data: bytes, line: int | None
) -> None:
    (tmp_path / name).write_bytes(data)

    with pytest.raises(ParseError) as error:
        in_force.find(tmp_path)
    assert error.value.path == tmp_path / name
    assert error.value.line == line


def test_links_to_the_directory_are_followed_and_those_to_a_file_are_not(tmp_path: Path) -> None:
    write(tmp_path, {"real/sub": {}, "real": {"pytest.ini": ANY, "tox.ini": ANY}, "other": {}})
    (tmp_path / "link").symlink_to("real/sub")
    (tmp_path / "other" / "given.ini").symlink_to("../real/tox.ini")

    assert asked_of_us(tmp_path / "link") == asked_of_pytest(tmp_path / "real" / "sub")
    assert in_force.find(tmp_path / "real" / ".." / "other").rootdir == tmp_path / "other"
    given_file = in_force.find(tmp_path / "link", Path("../../other/given.ini"))
    assert given_file.rootdir == tmp_path / "other"


def test_contents_can_be_laid_over_the_disk(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text(ANY, encoding="utf-8")

    found = in_force.find(
        tmp_path, read=lambda path: TOOL.encode() if path.name == "pyproject.toml" else None
    )

    assert found.configuration is not None
    assert found.configuration.options == {"b": 1}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "[pytest]\naddopts = -ra -o a=1 -ob=2 --override-ini c=3\n"),
        ("pytest.ini", "[pytest]\naddopts =\n  --override-ini=c=3\n  -o 'a=1'\n  -o b=0 -o b=2\n"),
        ("pytest.toml", "[pytest]\naddopts = ['-o', 'a=1', '-o', 'b=2', '-oc=3', '-o']\n"),
    ],
)  # fmt: skip
def test_addopts_override_options(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")

    assert in_force.find(tmp_path).overrides == {"a": "1", "b": "2", "c": "3"}


def test_addopts_that_are_not_shell_words_override_nothing(tmp_path: Path) -> None:
    assert in_force.find(tmp_path).overrides == {}
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -o a=1 '\n", encoding="utf-8")

    assert in_force.find(tmp_path).overrides == {}

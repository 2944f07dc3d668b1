"""Files of all kinds: a fix changes nothing outside of it, and a second run changes nothing.

Layouts of code are in rules/test_traps.py, those that only editors meet in config/test_toml.py and
config/test_ini.py. Here whole runs of `migrate` meet what a repository may hold.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from async_test_template.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

OK, LEFT, REFUSED = range(3)


def migrate(root: Path, *select: str) -> int:
    """Make the fixes of some rules."""
    codes = [word for code in select for word in ("--select", code)]
    return main(["migrate", str(root), "--unsafe", *codes])


def state(root: Path) -> dict[str, tuple[bytes, int, bool]]:
    """Return what is in every file, with its mode, and which are links."""
    return {
        path.relative_to(root).as_posix(): (
            path.read_bytes(),
            stat.S_IMODE(path.lstat().st_mode),
            path.is_symlink(),
        )
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def migrate_twice(root: Path, *select: str) -> int:
    """Make the fixes of some rules, and require that a second run makes none."""
    done = migrate(root, *select)
    before = state(root)
    assert migrate(root, *select) == done
    assert state(root) == before
    return done


# --- What a file looks like -----------------------------------------------------------------------


@dataclass(frozen=True)
class Fix:
    """A file with something to fix, the same without, and what is beside it."""

    file: str
    code: str
    before: str
    after: str
    beside: Mapping[str, str] = field(default_factory=dict)


DECLARED = {"requirements.txt": "pytest-asyncio>=1.5\n"}
FIXES = {
    "code, a word changes": Fix(
        "test_it.py",
        "AT601",
        (
            'import pytest\n\n\nclass TestIt:\n    @pytest.mark.asyncio(scope="class")\n'
            "    async def test_it(self):\n        pass\n"
        ),
        (
            'import pytest\n\n\nclass TestIt:\n    @pytest.mark.asyncio(loop_scope="class")\n'
            "    async def test_it(self):\n        pass\n"
        ),
    ),
    "code, lines are added": Fix(
        "test_it.py",
        "AT501",
        "import sys\n\n\nasync def test_it(event_loop):\n    event_loop.call_soon(sys.exit)\n",
        (
            "import asyncio\nimport sys\n\n\nasync def test_it():\n"
            "    event_loop = asyncio.get_running_loop()\n    event_loop.call_soon(sys.exit)\n"
        ),
    ),
    "TOML, a word changes": Fix(
        "pyproject.toml",
        "AT101",
        '[tool.pytest.ini_options]\nasyncio_mode = "legacy"\naddopts = [\n    "-ra",\n]\n',
        '[tool.pytest.ini_options]\nasyncio_mode = "auto"\naddopts = [\n    "-ra",\n]\n',
    ),
    "TOML, a line is added": Fix(
        "pyproject.toml",
        "AT103",
        '[tool.pytest.ini_options]\nasyncio_mode = "auto"\n',
        (
            '[tool.pytest.ini_options]\nasyncio_mode = "auto"\n'
            'asyncio_default_fixture_loop_scope = "fixture-scope"\n'
        ),
        DECLARED,
    ),
    "INI, a word changes": Fix(
        "pytest.ini",
        "AT101",
        "[pytest]\nasyncio_mode = legacy\naddopts =\n    -ra\n",
        "[pytest]\nasyncio_mode = auto\naddopts =\n    -ra\n",
    ),
    "INI, a line is added": Fix(
        "pytest.ini",
        "AT103",
        "[pytest]\nasyncio_mode = auto\n",
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = fixture-scope\n",
        DECLARED,
    ),
    "requirements, a word changes": Fix(
        "requirements.txt",
        "AT401",
        "pytest>=8\npytest-asyncio<1  # loops\n",
        "pytest>=8\npytest-asyncio>=1.5  # loops\n",
    ),
    "requirements, a line is added": Fix(
        "requirements.txt",
        "AT121",
        "pytest>=8\n",
        "pytest>=8\npytest-timeout>=2.4\n",
        {"pytest.ini": "[pytest]\ntimeout = 9\n"},
    ),
}


def alternate(text: str) -> str:
    lines = text.split("\n")
    return "".join(line + ("\r\n", "\n")[n % 2] for n, line in enumerate(lines[:-1])) + lines[-1]


LOOKS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "a byte order mark": "\ufeff{}".format,
    "Windows line ends": lambda text: text.replace("\n", "\r\n"),
    "no final line end": lambda text: text.rstrip("\n"),
    "leading blank lines": "\n\n{}".format,
    "blank lines at the end": "{}\n\n".format,
    "a comment that is not ASCII above": "# gr\u00fc\u00dfe\n{}".format,
    "tabs": lambda text: text.replace("    ", "\t"),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
@pytest.mark.parametrize("fix", FIXES.values(), ids=FIXES)
def test_a_look_is_kept(fix: Fix, look: Callable[[str], str], tmp_path: Path) -> None:
    for name, text in fix.beside.items():
        (tmp_path / name).write_text(text)
    (tmp_path / fix.file).write_bytes(look(fix.before).encode())
    if fix.code == "AT103" and look("").startswith("\ufeff") and fix.file.endswith(".toml"):
        # pytest does not read it, which has to be fixed first.
        assert migrate_twice(tmp_path, fix.code, "AT214") == LEFT
        assert (tmp_path / fix.file).read_text() == look(fix.before)
        return
    assert migrate_twice(tmp_path, fix.code) == OK
    assert (tmp_path / fix.file).read_bytes().decode() == look(fix.after)


@pytest.mark.parametrize(
    "fix", [fix for name, fix in FIXES.items() if "word" in name], ids=lambda fix: fix.file
)
def test_mixed_line_ends_are_kept(fix: Fix, tmp_path: Path) -> None:
    (tmp_path / fix.file).write_bytes(alternate(fix.before).encode())
    assert migrate_twice(tmp_path, fix.code) == OK
    assert (tmp_path / fix.file).read_bytes().decode() == alternate(fix.after)


@pytest.mark.parametrize("fix", [fix for fix in FIXES.values() if fix.file.endswith(".py")])
def test_form_feeds_and_a_declared_encoding_are_kept(fix: Fix, tmp_path: Path) -> None:
    """A form feed parts sections of code; Python reads what the first lines declare."""
    head = "# coding: latin-1\n# \u00e9\n\x0c\n"
    (tmp_path / fix.file).write_bytes((head + fix.before).encode("latin-1"))
    assert migrate_twice(tmp_path, fix.code) == OK
    assert (tmp_path / fix.file).read_bytes().decode("latin-1") == head + fix.after


# --- What a file is -------------------------------------------------------------------------------

WORDS = {fix.file: fix for name, fix in FIXES.items() if "word" in name}
EACH = pytest.mark.parametrize("fix", WORDS.values(), ids=WORDS)


@EACH
def test_a_link_inside_the_repository_is_followed_and_stays(fix: Fix, tmp_path: Path) -> None:
    kept = tmp_path / "kept" / f"test_{fix.file}"
    kept.parent.mkdir()
    kept.write_text(fix.before)
    (tmp_path / fix.file).symlink_to(kept.relative_to(tmp_path))
    assert migrate_twice(tmp_path, fix.code) == OK
    assert (tmp_path / fix.file).is_symlink()
    assert kept.read_text() == fix.after


def test_a_file_and_a_link_to_it_are_written_once(tmp_path: Path) -> None:
    fix = WORDS["test_it.py"]
    (tmp_path / "test_it.py").write_text(fix.before)
    (tmp_path / "test_same.py").symlink_to("test_it.py")
    assert migrate_twice(tmp_path, fix.code) == OK
    assert (tmp_path / "test_same.py").is_symlink()
    assert (tmp_path / "test_it.py").read_text() == fix.after


@EACH
def test_what_a_link_has_outside_the_repository_is_not_changed(
    fix: Fix, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    outside = tmp_path / fix.file
    outside.write_text(fix.before)
    (root / fix.file).symlink_to(outside)
    done = migrate_twice(root, fix.code)
    assert outside.read_text() == fix.before
    # pytest follows links, and the files behind them were not read.
    assert done == REFUSED
    errors = capsys.readouterr().err
    assert fix.file in errors
    assert "it is a symbolic link to a place that is not read" in errors


@EACH
def test_a_hard_link_is_refused(
    fix: Fix, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / fix.file).write_text(fix.before)
    os.link(tmp_path / fix.file, tmp_path / "other")
    assert migrate_twice(tmp_path, fix.code) == REFUSED
    assert (tmp_path / fix.file).read_text() == fix.before
    assert "has 2 names (hard links)" in capsys.readouterr().err


@EACH
def test_a_read_only_file_is_refused_and_no_other_is_written(
    fix: Fix, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "test_a.py").write_text(WORDS["test_it.py"].before)
    (tmp_path / fix.file).write_text(fix.before)
    (tmp_path / fix.file).chmod(0o444)
    before = state(tmp_path)
    assert migrate_twice(tmp_path, fix.code, "AT601") == REFUSED
    assert state(tmp_path) == before
    assert f"{fix.file}: " in (message := capsys.readouterr().err)
    assert "is read-only" in message


@EACH
def test_an_executable_file_stays_one(fix: Fix, tmp_path: Path) -> None:
    (tmp_path / fix.file).write_text(fix.before)
    (tmp_path / fix.file).chmod(0o755)
    assert migrate_twice(tmp_path, fix.code) == OK
    assert state(tmp_path)[fix.file] == (fix.after.encode(), 0o755, False)


@EACH
def test_an_empty_file_stays_empty(fix: Fix, tmp_path: Path) -> None:
    (tmp_path / fix.file).touch()
    assert migrate_twice(tmp_path, fix.code) == OK
    assert (tmp_path / fix.file).read_bytes() == b""


@pytest.mark.one_in(3)
@pytest.mark.slow
@EACH
def test_a_file_of_ten_megabytes_is_mended_like_any(fix: Fix, tmp_path: Path) -> None:
    filling = "# " + "x" * 97 + "\n"
    rest = filling * 100_000
    (tmp_path / fix.file).write_text(fix.before + rest)
    assert migrate_twice(tmp_path, fix.code) == OK
    assert (tmp_path / fix.file).read_text() == fix.after + rest


# --- What cannot be read --------------------------------------------------------------------------

UNREADABLE = {
    "a null byte": ("test_b.py", b"async def test_it(event_loop): pass\nx = '\0'\n", 2),
    "bytes that are not UTF-8": ("test_b.py", b"async def test_it(event_loop): '\xe9'\n", 1),
    "no Python": ("test_b.py", b"async def test_it(event_loop): pass\nx = = 1\n", 2),
    "Python 2": ("test_b.py", b"def test_it(event_loop):\n    print 'x'\n", 2),
    # No Python knows it yet.
    "newer syntax": ("test_b.py", b"async def test_it(event_loop): pass\nlazy? import x\n", 2),
    "jinja": ("test_b.py", b"{% if x %}\nasync def test_it(event_loop): pass\n{% endif %}\n", 1),
    "TOML with a null byte": ("pyproject.toml", b"[tool.pytest.ini_options]\nx = '\0'\n", 2),
    "TOML with a form feed": ("pyproject.toml", b"\x0c\n[tool.pytest.ini_options]\n", 1),
    "TOML that is not UTF-8": ("pyproject.toml", b"[tool]\nx = '\xe9'\n", 2),
    "TOML with a key twice": ("pyproject.toml", b"[tool]\nx = 1\nx = 2\n", 3),
    "INI with a key twice": ("pytest.ini", b"[pytest]\nx = 1\nx = 2\n", 3),
    "INI with a section twice": ("tox.ini", b"[pytest]\nx = 1\n[pytest]\ny = 2\n", 3),
    "INI with an indented first key": ("pytest.ini", b"[pytest]\n  x = 1\n", 2),
    "INI that is not UTF-8": ("pytest.ini", b"[pytest]\nx = \xe9\n", 2),
}


@pytest.mark.parametrize(("file", "data", "line"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_told_with_its_line_and_left(
    file: str, data: bytes, line: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / file).write_bytes(data)
    assert migrate_twice(tmp_path) == REFUSED
    assert (tmp_path / file).read_bytes() == data
    assert f"{file}:{line}" in capsys.readouterr().err


# --- Layouts of TOML ------------------------------------------------------------------------------

WORD, LINE = 'asyncio_mode = "auto"', 'asyncio_default_fixture_loop_scope = "fixture-scope"'
TOML = {
    "dotted keys at one level": (
        'tool.pytest.ini_options.asyncio_mode = "legacy"\n',
        f"tool.pytest.ini_options.{WORD}\ntool.pytest.ini_options.{LINE}\n",
    ),
    "dotted keys at two levels": (
        '[tool]\npytest.ini_options.asyncio_mode = "legacy"\nruff.fix = true\n',
        f"[tool]\npytest.ini_options.{WORD}\npytest.ini_options.{LINE}\nruff.fix = true\n",
    ),
    "dotted keys at three levels": (
        '[tool.pytest]\nini_options.asyncio_mode = "legacy"\n\n[tool.ruff]\n',
        f"[tool.pytest]\nini_options.{WORD}\nini_options.{LINE}\n\n[tool.ruff]\n",
    ),
    "an inline table": (
        '[tool]\npytest = { ini_options = { asyncio_mode = "legacy" } } # ours\n',
        f"[tool]\npytest = {{ ini_options = {{ {WORD}, {LINE} }} }} # ours\n",
    ),
    "quotes and spaces in a header": (
        "[ tool . 'pytest' . \"ini_options\" ] # ours\n'asyncio_mode' = 'legacy'\n",
        (
            "[ tool . 'pytest' . \"ini_options\" ] # ours\n'asyncio_mode' = 'auto'\n"
            "asyncio_default_fixture_loop_scope = 'fixture-scope'\n"
        ),
    ),
    "tables out of order": (
        (
            '[tool.ruff]\nfix = true\n[project]\nname = "a"\n'
            '[tool.pytest.ini_options]\nasyncio_mode = "legacy"\n[tool.black]\n'
        ),
        (
            '[tool.ruff]\nfix = true\n[project]\nname = "a"\n'
            f"[tool.pytest.ini_options]\n{WORD}\n{LINE}\n[tool.black]\n"
        ),
    ),
    "arrays of tables as neighbours": (
        (
            '[[tool.x]]\na = 1\n\n[tool.pytest.ini_options]\nasyncio_mode = "legacy"\n\n'
            "[[tool.x]]\na = 2\n"
        ),
        (f"[[tool.x]]\na = 1\n\n[tool.pytest.ini_options]\n{WORD}\n{LINE}\n\n[[tool.x]]\na = 2\n"),
    ),
    "comments above the next table": (
        (
            '[tool.pytest.ini_options]\nasyncio_mode = "legacy"  # all\n\n'
            "# --- ruff\n# strict\n[tool.ruff]\n"
        ),
        f"[tool.pytest.ini_options]\n{WORD}  # all\n{LINE}\n\n# --- ruff\n# strict\n[tool.ruff]\n",
    ),
    "indented tables": (
        '[tool]\n  [tool.pytest.ini_options]\n    asyncio_mode = "legacy"\n  [tool.ruff]\n',
        f"[tool]\n  [tool.pytest.ini_options]\n    {WORD}\n    {LINE}\n  [tool.ruff]\n",
    ),
    "a table below": (
        (
            '[tool.pytest.ini_options]\nasyncio_mode = "legacy"\n\n'
            "[tool.pytest.ini_options.x]\ny = 1\n"
        ),
        f"[tool.pytest.ini_options]\n{WORD}\n{LINE}\n\n[tool.pytest.ini_options.x]\ny = 1\n",
    ),
    "no such table": (
        '[project]\nname = "a"\n',
        f'[project]\nname = "a"\n\n[tool.pytest.ini_options]\n{LINE}\n',
    ),
    "nothing at all": ("", f"[tool.pytest.ini_options]\n{LINE}\n"),
    "tight, with literal strings": (
        "[tool.pytest.ini_options]\nasyncio_mode='legacy'",
        (
            "[tool.pytest.ini_options]\nasyncio_mode='auto'\n"
            "asyncio_default_fixture_loop_scope='fixture-scope'"
        ),
    ),
    "a string of several lines": (
        '[tool.pytest.ini_options]\naddopts = """\n-ra\n--asyncio-mode=legacy\n"""\n',
        (f'[tool.pytest.ini_options]\naddopts = """\n-ra\n--asyncio-mode=auto\n"""\n{LINE}\n'),
    ),
}


@pytest.mark.parametrize(("before", "after"), TOML.values(), ids=TOML)
def test_a_layout_of_toml_is_kept(before: str, after: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("pytest-asyncio>=1.5\n")
    (tmp_path / "pyproject.toml").write_text(before)
    assert migrate_twice(tmp_path, "AT101", "AT102", "AT103") == OK
    assert (tmp_path / "pyproject.toml").read_text() == after


# --- Layouts of INI -------------------------------------------------------------------------------

SCOPE = "asyncio_default_fixture_loop_scope"
INI = {
    "a comment on the section": (
        "pytest.ini",
        "[pytest] ; ours\nasyncio_mode = legacy\n",
        f"[pytest] ; ours\nasyncio_mode = auto\n{SCOPE} = fixture-scope\n",
    ),
    "colons": (
        "pytest.ini",
        "[pytest]\nasyncio_mode: legacy\n",
        f"[pytest]\nasyncio_mode: auto\n{SCOPE}: fixture-scope\n",
    ),
    "percent signs": (
        "pytest.ini",
        "[pytest]\nlog_format = %(message)s %%\nasyncio_mode = legacy\n",
        f"[pytest]\nlog_format = %(message)s %%\nasyncio_mode = auto\n{SCOPE} = fixture-scope\n",
    ),
    "blank lines and comments in a list": (
        "pytest.ini",
        "[pytest]\naddopts =\n    -ra\n\n    # loops\n    --asyncio-mode=legacy\n; end\n\n[x]\n",
        (
            "[pytest]\naddopts =\n    -ra\n\n    # loops\n    --asyncio-mode=auto\n"
            f"{SCOPE} = fixture-scope\n; end\n\n[x]\n"
        ),
    ),
    "keys in the wrong case are other keys": (
        "pytest.ini",
        "[pytest]\nAsyncio_Mode = legacy\nasyncio_mode = legacy\n",
        f"[pytest]\nAsyncio_Mode = legacy\nasyncio_mode = auto\n{SCOPE} = fixture-scope\n",
    ),
    "sections of others": (
        "tox.ini",
        (
            "[tox]\nenvlist = py{311,312}\n\n[pytest]\nasyncio_mode = legacy\n\n"
            "[testenv]\nsetenv =\n    A=1\n    B=%d\n"
        ),
        (
            f"[tox]\nenvlist = py{{311,312}}\n\n[pytest]\nasyncio_mode = auto\n"
            f"{SCOPE} = fixture-scope\n\n[testenv]\nsetenv =\n    A=1\n    B=%d\n"
        ),
    ),
    "setup.cfg with its own name of the section": (
        "setup.cfg",
        "[metadata]\nname = a\n\n[tool:pytest]\nasyncio_mode=legacy\n",
        f"[metadata]\nname = a\n\n[tool:pytest]\nasyncio_mode=auto\n{SCOPE}=fixture-scope\n",
    ),
    "setup.cfg with the name of other files": (
        "setup.cfg",
        "[metadata]\nname = a\n\n[pytest]\nasyncio_mode = legacy\n",
        (f"[metadata]\nname = a\n\n[tool:pytest]\nasyncio_mode = auto\n{SCOPE} = fixture-scope\n"),
    ),
}


@pytest.mark.parametrize(("file", "before", "after"), INI.values(), ids=INI)
def test_a_layout_of_ini_is_kept(file: str, before: str, after: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("pytest-asyncio>=1.5\n")
    (tmp_path / file).write_text(before)
    assert migrate_twice(tmp_path, "AT101", "AT102", "AT103", "AT202") == OK
    assert (tmp_path / file).read_text() == after

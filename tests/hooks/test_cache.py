"""A check that is answered from the cache prints what a whole one prints, whatever has changed."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import pytest
from async_test_template import cache, cli, seen
from async_test_template.cache import VARIABLES, Cache
from async_test_template.report import FORMATS
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

HOOKS = Path(cli.__file__).parents[1]
#: A way to have older files without waiting: later nothing counts as young.
HOUR = 3_600_000_000_000
#: How long the time of a file may stand still, in seconds.
TICK = 0.02


class Printed(NamedTuple):
    """What a command has done."""

    status: int
    out: bytes
    err: bytes


class Run(NamedTuple):
    """What a command has done, and whether it was known."""

    printed: Printed
    is_known: bool


def run(root: Path, *arguments: str, cached: bool = True) -> Run:
    """Run a check in this process, as the command does."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(root)
        place = Cache(["check", *arguments])
        known = place.find() if cached else None
        try:
            if known is not None:
                status = known.show()
            else:
                status = cli.run(["check", *arguments], place if cached else None)
        except SystemExit as error:  # by argparse
            status = int(error.code or 0)
        finally:
            seen.give_up()
        out.flush()
        err.flush()
    texts = [stream.buffer.getvalue() for stream in (out, err)]
    return Run(Printed(status, *texts), known is not None)


@pytest.fixture(autouse=True)
def entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the entries."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "async-test-template" / "check"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with findings."""
    root = tmp_path / "outer" / "repository"
    (root / ".git").mkdir(parents=True)
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


TEST = """\
import pytest


@pytest.mark.asyncio
async def test_it(event_loop, client):
    await client.get("/")
"""
FILES = {
    "pyproject.toml": """\
[project]
name = "it"
version = "1"
dependencies = ["httpx>=0.28", "pytest>=8", "pytest-asyncio>=0.21"]

[tool.pytest.ini_options]
asyncio_mode = "strict"
""",
    "tests/conftest.py": """\
import httpx
import pytest


@pytest.fixture
async def client():
    async with httpx.AsyncClient(app=object()) as client:
        yield client
""",
    "tests/test_it.py": TEST,
}
#: Contents by the end of a path, of which each has another effect.
CONTENTS = {
    ".py": (
        TEST,
        TEST.replace("asyncio", "anyio"),
        FILES["tests/conftest.py"],
        "import asyncio\n\n\ndef pytest_pyfunc_call(pyfuncitem):\n    return True\n",
        "import pytest\n\n\n@pytest.fixture(scope='session')\ndef event_loop():\n    yield 1\n",
        "import pytest\n\npytest_plugins = ['tests.more']\n",
        "import time\n\n\nasync def test_sleep():\n    time.sleep(1)\n",
        "def broken(:\n",
        "",
    ),
    ".toml": (
        FILES["pyproject.toml"],
        FILES["pyproject.toml"].replace("strict", "legacy"),
        FILES["pyproject.toml"].replace(">=0.21", ">=1.3"),
        '[tool.async-test-template.ignore]\nAT5 = "later"\n',
        '[tool.async-test-template]\nexclude = ["tests/sub"]\n',
        "[tool.pytest.ini_options]\ntestpaths = ['tests/*']\npython_files = 'check_*.py'\n",
        "[tool.uv.workspace]\nmembers = ['*']\n",
        "[project]\nname = 'else'\n",
        "[tool]\n",
    ),
    ".ini": ("[pytest]\nasyncio_mode = auto\n", "[pytest]\ntimeout = 5\n", "[tox]\n", "pytest\n"),
    ".lock": (
        '[[package]]\nname = "pytest-asyncio"\nversion = "1.3.0"\n',
        '[[package]]\nname = "pytest-asyncio"\nversion = "0.21.0"\n',
        '[[package]]\nname = "it"\nversion = "1"\n',
    ),
    ".txt": ("pytest\npytest-asyncio==0.21\n", "anyio\n", "pytest-timeout\n"),
    ".yml": (
        "loop_scope: session\n",
        "loop_scope: module\ntimeout: 3\n",
        "on: push\njobs:\n  it:\n    steps:\n      - run: pytest --asyncio-mode=auto\n",
    ),
    ".json": ('{"version": 1, "findings": []}', "{}"),
    "": ("ref: refs/heads/main\n",),
}
PATHS = (
    "pyproject.toml",
    "pytest.ini",
    "uv.lock",
    ".git/HEAD",
    "conftest.py",
    *(
        f"repository/{path}"
        for path in (
            "pyproject.toml",
            "pytest.ini",
            "tox.ini",
            "uv.lock",
            "requirements.txt",
            "test-requirements.txt",
            ".copier-answers.yml",
            ".git/HEAD",
            ".github/workflows/ci.yml",
            "known.json",
            "conftest.py",
            "tests/__init__.py",
            "tests/conftest.py",
            "tests/test_it.py",
            "tests/check_it.py",
            "tests/more.py",
            "tests/async_guard.py",
            "tests/pytest_async_guard.py",
            "tests/other.ini",
            "tests/sub/conftest.py",
            "tests/sub/test_more.py",
            "tests/sub/pyproject.toml",
            "tests/data/pyproject.toml",
            "package/pyproject.toml",
            "package/setup.py",
            "package/tests/test_it.py",
            "venv/pyvenv.cfg",
            "venv/test_it.py",
        )
    ),
)
#: The same without the last name, too.
PLACES = tuple(dict.fromkeys([*PATHS, *(path.rpartition("/")[0] for path in PATHS if "/" in path)]))
COMMANDS: tuple[tuple[str, ...], ...] = (
    (),
    ("--advice",),
    ("-v", "--select", "AT5,AT8"),
    ("--statistics", "--exit-zero"),
    ("tests", "--mode", "auto"),
    ("tests/test_it.py", "-q"),
    ("tests/sub", "package"),
    ("tests/*", "--ignore", "AT4"),
    ("--baseline", "known.json"),
    ("--answers-file", ".copier-answers.yml", "--format", "json"),
    ("..", "--format", "concise"),
)
CHANGES = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(PATHS), st.integers(0, 8)),
    st.tuples(st.just("write"), st.sampled_from(PATHS), st.integers(0, 8)),
    st.tuples(st.just("edit"), st.sampled_from(PATHS), st.just(0)),
    st.tuples(st.just("remove"), st.sampled_from(PLACES), st.just(0)),
    st.tuples(st.just("touch"), st.sampled_from(PLACES), st.just(0)),
    st.tuples(st.just("folder"), st.sampled_from(PATHS), st.just(0)),
    st.tuples(st.just("move"), st.sampled_from(PLACES), st.integers(0, len(PLACES) - 1)),
    st.tuples(st.just("link"), st.sampled_from(PLACES), st.integers(0, len(PLACES) - 1)),
    st.tuples(st.just("run"), st.just(""), st.integers(0, len(COMMANDS) - 1)),
)


def change(base: Path, what: str, name: str, number: int) -> None:
    """Make a change, as far as that is possible."""
    path, other = base / name, base / PLACES[number]
    if what == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        texts = CONTENTS.get(path.suffix, CONTENTS[""])
        path.write_text(texts[number % len(texts)])
    elif what == "edit":
        # As many bytes and the same time, which is what an editor can do at worst.
        status = path.stat()
        path.write_text(path.read_text().swapcase())
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    elif what == "remove":
        remove(path)
    elif what == "touch":
        path.touch()
    elif what == "folder":
        remove(path)
        path.mkdir(parents=True)
    elif what == "move":
        path.rename(other)
    elif what == "link":
        remove(path)
        path.symlink_to(other)


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        for inside in path.iterdir():
            remove(inside)
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


def compare(changes: list[tuple[str, str, int]], tick: float = 0.0) -> None:
    """Change a repository again and again, and look at it each time."""
    with TemporaryDirectory() as folder:
        base = Path(folder)
        root = base / "repository"
        for name, text in FILES.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        arguments: tuple[str, ...] = ()
        for what, name, number in [("run", "", 0), *changes]:
            with suppress(OSError):
                change(base, what, name, number)
            arguments = COMMANDS[number] if what == "run" else arguments
            if not root.is_dir():
                return
            time.sleep(tick)
            first = run(root, *arguments)
            whole = run(root, *arguments, cached=False)
            again = run(root, *arguments)
            assert first.printed == whole.printed == again.printed


def property_of(test: Callable[..., None]) -> Callable[..., None]:
    """Try a test with any changes, and with those that are rare and matter."""
    above = [("remove", "repository/pyproject.toml", 0), ("run", "", 1)]
    rare: tuple[list[tuple[str, str, int]], ...] = (
        [
            *above,
            ("write", "pytest.ini", 0),
            ("edit", "pytest.ini", 0),
            ("remove", "pytest.ini", 0),
        ],
        [("write", "uv.lock", 0), ("write", "pyproject.toml", 6), ("remove", "uv.lock", 0)],
        [("write", ".git/HEAD", 0), ("write", "pyproject.toml", 3), ("remove", ".git", 0)],
        [("write", "pyproject.toml", 3), ("write", "repository/.git/HEAD", 0)],
        [
            ("write", "repository/tox.ini", 0),
            ("write", "repository/tests/other.ini", 1),
            ("link", "repository/pytest.ini", PLACES.index("repository/tox.ini")),
            ("link", "repository/pytest.ini", PLACES.index("repository/tests/other.ini")),
        ],
        [
            ("write", "conftest.py", 3),
            ("link", "repository/tests/conftest.py", PLACES.index("conftest.py")),
            ("write", ".git/HEAD", 0),
            ("edit", "conftest.py", 0),
            ("remove", "conftest.py", 0),
        ],
    )
    for changes in rare:
        test = example(changes)(test)
    test = given(st.lists(CHANGES, max_size=6))(test)
    quiet = [HealthCheck.function_scoped_fixture]
    return settings(deadline=None, max_examples=12, suppress_health_check=quiet)(test)


# The one below has the same changes; what is young is compared by its content elsewhere, too.
@pytest.mark.full
@property_of
def test_no_change_goes_unseen(changes: list[tuple[str, str, int]]) -> None:
    """What is as young as here is compared by what is in it."""
    compare(changes)


@pytest.mark.slow
@property_of
def test_no_change_of_older_files_goes_unseen(changes: list[tuple[str, str, int]]) -> None:
    now = time.time_ns
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time_ns", lambda: now() + HOUR)
        compare(changes, TICK)


def linked(link: Path, target: str) -> None:
    remove(link)
    link.symlink_to(target)


def tried(look: Callable[[str], object], path: Path) -> None:
    with suppress(OSError):
        look(str(path))


#: Looks at a path in a folder, each with a change after which it would be another one.
LOOKS: dict[str, tuple[Callable[[str], object], str, Callable[[Path], object]]] = {
    "content": (seen.contents, "file", lambda root: (root / "file").write_text("b")),
    "longer content": (seen.contents, "file", lambda root: (root / "file").write_text("aa")),
    "a link in its place": (seen.contents, "file", lambda root: linked(root / "file", "other")),
    "no content": (seen.contents, "file", lambda root: remove(root / "file")),
    "content behind a link": (seen.followed, "link", lambda root: linked(root / "link", "folder")),
    "a list": (seen.entries, "folder", lambda root: (root / "folder" / "new").touch()),
    "another kind in a list": (
        seen.entries,
        "folder",
        lambda root: linked(root / "folder" / "in", "new"),
    ),
    "no list": (seen.entries, "folder", lambda root: remove(root / "folder")),
    "a list at last": (seen.entries, "gone", lambda root: (root / "gone").mkdir()),
    "a kind": (seen.kind, "link", lambda root: remove(root / "link")),
    "a kind of nothing": (seen.kind, "gone", lambda root: (root / "gone").touch()),
    "a target": (seen.target, "link", lambda root: remove(root / "file")),
    "a target of nothing": (seen.target, "gone", lambda root: (root / "gone").touch()),
    "a place": (seen.place, "link", lambda root: linked(root / "link", "other")),
    "a pattern": (
        lambda folder: seen.is_matched(folder, "ne?"),
        "folder",
        lambda root: (root / "folder" / "new").touch(),
    ),
}


@pytest.mark.parametrize("name", LOOKS)
@pytest.mark.parametrize("later", [0, HOUR])
def test_a_look_that_would_be_another_one(
    name: str, later: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("a")
    (tmp_path / "other").write_text("a")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "in").touch()
    (tmp_path / "link").symlink_to("file")
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + later)
    time.sleep(TICK)
    look, path, make_other = LOOKS[name]
    seen.begin()
    tried(look, tmp_path / path)
    record = seen.end()
    assert record is not None
    assert record.holds()
    make_other(tmp_path)
    with suppress(OSError):
        assert not record.holds()


def test_a_time_that_stands_still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is written twice within what its file system takes for one moment."""
    file = tmp_path / "file"
    file.write_text("a")
    moment = file.stat().st_mtime_ns
    monkeypatch.setattr(
        seen, "_signature", lambda status: (status.st_mode, 1, 1, 1, moment, moment)
    )
    seen.begin()
    seen.contents(str(file))
    record = seen.end()
    assert record is not None
    assert record.holds()
    file.write_text("b")
    assert not record.holds()


def test_what_has_changed_between_two_looks_is_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("a")
    seen.begin()
    seen.contents(str(file))
    file.write_text("b")
    seen.contents(str(file))
    assert seen.end() is None


def test_what_another_process_has_seen(tmp_path: Path) -> None:
    """A file that changes after one process has read it and before the other does."""
    file = tmp_path / "file"
    records = []
    for text in "ab":
        file.write_text(text)
        seen.begin()
        seen.contents(str(file))
        records.append(seen.end())
    first, second = records
    assert first is not None
    assert second is not None
    assert first.add(first.plain)
    assert not first.add(second.plain)


FORMATTED = [("--format", style) for style in FORMATS]


@pytest.mark.parametrize("arguments", [*FORMATTED, *COMMANDS])
def test_a_second_run_prints_the_same(repository: Path, arguments: tuple[str, ...]) -> None:
    (repository / "known.json").write_text('{"version": 1, "findings": []}')
    (repository / "tests" / "sub").mkdir()
    (repository / "package").mkdir()
    (repository / ".copier-answers.yml").write_text("loop_scope: session\n")
    first = run(repository, *arguments)
    assert first.printed.out or first.printed.err
    assert not first.is_known
    # The shell has not replaced the pattern, so what it stands for is not recorded.
    assert run(repository, *arguments) == (first.printed, "tests/*" not in arguments)


@pytest.mark.slow
def test_another_command_is_not_known(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(repository)
    assert run(repository).is_known
    assert not run(repository, "--advice").is_known
    assert not run(repository / "tests").is_known
    for name in VARIABLES:
        with monkeypatch.context() as patch:
            patch.setenv(name, "true")
            assert not run(repository).is_known


@pytest.mark.parametrize(
    "arguments",
    [
        ("--no-cache",),
        ("--no-c",),
        ("--output-file", "../report"),
        ("--write-baseline", "../known.json"),
        ("--add-ignores", "--allow-dirty"),
        ("--run", "true"),
        ("--select", "AT999"),
        ("no-such-file",),
    ],
)
def test_nothing_is_kept(repository: Path, entries: Path, arguments: tuple[str, ...]) -> None:
    for _ in range(2):
        assert not run(repository, *arguments).is_known
    assert not entries.exists()


@pytest.mark.slow
def test_nothing_is_written_into_the_repository(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(repository.rglob("*"))
    (repository.parent / "link").symlink_to("repository")
    for place in (repository / "cache", repository.parent / "link" / "cache"):
        monkeypatch.setenv("XDG_CACHE_HOME", str(place))
        assert not run(repository).is_known
        assert not run(repository / "tests", "test_it.py").is_known
    assert sorted(repository.rglob("*")) == before
    # A folder that is no whole path counts for nothing (XDG Base Directory, 0.8).
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    monkeypatch.setenv("HOME", str(repository.parent / "home"))
    run(repository)
    assert sorted(repository.rglob("*")) == before
    assert run(repository).is_known


def put(data: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(data)


BROKEN: dict[str, Callable[[Path], object]] = {
    "empty": put(b""),
    "of something else": put(b"x" * 1000),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"x"),
    "changed": lambda path: path.write_bytes(path.read_bytes().swapcase()),
    "a folder": lambda path: path.rename(path.with_name("old")).with_name(path.name).mkdir(),
    "a link to itself": lambda path: linked(path, path.name),
    "no longer there": lambda path: remove(path.parents[1]),
    "behind a link to nowhere": lambda path: linked(path.parent, "nowhere"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_an_entry_that_is_broken(repository: Path, entries: Path, broken: str) -> None:
    first = run(repository)
    (entry,) = entries.iterdir()
    BROKEN[broken](entry)
    assert run(repository) == (first.printed, False)
    assert run(repository).printed == first.printed


def test_an_entry_of_somebody_else(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(repository)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert not run(repository).is_known


def test_a_folder_that_cannot_be_written(
    repository: Path, entries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "replace", refuse)
    first = run(repository)
    assert not first.printed.err.count(b"error")
    assert list(entries.iterdir()) == []
    assert run(repository) == first


@pytest.mark.slow
def test_only_the_last_results_are_kept(
    repository: Path, entries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "_KEPT", 2)
    for number in range(4):
        time.sleep(TICK)
        run(repository, "--timeout", str(number))
    assert len(list(entries.iterdir())) == 2
    assert run(repository, "--timeout", "3").is_known


def test_what_was_young_is_compared_by_its_time_later(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(repository)
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + HOUR)
    assert run(repository).is_known
    monkeypatch.setattr(seen, "_read", None)
    assert run(repository).is_known
    (repository / "tests" / "test_it.py").touch()
    with pytest.raises(TypeError):
        run(repository)


#: What the command of the package does, and what it has imported at its end.
COMMAND = (
    "import sys\nfrom async_test_template.__main__ import main\nstatus = main()\n"
    "print('KNOWN' if 'async_test_template.cli' not in sys.modules else 'NEW', file=sys.stderr)\n"
    "print(*sys.modules, file=sys.stderr)\nsys.exit(status)\n"
)


def command(root: Path, hooks: Path = HOOKS) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", COMMAND, "check"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(hooks)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_known_result_needs_no_imports(repository: Path) -> None:
    first, second = command(repository), command(repository)
    assert "\nNEW\n" in first.stderr
    assert "\nKNOWN\n" in second.stderr
    assert second.stdout == first.stdout
    assert second.returncode == first.returncode == 1
    slow = {"pathlib", "re", "typing", "signal", "threading", "argparse", "hashlib", "contextlib"}
    bare = [sys.executable, "-c", "import sys; print(*sys.modules)"]
    always = subprocess.run(bare, capture_output=True, text=True, check=True).stdout.split()
    assert not slow & (set(second.stderr.split()) - set(always))


@pytest.mark.slow
@pytest.mark.parametrize("of", ["rules/loops/at514_blocking_sleep.py", "rules/loops/new.py"])
def test_another_program_knows_nothing(repository: Path, tmp_path: Path, of: str) -> None:
    """As after an upgrade, or while a rule is written."""
    hooks = tmp_path / "hooks"
    shutil.copytree(HOOKS / "async_test_template", hooks / "async_test_template")
    for path in hooks.rglob("*.py"):
        os.utime(path, (1, 1))
    command(repository, hooks)
    assert "\nKNOWN\n" in command(repository, hooks).stderr
    with (hooks / "async_test_template" / of).open("a") as file:
        file.write("\n")
    assert "\nNEW\n" in command(repository, hooks).stderr


@pytest.mark.slow
def test_several_runs_at_once(repository: Path, entries: Path) -> None:
    program = [sys.executable, "-m", "async_test_template", "check"]
    environment = {**os.environ, "PYTHONPATH": str(HOOKS)}
    running = [
        subprocess.Popen(
            program, cwd=repository, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(4)
    ]
    outputs = {process.communicate() for process in running}
    assert len(outputs) == 1
    assert len(list(entries.iterdir())) == 1


@pytest.mark.slow
def test_nobody_reads_the_known_result(repository: Path) -> None:
    command(repository)
    for _ in range(2):
        reader, writer = os.pipe()
        os.close(reader)
        program = [sys.executable, "-c", COMMAND.partition("print")[0], "check"]
        done = subprocess.run(
            program,
            cwd=repository,
            env={**os.environ, "PYTHONPATH": str(HOOKS)},
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
        )
        os.close(writer)
        assert b"Traceback" not in done.stderr


def test_what_a_check_depends_on_is_known_by_its_name() -> None:
    """A variable that a check reads is part of what makes its result another one."""
    others = {"adopt", "verify", "observe", "recorder", "uncommitted", "shell", "cache"}
    read = set()
    for path in (HOOKS / "async_test_template").rglob("*.py"):
        if path.stem not in others:
            read |= set(re.findall(r"""environ(?:\.get\(|\[)["'](\w+)""", path.read_text()))
    assert read == set(VARIABLES)


#: Modules that ask the file system themselves: no check does what they are for, or ends with them.
ELSEWHERE = frozenset(
    {
        "adopt",
        "adoptable",
        "adoption",
        "cli",
        "console",
        "ending",
        "explain",
        "infer",
        "observe",
        "recorder",
        "repo_review",
    }
    | {"seen", "cache", "server", "shell", "uncommitted", "verify", "write"}
)
#: What the program knows of itself.
ITSELF = {"async_test_template/rules/__init__.py": 1, "async_test_template/rules/pages.py": 1}
ASKS = re.compile(
    r"""(?<!entry)\.(?:exists|is_file|is_dir|is_symlink|is_mount|read_bytes|read_text|iterdir|r?glob
    |stat|lstat|samefile|readlink|open|absolute)\(|\.resolve\(\)|(?<![\w.])open\(
    |os\.(?:listdir|scandir|l?stat|walk|access|readlink|open)\(|(?<![\w.])i?glob\(
    |os\.path\.(?:l?exists|isfile|isdir|islink|realpath|samefile)\(""",
    re.VERBOSE,
)


@pytest.mark.slow
def test_the_file_system_is_asked_in_one_place() -> None:
    """Otherwise a check would not notice that the answer is another one."""
    found = {}
    for path in (HOOKS / "async_test_template").rglob("*.py"):
        name = path.relative_to(HOOKS).as_posix()
        if path.stem not in ELSEWHERE and "/messages/" not in name:
            asked = ASKS.findall(path.read_text())
            found[name] = len(asked)
    # One asks for the reason of an error, the other lists what a pattern means, and gives up.
    known = {**ITSELF, "async_test_template/disk.py": 1, "async_test_template/targets.py": 1}
    assert {name: number for name, number in found.items() if number} == known


#: Lets a check keep a record, and prints what it has asked the system for and what is recorded.
OBSERVED = """\
import io, json, os, sys

asked = set()

def watched(function):
    def watch(path=".", *more, **named):
        if isinstance(path, (str, bytes, os.PathLike)):
            asked.add(os.path.abspath(os.fsdecode(path)))
        return function(path, *more, **named)
    return watch

import builtins
for name in ("stat", "lstat", "scandir", "listdir", "readlink", "open", "access"):
    setattr(os, name, watched(getattr(os, name)))
builtins.open = io.open = watched(io.open)

from async_test_template import cli, seen
from async_test_template.cache import Cache

end = seen.end
def tell():
    record = end()
    known = {*record.contents, *record.folders}
    known.update(about for _, *words in record.answers for about in words)
    sys.stderr.write(json.dumps([sorted(asked), sorted(map(os.path.abspath, known))]))
    return record
seen.end = tell
cache = Cache(sys.argv[1:])
assert cache.find() is None
cli.run(sys.argv[1:], cache)
"""


@pytest.mark.slow
@pytest.mark.parametrize("arguments", COMMANDS[:7])
def test_every_look_is_recorded(repository: Path, arguments: tuple[str, ...]) -> None:
    """Whatever is asked of the system, at a path or by following links on the way to it."""
    for name in PATHS:
        path = repository.parent / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(CONTENTS.get(path.suffix, CONTENTS[""])[0])
    (repository / "tests" / "linked").symlink_to("sub")
    (repository / "tests" / "test_linked.py").symlink_to("more.py")
    done = subprocess.run(
        [sys.executable, "-c", OBSERVED, "check", *arguments],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": str(HOOKS), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    asked, known = (set(paths) for paths in json.loads(done.stderr.splitlines()[-1]))
    outer = str(repository.parent)
    inside = {path for path in asked if path.startswith(outer) and path != outer}
    assert len(inside) > 20
    assert inside - known == {
        path for path in inside - known if any(one.startswith(f"{path}/") for one in known)
    }

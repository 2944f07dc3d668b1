"""All files are written or none, whatever goes wrong."""

from __future__ import annotations

import os
import resource
import shutil
import stat
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from async_test_template import write
from async_test_template.errors import WriteRefused
from async_test_template.write import refuse, write_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOBODY = 65534
HOOKS = Path(__file__).parents[2] / "hooks"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("a.ini", "b.ini", "c.ini"):
        (tmp_path / name).write_bytes(b"old")
    return tmp_path


def new(root: Path, *names: str) -> dict[Path, bytes]:
    return {root / name: b"new" for name in names}


def contents(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in root.iterdir() if path.is_file()}


OLD = {"a.ini": b"old", "b.ini": b"old", "c.ini": b"old"}


@contextmanager
def unprivileged() -> Iterator[None]:
    """Let the system check permissions, which it does not do for root."""
    if os.geteuid() != 0:
        yield
        return
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@pytest.fixture
def open_root() -> Iterator[Path]:
    """Return a folder that every user can reach; those of tmp_path are for one only."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "a.ini").write_bytes(b"old")
        yield folder


def test_all_files_are_written_and_nothing_else_is_left(root: Path) -> None:
    write_all(
        root, {**new(root, "a.ini"), Path("b.ini"): b"", Path("d.ini"): b"d"}, allow_dirty=False
    )

    assert contents(root) == {"a.ini": b"new", "b.ini": b"", "c.ini": b"old", "d.ini": b"d"}


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664, 0o755])
def test_the_mode_stays(root: Path, mode: int) -> None:
    (root / "a.ini").chmod(mode)

    write_all(root, new(root, "a.ini"), allow_dirty=False)

    assert stat.S_IMODE((root / "a.ini").stat().st_mode) == mode


def test_a_new_file_has_the_mode_of_any_new_file(root: Path) -> None:
    old = os.umask(0o027)
    try:
        write_all(root, new(root, "new.ini"), allow_dirty=False)
    finally:
        os.umask(old)

    assert stat.S_IMODE((root / "new.ini").stat().st_mode) == 0o640


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_owner_stays(root: Path) -> None:
    os.chown(root / "a.ini", NOBODY, NOBODY)

    write_all(root, new(root, "a.ini"), allow_dirty=False)

    status = (root / "a.ini").stat()
    assert (status.st_uid, status.st_gid) == (NOBODY, NOBODY)


def test_a_file_that_has_its_content_is_not_touched(root: Path) -> None:
    before = (root / "a.ini").stat()
    (root / "a.ini").chmod(0o644)

    write_all(root, {root / "a.ini": b"old"}, allow_dirty=False)

    assert (root / "a.ini").stat().st_ino == before.st_ino


def test_a_file_without_a_content_is_removed(root: Path) -> None:
    write_all(root, {root / "a.ini": None, root / "none.ini": None}, allow_dirty=False)

    assert contents(root) == {"b.ini": b"old", "c.ini": b"old"}


def test_a_removed_file_comes_back_where_another_cannot_be_written(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_folders: object) -> None:
        raise OSError(5, "broken")

    monkeypatch.setattr(write, "_sync_folders", fail)

    with pytest.raises(WriteRefused, match="cannot be written: broken"):
        write_all(root, {root / "a.ini": None, root / "b.ini": b"new"}, allow_dirty=False)
    assert contents(root) == OLD


def appear(root: Path) -> None:
    (root / "new.ini").write_bytes(b"theirs")


def vanish(root: Path) -> None:
    (root / "a.ini").unlink()


def change(root: Path) -> None:
    (root / "b.ini").write_bytes(b"theirs")


EXPECTED = {Path("a.ini"): b"old", Path("b.ini"): b"old", Path("new.ini"): None}


def test_what_is_as_expected_is_written(root: Path) -> None:
    write_all(root, new(root, "a.ini", "b.ini", "new.ini"), expected=EXPECTED, allow_dirty=False)
    assert contents(root) == {**OLD, **dict.fromkeys(("a.ini", "b.ini", "new.ini"), b"new")}


@pytest.mark.parametrize("edit", [appear, vanish, change])
def test_what_changed_since_it_was_read_is_refused(
    root: Path, edit: Callable[[Path], None]
) -> None:
    edit(root)
    before = contents(root)

    with pytest.raises(WriteRefused, match="changed since it was read"):
        write_all(root, new(root, "a.ini", "b.ini", "new.ini"), expected=EXPECTED, allow_dirty=True)
    assert contents(root) == before


@pytest.mark.parametrize("edit", [appear, vanish, change])
def test_what_changes_at_the_last_moment_is_refused(
    root: Path, monkeypatch: pytest.MonkeyPatch, edit: Callable[[Path], None]
) -> None:
    monkeypatch.setattr(write, "_sweep", lambda _: edit(root))

    with pytest.raises(WriteRefused, match="changed since it was read"):
        write_all(root, new(root, "a.ini", "b.ini", "new.ini"), expected=EXPECTED, allow_dirty=True)
    assert b"new" not in contents(root).values()


def test_a_look_ahead_refuses_the_same_and_writes_nothing(root: Path) -> None:
    refuse(root, new(root, "a.ini", "b.ini"), expected=EXPECTED, allow_dirty=False)
    assert contents(root) == OLD

    change(root)
    with pytest.raises(WriteRefused, match="changed since it was read"):
        refuse(root, new(root, "a.ini", "b.ini"), expected=EXPECTED, allow_dirty=False)
    read_only(root)
    with pytest.raises(WriteRefused, match="is read-only"):
        refuse(root, new(root, "a.ini", "b.ini"), expected=EXPECTED, allow_dirty=False)


def test_a_link_inside_is_followed_and_stays_a_link(root: Path) -> None:
    (root / "config").mkdir()
    (root / "a.ini").rename(root / "config" / "a.ini")
    (root / "a.ini").symlink_to("config/a.ini")

    write_all(root, new(root, "a.ini"), allow_dirty=False)

    assert (root / "a.ini").readlink() == Path("config/a.ini")
    assert (root / "config" / "a.ini").read_bytes() == b"new"


def leftover(place: Path, *, note: bytes = write._NOTE) -> Path:  # noqa: SLF001
    """Make what a killed run leaves."""
    folder = place / f".async-test-template-{'0123456789abcdef' * 2}"
    folder.mkdir()
    (folder / ".gitignore").write_bytes(note)
    (folder / "0.new").write_bytes(b"new")
    return folder


@pytest.mark.parametrize("place", ["", "config"])
def test_what_a_killed_run_left_is_no_hard_link_of_the_user_s(root: Path, place: str) -> None:
    (root / "config").mkdir()
    (root / "a.ini").rename(root / "config" / "a.ini")
    (root / "a.ini").symlink_to("config/a.ini")
    (leftover(root / place) / "0.old").hardlink_to(root / "config" / "a.ini")

    write_all(root, new(root, "a.ini"), allow_dirty=False)

    assert contents(root / "config") == {"a.ini": b"new"}
    assert not list(root.rglob(".async-test-template-*"))


def test_what_a_killed_run_left_is_removed_though_there_is_nothing_to_write(root: Path) -> None:
    leftover(root)
    write.sweep(root)
    assert not list(root.glob(".async-test-template-*"))


def before_its_first_file(root: Path) -> None:
    for path in leftover(root).iterdir():
        path.unlink()


def while_it_wrote_its_note(root: Path) -> None:
    (leftover(root, note=b"# async") / "0.new").unlink()


@pytest.mark.parametrize("kill", [before_its_first_file, while_it_wrote_its_note])
def test_a_run_that_was_killed_at_once_leaves_nothing(
    root: Path, kill: Callable[[Path], None]
) -> None:
    kill(root)
    write.sweep(root)
    assert not list(root.glob(".async-test-template-*"))


def named_alike(root: Path) -> Path:
    path = root / ".async-test-template-baseline"
    path.write_bytes(b"mine")
    return path


def a_file_with_our_name(root: Path) -> Path:
    path = leftover(root)
    shutil.rmtree(path)
    path.write_bytes(b"mine")
    return path


def another_note(root: Path) -> Path:
    return leftover(root, note=b"*\n")


def a_file_of_theirs(root: Path) -> Path:
    path = leftover(root) / "mine.txt"
    path.write_bytes(b"mine")
    return path


def a_link(root: Path) -> Path:
    target = root / "elsewhere"
    target.mkdir()
    leftover(target).rename(target / "it")
    path = root / f".async-test-template-{'f' * 32}"
    path.symlink_to("elsewhere/it")
    return path / "0.new"


@pytest.mark.parametrize(
    "make", [named_alike, a_file_with_our_name, another_note, a_file_of_theirs, a_link]
)
def test_what_is_not_proved_to_be_ours_stays(root: Path, make: Callable[[Path], Path]) -> None:
    path = make(root)
    write_all(root, new(root, "a.ini"), allow_dirty=True)
    write.sweep(root)
    assert path.exists()


def test_what_a_run_that_lives_has_prepared_stays(root: Path) -> None:
    with write._lock(leftover(root)):  # noqa: SLF001
        write.sweep(root)
        assert list(root.glob(".async-test-template-*/0.new"))


def outside(root: Path) -> None:
    (root.parent / "outside.ini").write_bytes(b"old")
    (root / "b.ini").unlink()
    (root / "b.ini").symlink_to("../outside.ini")


def folder_outside(root: Path) -> None:
    (root.parent / "outside").mkdir()
    (root / "b.ini").unlink()
    (root / "b.ini").symlink_to("../outside/new.ini")


def loop(root: Path) -> None:
    (root / "b.ini").unlink()
    (root / "b.ini").symlink_to("b.ini")


def dangling(root: Path) -> None:
    (root / "b.ini").unlink()
    (root / "b.ini").symlink_to("nowhere.ini")


def hard_link(root: Path) -> None:
    (root / "other.ini").hardlink_to(root / "b.ini")


def read_only(root: Path) -> None:
    (root / "b.ini").chmod(0o444)


def into_git(root: Path) -> None:
    (root / ".git" / "info").mkdir(parents=True)
    (root / ".git" / "info" / "exclude").write_bytes(b"old")
    (root / "b.ini").unlink()
    (root / "b.ini").symlink_to(".git/info/exclude")


def into_another_repository(root: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "--bare", root / "bare"], check=True)
    (root / "b.ini").unlink()
    (root / "b.ini").symlink_to("bare/config")


def folder(root: Path) -> None:
    (root / "b.ini").unlink()
    (root / "b.ini").mkdir()


def same_file(root: Path) -> None:
    (root / "a.ini").unlink()
    (root / "a.ini").symlink_to("b.ini")


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (outside, "is outside"),
        (folder_outside, "symbolic link to nothing"),
        (loop, "cannot be reached"),
        (dangling, "symbolic link to nothing"),
        (hard_link, r"has 2 names \(hard links\)"),
        (read_only, "is read-only"),
        (into_git, "belongs to git"),
        (into_another_repository, "belongs to git"),
        (folder, "is not a regular file"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_file_that_is_not_simply_ours_is_refused_before_any_is_written(
    root: Path, prepare: Callable[[Path], None], message: str
) -> None:
    prepare(root)
    before = contents(root)

    with pytest.raises(WriteRefused, match=message) as error:
        write_all(root, new(root, "a.ini", "b.ini"), allow_dirty=True)

    assert error.value.path == root / "b.ini"
    assert contents(root) == before


def test_a_work_tree_in_a_bare_repository_is_no_part_of_it(tmp_path: Path) -> None:
    source, bare = tmp_path / "source", tmp_path / "bare"
    git(tmp_path, "init", "--quiet", "source")
    nobody = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    git(source, *nobody, "commit", "--quiet", "--allow-empty", "--message", "Begin")
    git(tmp_path, "clone", "--quiet", "--bare", "source", "bare")
    git(bare, "worktree", "add", "--quiet", "-b", "work", "tree")

    write_all(bare / "tree", {Path("a.ini"): b"new"}, allow_dirty=True)

    assert (bare / "tree" / "a.ini").read_bytes() == b"new"
    with pytest.raises(WriteRefused, match="belongs to git"):
        write_all(bare, {Path("config"): b"new"}, allow_dirty=True)


def test_a_path_outside_is_refused(root: Path) -> None:
    with pytest.raises(WriteRefused, match="is outside"):
        write_all(root, {Path("../x.ini"): b"new"}, allow_dirty=True)


def test_two_contents_for_one_file_are_refused(root: Path) -> None:
    same_file(root)

    with pytest.raises(WriteRefused, match="same file as another"):
        write_all(root, {Path("a.ini"): b"1", Path("b.ini"): b"2"}, allow_dirty=True)
    write_all(root, new(root, "a.ini", "b.ini"), allow_dirty=True)
    assert (root / "b.ini").read_bytes() == b"new"


def test_a_file_of_another_user_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # os.access asks for the real user, which a test cannot change and change back.
    monkeypatch.setattr(os, "access", lambda path, _: path.name != "b.ini")

    with pytest.raises(WriteRefused, match="is not writable"):
        write_all(root, new(root, "a.ini", "b.ini"), allow_dirty=True)
    assert contents(root) == OLD


def test_a_read_only_folder_is_refused_with_every_file_as_it_was(open_root: Path) -> None:
    (open_root / "sub").mkdir(mode=0o777)
    (open_root / "sub").chmod(0o777)
    (open_root / "sub" / "b.ini").write_bytes(b"old")
    for path in ("a.ini", "sub/b.ini"):
        (open_root / path).chmod(0o666)
    open_root.chmod(0o555)

    with unprivileged(), pytest.raises(WriteRefused, match="Permission denied") as error:
        write_all(open_root, new(open_root, "sub/b.ini", "a.ini"), allow_dirty=True)

    assert error.value.path == open_root / "a.ini"
    assert contents(open_root) == {"a.ini": b"old"}
    assert contents(open_root / "sub") == {"b.ini": b"old"}


def test_a_full_disk_is_noticed_before_any_file_is_replaced(root: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    big = {root / "a.ini": b"new", root / "b.ini": b"x" * 100_000}
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(WriteRefused, match="File too large") as error:
            write_all(root, big, allow_dirty=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert error.value.path == root / "b.ini"
    assert contents(root) == OLD
    write_all(root, big, allow_dirty=True)
    assert contents(root) == {"a.ini": b"new", "b.ini": b"x" * 100_000, "c.ini": b"old"}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False).returncode:
        pytest.skip("mounting a small disk is not allowed here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full(small_disk: Path) -> None:
    (small_disk / "a.ini").write_bytes(b"old")
    (small_disk / "b.ini").write_bytes(b"old" * 10_000)

    with pytest.raises(WriteRefused, match="No space left"):
        write_all(
            small_disk,
            {small_disk / "a.ini": b"new", small_disk / "b.ini": b"x" * 50_000},
            allow_dirty=True,
        )

    assert contents(small_disk) == {"a.ini": b"old", "b.ini": b"old" * 10_000}


@pytest.mark.parametrize("failure", [OSError(5, "Input/output error"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_a_failure_on_the_way_restores_the_files_before(
    root: Path, monkeypatch: pytest.MonkeyPatch, step: int, failure: BaseException
) -> None:
    replaced: list[Path] = []
    replace = Path.replace

    def fail_once(self: Path, target: Path) -> Path:
        replaced.append(target)
        if len(replaced) == step:
            raise failure
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail_once)
    if step == 4:
        monkeypatch.setattr(write, "_sync_folders", lambda _: fail_once(root, root))
    expected = WriteRefused if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        write_all(root, {**new(root, "a.ini", "d.ini"), root / "b.ini": b"2"}, allow_dirty=True)

    assert contents(root) == OLD


def test_what_cannot_be_put_back_is_named_and_its_copy_kept(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced: list[Path] = []
    replace = Path.replace

    def fail_from_the_second_on(self: Path, target: Path) -> Path:
        replaced.append(target)
        if target.name == "b.ini" or len(replaced) > 1:
            raise OSError(5, "Input/output error")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail_from_the_second_on)
    with pytest.raises(WriteRefused, match="could not be undone") as error:
        write_all(root, new(root, "a.ini", "b.ini"), allow_dirty=True)

    copy = error.value.message.partition("old content is in ")[2].partition(")")[0]
    monkeypatch.undo()
    write_all(root, new(root, "a.ini", "b.ini"), allow_dirty=True)
    assert Path(copy).read_bytes() == b"old"


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the script forks")
def test_a_kill_at_any_step_leaves_each_file_old_or_new(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, Path(__file__).with_name("killed_write.py"), tmp_path],
        env={**os.environ, "PYTHONPATH": str(HOOKS)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    states = run.stdout.splitlines()
    assert len(states) > 20
    order = ["", "pyproject.toml", "pyproject.toml tox.ini", "pyproject.toml tox.ini new.ini"]
    assert sorted(set(states), key=len) == order


def test_two_runs_do_not_write_at_the_same_time(root: Path) -> None:
    with (
        write._lock(root.resolve()),  # noqa: SLF001
        pytest.raises(WriteRefused, match="another run is writing here"),
    ):
        write_all(root, new(root, "a.ini"), allow_dirty=True)

    assert contents(root) == OLD


@pytest.fixture
def repository(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "--quiet", "-m", "x")
    return root


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def changed(root: Path) -> None:
    (root / "b.ini").write_bytes(b"mine")


def staged(root: Path) -> None:
    changed(root)
    git(root, "add", "b.ini")


def untracked(root: Path) -> None:
    git(root, "rm", "--quiet", "--cached", "b.ini")
    git(root, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "--quiet", "-m", "x")


def deleted(root: Path) -> None:
    (root / "b.ini").unlink()


def ignored(root: Path) -> None:
    untracked(root)
    (root / ".git" / "info" / "exclude").write_text("b.ini\n")


def in_an_ignored_folder(root: Path) -> None:
    untracked(root)
    (root / ".git" / "info" / "exclude").write_text("/*\n")


def assumed_unchanged(root: Path) -> None:
    changed(root)
    git(root, "update-index", "--assume-unchanged", "b.ini")


def skipped(root: Path) -> None:
    changed(root)
    git(root, "update-index", "--skip-worktree", "b.ini")


@pytest.mark.parametrize(
    "prepare",
    [
        changed,
        staged,
        untracked,
        deleted,
        ignored,
        in_an_ignored_folder,
        assumed_unchanged,
        skipped,
    ],
    ids=lambda value: value.__name__,
)
def test_uncommitted_changes_are_refused(repository: Path, prepare: Callable[[Path], None]) -> None:
    prepare(repository)
    before = contents(repository)

    with pytest.raises(WriteRefused, match=r"uncommitted changes in b\.ini: .*--allow-dirty"):
        write_all(repository, new(repository, "a.ini", "b.ini"), allow_dirty=False)
    assert contents(repository) == before

    write_all(repository, new(repository, "a.ini", "b.ini"), allow_dirty=True)
    assert contents(repository) == {**OLD, "a.ini": b"new", "b.ini": b"new"}


@pytest.mark.parametrize("name", ["b\r.ini", "b\n.ini", "b \u00e9.ini", os.fsdecode(b"b\xff.ini")])
def test_uncommitted_changes_are_seen_in_files_of_any_name(repository: Path, name: str) -> None:
    (repository / name).write_bytes(b"mine")

    with pytest.raises(WriteRefused, match="uncommitted changes"):
        write_all(repository, new(repository, "a.ini", name), allow_dirty=False)
    assert contents(repository) == {**OLD, name: b"mine"}


def test_uncommitted_changes_are_seen_beside_what_is_no_repository(repository: Path) -> None:
    folder = repository / "example"
    (folder / ".git").mkdir(parents=True)
    for name in ("d.ini", "e.ini"):
        (folder / name).write_bytes(b"old")
    git(repository, "add", ".")
    git(repository, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "--quiet", "-m", "x")
    (folder / "d.ini").write_bytes(b"mine")

    with pytest.raises(WriteRefused, match=r"uncommitted changes in example/d\.ini: "):
        write_all(repository, new(folder, "d.ini", "e.ini"), allow_dirty=False)
    assert contents(folder) == {"d.ini": b"mine", "e.ini": b"old"}

    write_all(repository, new(folder, "e.ini"), allow_dirty=False)
    assert contents(folder) == {"d.ini": b"mine", "e.ini": b"new"}


def test_changes_in_other_files_do_not_matter(repository: Path) -> None:
    changed(repository)
    (repository / "b*").write_bytes(b"new")

    write_all(repository, new(repository, "a.ini", "c.ini"), allow_dirty=False)

    assert contents(repository)["c.ini"] == b"new"


def test_the_repository_is_that_of_the_file_also_in_a_git_hook(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    changed(repository)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))

    with pytest.raises(WriteRefused, match="uncommitted changes in b"):
        write_all(repository, new(repository, "b.ini"), allow_dirty=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GIT_ICASE_PATHSPECS", "1"),
        ("GIT_GLOB_PATHSPECS", "1"),
        ("GIT_SHALLOW_FILE", "/nowhere"),
        ("GIT_ALTERNATE_OBJECT_DIRECTORIES", "/nowhere"),
        ("GIT_CONFIG", "/nowhere"),
        ("GIT_ATTR_SOURCE", "nothing"),
        ("GIT_OBJECT_DIRECTORY", "/nowhere"),
    ],
)
def test_no_variable_of_git_changes_what_is_committed(
    repository: Path, name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(repository)
    monkeypatch.setenv(name, value)
    write_all(repository, new(repository, "a.ini"), allow_dirty=False)
    with pytest.raises(WriteRefused, match="uncommitted changes in b"):
        write_all(repository, new(repository, "b.ini"), allow_dirty=False)


def test_git_adds_nothing_that_a_killed_run_left(repository: Path) -> None:
    leftover(repository)
    git(repository, "add", "--all")
    git(repository, "diff", "--cached", "--exit-code")


@pytest.mark.parametrize(
    ("key", "attribute"),
    [
        ("core.fsmonitor", ""),
        ("filter.spy.clean", "* filter=spy\n"),
        ("filter.spy.process", "* filter=spy\n"),
        ("filter.a=b c.clean", "* filter=a=b\n"),
        ("filter.x=y.clean", "* filter=x=y\n"),
        ("core.pager", ""),
        ("diff.external", ""),
    ],
)
def test_git_runs_nothing_that_the_repository_names(
    repository: Path, key: str, attribute: str
) -> None:
    spy = repository / "spy"
    spy.write_text("#!/bin/sh\ntouch ran\ncat\n")
    spy.chmod(0o755)
    git(repository, "config", key, str(spy))
    (repository / ".git" / "info" / "attributes").write_text(attribute)
    os.utime(repository / "a.ini", (1, 1))
    subprocess.run(["git", "status"], cwd=repository, check=False, capture_output=True)
    (repository / "ran").unlink(missing_ok=True)
    os.utime(repository / "a.ini", (2, 2))

    write_all(repository, new(repository, "a.ini"), allow_dirty=False)

    assert not (repository / "ran").exists()


def test_what_the_repository_says_of_its_work_tree_is_not_believed(
    repository: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in OLD:
        (copy / name).write_bytes(b"old")
    git(repository, "config", "core.worktree", str(copy))
    changed(repository)

    with pytest.raises(WriteRefused, match="uncommitted changes in b"):
        write_all(repository, new(repository, "b.ini"), allow_dirty=False)


@pytest.mark.parametrize("damage", ["no git", "no repository"])
def test_a_repository_that_git_cannot_read_is_refused(
    repository: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    if damage == "no git":
        monkeypatch.setenv("PATH", str(repository))
    else:
        (repository / ".git" / "HEAD").unlink()

    with pytest.raises(WriteRefused, match="git cannot tell"):
        write_all(repository, new(repository, "a.ini"), allow_dirty=False)
    write_all(repository, new(repository, "a.ini"), allow_dirty=True)

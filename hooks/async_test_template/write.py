"""Put new contents on disk: all files or none. The only module that writes to a user's files.

Each new content is written to a folder of our own in the project and forced to the disk before the
first target is touched, so that a full disk is noticed in time; a target is then only ever
replaced by renaming. What fails or is interrupted after that is undone from second names of the old
files, in that folder as well. Only a killed process can leave some files new and some old, never
one in between. It leaves such a folder, which git ignores and the next run removes: what proves it
to be ours is what it holds, not its name alone.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import takewhile
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from async_test_template.errors import WriteRefused
from async_test_template.stopping import held
from async_test_template.uncommitted import uncommitted

try:
    import fcntl
except ImportError:  # Windows has no such lock
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

_STAGED_AT_ONCE = 4
_PREFIX = ".async-test-template-"
#: A folder of ours, what it holds, and what it holds first: by that git leaves it alone.
_FOLDER = re.compile(rf"{re.escape(_PREFIX)}[0-9a-f]{{32}}")
_INSIDE = re.compile(r"\d+\.(new|old)")
_NOTE_NAME = ".gitignore"
_NOTE = b"# async-test-template writes here for a moment. What a killed run left can go.\n*\n"


def write_all(
    root: Path,
    contents: Mapping[Path, bytes | None],
    *,
    expected: Mapping[Path, bytes | None] = MappingProxyType({}),
    allow_dirty: bool,
    own: Collection[Path] = (),
) -> None:
    """Write every file of `contents`, or leave each as it was.

    A relative path is below `root`. Files that have their content already are not touched, and
    those whose content is None are removed. `expected` is what the files had when they were read,
    None if they did not exist. This run created the files in `own`, so no work of the user can be
    lost in them.

    Raises:
        WriteRefused: a file is outside `root`, read-only, a hard link or no regular file, has
            changed since it was read, has uncommitted changes (unless `allow_dirty`), or could
            not be written.

    """
    root = root.resolve()
    targets = _targets(root, (*contents, *expected))
    changed, old = _accepted(targets, contents, expected)
    if not allow_dirty:
        made = {targets.get(path) for path in own}
        _refuse_uncommitted(root, [target for target in changed if target not in made])
    with _lock(root):
        _sweep({root, *(target.parent for target in targets.values())})
        _replace_all(root, changed, old)


def sweep(root: Path) -> None:
    """Remove what a killed run has left at the top of a project."""
    _sweep({root.resolve()})


def refuse(
    root: Path,
    contents: Mapping[Path, bytes | None],
    *,
    expected: Mapping[Path, bytes | None],
    allow_dirty: bool,
) -> None:
    """Look ahead: refuse what `write_all` would refuse now, and write nothing.

    Raises:
        WriteRefused: as `write_all` does before it writes.

    """
    root = root.resolve()
    targets = _targets(root, (*contents, *expected))
    changed, _ = _accepted(targets, contents, expected)
    if not allow_dirty:
        _refuse_uncommitted(root, changed)


def _accepted(
    targets: Mapping[Path, Path],
    contents: Mapping[Path, bytes | None],
    expected: Mapping[Path, bytes | None],
) -> tuple[dict[Path, bytes | None], dict[Path, bytes | None]]:
    """Return the files that change, with their new contents and with the expected ones."""
    wanted = _by_target(targets, contents)
    changed = {target: content for target, content in wanted.items() if _content(target) != content}
    known = _by_target(targets, expected)
    old = {target: known[target] for target in changed if target in known}
    _refuse_changed(old)
    return changed, old


def _content(target: Path) -> bytes | None:
    try:
        return target.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise WriteRefused(f"cannot be read: {_reason(error)}", path=target) from error


def _targets(root: Path, paths: Iterable[Path]) -> dict[Path, Path]:
    """Return the file behind each path."""
    return {path: _target(root, root / path) for path in dict.fromkeys(paths)}


def _by_target(
    targets: Mapping[Path, Path], contents: Mapping[Path, bytes | None]
) -> dict[Path, bytes | None]:
    """Return the contents by the files behind the paths."""
    found: dict[Path, bytes | None] = {}
    for path, content in contents.items():
        if found.setdefault(targets[path], content) != content:
            raise WriteRefused("is the same file as another one, with different content", path=path)
    return found


def _target(root: Path, path: Path) -> Path:
    try:
        target = path.resolve()
        status = target.stat()
    except FileNotFoundError as error:
        if path.is_symlink():
            raise WriteRefused("is a symbolic link to nothing", path=path) from error
        status = None
    except (OSError, RuntimeError) as error:  # a loop of links is a RuntimeError before 3.13
        raise WriteRefused(f"cannot be reached: {_reason(error)}", path=path) from error
    if not target.is_relative_to(root):
        raise WriteRefused(f"is outside {root}, at {target}", path=path)
    if belongs_to_git(target):
        raise WriteRefused(f"belongs to git, at {target}", path=path)
    if status is not None:
        _refuse_special(root, path, target, status)
        if not os.access(target, os.W_OK):
            raise WriteRefused("is not writable", path=path)
    return target


def belongs_to_git(path: Path) -> bool:
    """Tell whether a path is in a folder that git keeps a repository in, by its name or contents.

    A work tree does not belong to the bare repository that it was added in.
    """
    folders = (path, *path.parents)
    in_work_tree = takewhile(lambda folder: not (folder / ".git").exists(), folders)
    return any(folder.name.casefold() == ".git" for folder in folders) or any(
        (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()
        for folder in in_work_tree
    )


def _refuse_special(root: Path, path: Path, target: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise WriteRefused("is not a regular file", path=path)
    places = {root, target.parent}
    if status.st_nlink > 1 and (links := status.st_nlink - _own_names(places, status)) > 1:
        names = f"{links} names (hard links)"
        raise WriteRefused(f"has {names}, and writing it would separate them", path=path)
    if not status.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise WriteRefused("is read-only", path=path)


def _own_names(places: Iterable[Path], status: os.stat_result) -> int:
    """Count the second names that a killed run has left a file; the next one removes them."""
    found = 0
    for folder in _leftovers(places):
        with suppress(OSError):  # another run removes its own
            found += sum(os.path.samestat(name.lstat(), status) for name in folder.iterdir())
    return found


def _refuse_changed(expected: Mapping[Path, bytes | None]) -> None:
    for target, content in expected.items():
        if _content(target) != content:
            raise WriteRefused("changed since it was read: try again", path=target)


def _refuse_uncommitted(root: Path, targets: Iterable[Path]) -> None:
    at_risk = uncommitted(targets)
    changed = [str(target.relative_to(root)) for target in targets if target in at_risk]
    if changed:
        raise WriteRefused(
            f"there are uncommitted changes in {', '.join(changed)}: "
            "commit or stash them first, or pass --allow-dirty"
        )


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Hold off other runs from a folder; the lock goes with the process, however it ends.

    Raises:
        WriteRefused: another run holds it.

    """
    if fcntl is None:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WriteRefused("another run is writing here: try again", path=folder) from error
        except OSError:  # some network file systems have no locks
            pass
        yield
    finally:
        os.close(descriptor)


def _sweep(places: Iterable[Path]) -> None:
    """Remove what killed runs have left; a run that lives holds the lock of its folder."""
    for folder in _leftovers(places):
        with suppress(WriteRefused, OSError), _lock(folder):
            _remove(folder)


def _leftovers(places: Iterable[Path]) -> Iterator[Path]:
    """Yield the folders of runs: named as ours, with our note, and with nothing but our files."""
    for place in places:
        for folder in place.glob(f"{_PREFIX}*"):
            with suppress(OSError):
                if _FOLDER.fullmatch(folder.name) and not folder.is_symlink() and _is_ours(folder):
                    yield folder


def _is_ours(folder: Path) -> bool:
    names = {path.name for path in folder.iterdir()}
    if not names:  # killed before its first file
        return True
    note = folder / _NOTE_NAME
    return (
        all(map(_INSIDE.fullmatch, names - {_NOTE_NAME}))
        and note.is_file()
        and _NOTE.startswith(note.read_bytes())
    )


def _remove(folder: Path) -> None:
    """Remove a folder of ours after its content; the note is removed last."""
    with suppress(OSError):
        for path in sorted(folder.iterdir(), key=lambda path: path.name == _NOTE_NAME):
            path.unlink()
        folder.rmdir()


class _Folders:
    """The folders in which a run prepares its files: one at the top of the project, if it may."""

    def __init__(self, root: Path, stack: ExitStack) -> None:
        """Remove them when the stack ends."""
        self._root = root
        self._stack = stack
        self._at: dict[Path, Path] = {}

    def of(self, target: Path) -> Path:
        """Return the folder for a target on its file system, from where files can be renamed."""
        try:
            if self._root.stat().st_dev == target.parent.stat().st_dev:
                with suppress(PermissionError):
                    return self._in(self._root)
            return self._in(target.parent)
        except OSError as error:
            raise WriteRefused(f"cannot be written: {_reason(error)}", path=target) from error

    def _in(self, place: Path) -> Path:
        if place not in self._at:
            folder = place / f"{_PREFIX}{uuid4().hex}"
            self._stack.callback(_remove, folder)
            folder.mkdir(mode=0o700)
            self._stack.enter_context(_lock(folder))
            (folder / _NOTE_NAME).write_bytes(_NOTE)
            self._at[place] = folder
        return self._at[place]


class _Staged(NamedTuple):
    """A file to be replaced: what takes its place and its old content, in a folder of ours."""

    target: Path
    new: Path | None
    old: Path | None


def _replace_all(
    root: Path, targets: Mapping[Path, bytes | None], expected: Mapping[Path, bytes | None]
) -> None:
    begun: list[_Staged] = []
    with ExitStack() as stack:
        folders = _Folders(root, stack)
        names = [folders.of(target) / str(number) for number, target in enumerate(targets)]
        stage = partial(_stage, mode=_mode_of_new_files())
        try:
            # The disk takes several at once in the time of one.
            with ThreadPoolExecutor(_STAGED_AT_ONCE) as pool:
                # A signal in the middle of a start would leave a thread running: it
                # goes on to write where all is tidied up.
                with held():
                    staging = pool.map(stage, targets, targets.values(), names)
                staged = list(staging)
            # Once more: git and the disk took their time.
            _refuse_changed(expected)
            for file in staged:
                begun.append(file)
                _replace(file)
            _sync_folders(targets)
        except BaseException as error:
            with held():
                _put_back(begun)
            if isinstance(error, OSError):
                path = begun[-1].target if begun else None
                raise WriteRefused(f"cannot be written: {_reason(error)}", path=path) from error
            raise


def _stage(target: Path, content: bytes | None, name: Path, mode: int) -> _Staged:
    try:
        new, old = name.with_suffix(".new"), name.with_suffix(".old")
        is_there = target.exists()
        if is_there:
            _keep(target, old)
        if content is not None:
            _fill(new, content, target if is_there else None, mode)
        return _Staged(target, None if content is None else new, old if is_there else None)
    except OSError as error:
        raise WriteRefused(f"cannot be written: {_reason(error)}", path=target) from error


def _replace(file: _Staged) -> None:
    if file.new is None:
        file.target.unlink()
    else:
        file.new.replace(file.target)


def _fill(new: Path, content: bytes, old: Path | None, mode: int) -> None:
    """Write a new file and force it to the disk, with the permissions of the old one."""
    with new.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if old is None:
        new.chmod(mode)
    else:
        _copy_permissions(old, new)


def _keep(target: Path, name: Path) -> None:
    """Keep the old file under another name, or a copy of it where it can have only one."""
    try:
        name.hardlink_to(target)
    except OSError:  # some file systems have no hard links
        shutil.copy2(target, name)
        _copy_permissions(target, name)


def _mode_of_new_files() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def _copy_permissions(source: Path, target: Path) -> None:
    """Copy owner, mode and extended attributes; the time of the change is now."""
    if hasattr(os, "chown"):
        status = source.stat()
        with suppress(PermissionError):  # as when git replaces another user's file
            os.chown(target, status.st_uid, status.st_gid)
    shutil.copystat(source, target)
    os.utime(target)


def _put_back(begun: list[_Staged]) -> None:
    failed = [file for file in reversed(begun) if not _is_put_back(file.target, file.old)]
    if failed:
        where = ", ".join(
            f"{file.target} (its old content is in {_kept(file.target, file.old)})"
            if file.old
            else str(file.target)
            for file in failed
        )
        raise WriteRefused(f"writing failed half-way, and this could not be undone: {where}")


def _kept(target: Path, old: Path) -> Path:
    """Move the only copy of an old file out of the folder that is about to go."""
    name = target.with_name(f"async-test-template-kept-{uuid4().hex}")
    try:
        return old.rename(name)
    except OSError:
        # Without its note the folder no longer counts as ours.
        with suppress(OSError):
            (old.parent / _NOTE_NAME).unlink()
        return old


def _is_put_back(target: Path, old: Path | None) -> bool:
    try:
        if old is None:
            target.unlink(missing_ok=True)
        elif not (target.exists() and old.samefile(target)):
            old.replace(target)
    except OSError:
        return False
    return True


def _sync_folders(targets: Iterable[Path]) -> None:
    """Force the renaming to the disk, where folders can be opened."""
    if os.name != "posix":
        return
    for folder in {target.parent for target in targets}:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _reason(error: BaseException) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)

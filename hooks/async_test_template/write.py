"""Put new contents on disk: all files or none. The only module that writes to a user's files.

Each new content is written to a temporary file beside its target and forced to the disk before the
first target is touched, so that a full disk is noticed in time; a target is then only ever
replaced by renaming. What fails or is interrupted after that is undone from second names of the old
files. Only a killed process can leave some files new and some old, never one in between; the next
run removes what such a process left beside them.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from async_test_template.errors import WriteRefused

try:
    import fcntl
except ImportError:  # Windows has no such lock
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

_PREFIX = ".async-test-template-"
_STAGED_AT_ONCE = 4
# As many as fit into a command line on every system.
_PATHS_A_CALL = 100
_OF_A_HOOK = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX"}


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
    None where they were not there. What is in `own` was made by this very run, so nobody's work is
    lost in it.

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
    with _lock(root) as is_only_run:
        if is_only_run:
            _sweep(targets.values())
        _replace_all(changed, old)


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
    """Give the files that change, with their new contents and with the expected ones."""
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
    """Give the file behind each path."""
    return {path: _target(root, root / path) for path in dict.fromkeys(paths)}


def _by_target(
    targets: Mapping[Path, Path], contents: Mapping[Path, bytes | None]
) -> dict[Path, bytes | None]:
    """Give the contents by the files behind the paths."""
    found: dict[Path, bytes | None] = {}
    for path, content in contents.items():
        if found.setdefault(targets[path], content) != content:
            raise WriteRefused("is the same file as another one, with another content", path=path)
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
    if status is not None:
        _refuse_special(path, target, status)
        if not os.access(target, os.W_OK):
            raise WriteRefused("is not yours to write", path=path)
    return target


def _refuse_special(path: Path, target: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise WriteRefused("is not a regular file", path=path)
    if status.st_nlink > 1 and (links := status.st_nlink - _own_names(target, status)) > 1:
        names = f"{links} names (hard links)"
        raise WriteRefused(f"has {names}, and writing it would part them", path=path)
    if not status.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise WriteRefused("is read-only", path=path)


def _own_names(target: Path, status: os.stat_result) -> int:
    """Count the second names that a killed run has left a file; the next one removes them."""
    found = 0
    for leftover in target.parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another run removes its own
            found += os.path.samestat(leftover.lstat(), status)
    return found


def _refuse_changed(expected: Mapping[Path, bytes | None]) -> None:
    for target, content in expected.items():
        if _content(target) != content:
            raise WriteRefused("changed since it was read: try again", path=target)


def _refuse_uncommitted(root: Path, targets: Iterable[Path]) -> None:
    by_folder: dict[Path, list[Path]] = {}
    for target in targets:
        by_folder.setdefault(target.parent, []).append(target)
    by_repository: dict[Path, list[Path]] = {}
    for folder, inside in by_folder.items():
        repository = next((f for f in (folder, *folder.parents) if (f / ".git").exists()), None)
        if repository is not None:
            by_repository.setdefault(repository, []).extend(inside)
    uncommitted: set[Path] = set()
    for repository, inside in by_repository.items():
        for start in range(0, len(inside), _PATHS_A_CALL):
            uncommitted |= _uncommitted(repository, inside[start : start + _PATHS_A_CALL])
    changed = [str(target.relative_to(root)) for target in targets if target in uncommitted]
    if changed:
        raise WriteRefused(
            f"there are uncommitted changes in {', '.join(changed)}: "
            "commit or stash them first, or pass --allow-dirty"
        )


def _uncommitted(repository: Path, targets: list[Path]) -> set[Path]:
    """Give those of some files in a git repository that have uncommitted changes."""
    # Run by a git hook, we would inherit where its repository and index are.
    environment = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    command = ["git", "--no-optional-locks", "--literal-pathspecs", "status", "--porcelain", "-z"]
    try:
        run = subprocess.run(
            [*command, "--no-renames", "--untracked-files=all", "--", *targets],
            cwd=repository,
            env=environment,
            capture_output=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        reason = _reason(error)
        raise WriteRefused(
            f"git cannot tell whether it has uncommitted changes ({reason}): "
            "look for yourself, then pass --allow-dirty",
            path=targets[0],
        ) from error
    # `XY path`, from the top of the repository.
    found = {repository / os.fsdecode(entry[3:]) for entry in run.stdout.split(b"\0") if entry}
    if found.issubset(targets):
        return found
    # Git counts from another top, or spells a name in another way: ask about one at a time.
    if len(targets) == 1:
        return set(targets)
    return {target for target in targets if _uncommitted(repository, [target])}


@contextmanager
def _lock(root: Path) -> Iterator[bool]:
    """Hold off other runs below `root`; tell whether that is certain.

    The lock goes with the process, however it ends.
    """
    if fcntl is None:
        yield False
        return
    folder = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WriteRefused("another run is writing here, try again", path=root) from error
        except OSError:  # some network file systems have no locks
            yield False
        else:
            yield True
    finally:
        os.close(folder)


def _sweep(targets: Iterable[Path]) -> None:
    """Remove what a killed run left beside the files."""
    for folder in {target.parent for target in targets}:
        for leftover in folder.glob(f"{_PREFIX}*"):
            _remove(leftover)


class _Staged(NamedTuple):
    """A file to be replaced: what takes its place and its old content, both beside it."""

    target: Path
    new: Path | None
    old: Path | None


def _replace_all(
    targets: Mapping[Path, bytes | None], expected: Mapping[Path, bytes | None]
) -> None:
    begun: list[_Staged] = []
    with ExitStack() as leftovers:
        stage = partial(_stage, leftovers=leftovers, mode=_mode_of_new_files())
        try:
            # The disk takes several at once in the time of one.
            with ThreadPoolExecutor(_STAGED_AT_ONCE) as pool:
                staged = list(pool.map(stage, targets, targets.values()))
            # Once more: git and the disk took their time.
            _refuse_changed(expected)
            for file in staged:
                begun.append(file)
                _replace(file)
            _sync_folders(targets)
        except BaseException as error:
            _put_back(begun, leftovers)
            if isinstance(error, OSError):
                path = begun[-1].target if begun else None
                raise WriteRefused(f"cannot be written: {_reason(error)}", path=path) from error
            raise


def _stage(target: Path, content: bytes | None, leftovers: ExitStack, mode: int) -> _Staged:
    try:
        new = None if content is None else _temporary(target, content, leftovers, mode)
        return _Staged(target, new, _second_name(target, leftovers) if target.exists() else None)
    except OSError as error:
        raise WriteRefused(f"cannot be written: {_reason(error)}", path=target) from error


def _replace(file: _Staged) -> None:
    if file.new is None:
        file.target.unlink()
    else:
        file.new.replace(file.target)


def _temporary(target: Path, content: bytes, leftovers: ExitStack, mode: int) -> Path:
    """Write `content` to a file beside the target, with its permissions, and force it to disk."""
    descriptor, name = tempfile.mkstemp(prefix=_PREFIX, dir=target.parent)
    temporary = target.with_name(Path(name).name)
    leftovers.callback(_remove, temporary)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    if target.exists():
        _copy_permissions(target, temporary)
    else:
        temporary.chmod(mode)
    return temporary


def _second_name(target: Path, leftovers: ExitStack) -> Path:
    """Keep the old file under another name, or a copy of it where it can have only one."""
    name = target.with_name(f"{_PREFIX}{uuid4().hex}")
    leftovers.callback(_remove, name)
    try:
        name.hardlink_to(target)
    except OSError:  # some file systems have no hard links
        shutil.copy2(target, name)
        _copy_permissions(target, name)
    return name


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


def _put_back(begun: list[_Staged], leftovers: ExitStack) -> None:
    failed = [file for file in reversed(begun) if not _is_put_back(file.target, file.old)]
    if failed:
        leftovers.pop_all()  # the old files are all there is now
        where = ", ".join(
            f"{file.target} (its old content is in {_kept(file.old)})"
            if file.old
            else str(file.target)
            for file in failed
        )
        raise WriteRefused(f"writing failed half-way, and this could not be undone: {where}")


def _kept(old: Path) -> Path:
    """Give an old file a name that the next run does not take for a leftover."""
    name = old.with_name(f"async-test-template-kept-{uuid4().hex}")
    try:
        return old.rename(name)
    except OSError:
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


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _reason(error: BaseException) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return str(error.stderr, errors="replace").strip().partition("\n")[0]
    return (error.strerror if isinstance(error, OSError) else None) or str(error)

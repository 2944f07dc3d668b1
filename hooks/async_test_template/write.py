"""Put new contents on disk: all files or none. The only module that writes to a user's files.

Each new content is written to a temporary file beside its target and forced to the disk before the
first target is touched, so that a full disk is noticed in time; a target is then only ever
replaced by renaming. What fails or is interrupted after that is undone from copies of the old
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
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from async_test_template.errors import WriteRefused

try:
    import fcntl
except ImportError:  # Windows has no such lock
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_PREFIX = ".async-test-template-"
_SYNCS_AT_ONCE = 16
# As many as fit into a command line on every system.
_PATHS_A_CALL = 100
_OF_A_HOOK = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX"}


def write_all(
    root: Path,
    contents: Mapping[Path, bytes | None],
    *,
    expected: Mapping[Path, bytes | None] = MappingProxyType({}),
    allow_dirty: bool,
) -> None:
    """Write every file of `contents`, or leave each as it was.

    A relative path is below `root`. Files that have their content already are not touched, and
    those whose content is None are removed. `expected` is what the files had when they were read,
    None where they were not there.

    Raises:
        WriteRefused: a file is outside `root`, read-only, a hard link or no regular file, has
            changed since it was read, has uncommitted changes (unless `allow_dirty`), or could
            not be written.

    """
    root = root.resolve()
    changed, old = _accepted(root, contents, expected, allow_dirty=allow_dirty)
    with _lock(root) as is_only_run:
        if is_only_run:
            _sweep(_targets(root, contents))
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
    _accepted(root.resolve(), contents, expected, allow_dirty=allow_dirty)


def _accepted(
    root: Path,
    contents: Mapping[Path, bytes | None],
    expected: Mapping[Path, bytes | None],
    *,
    allow_dirty: bool,
) -> tuple[dict[Path, bytes | None], dict[Path, bytes | None]]:
    """Give the files that change, with their new contents and with the expected ones."""
    targets = _targets(root, contents)
    changed = {
        target: content for target, content in targets.items() if _content(target) != content
    }
    known = _targets(root, expected)
    old = {target: known[target] for target in changed if target in known}
    _refuse_changed(old)
    if not allow_dirty:
        _refuse_uncommitted(root, changed)
    return changed, old


def _content(target: Path) -> bytes | None:
    try:
        return target.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise WriteRefused(f"cannot be read: {_reason(error)}", path=target) from error


def _targets(root: Path, contents: Mapping[Path, bytes | None]) -> dict[Path, bytes | None]:
    """Give the files behind the paths, with their new contents."""
    targets: dict[Path, bytes | None] = {}
    for path, content in contents.items():
        target = _target(root, root / path)
        if targets.setdefault(target, content) != content:
            raise WriteRefused("is the same file as another one, with another content", path=path)
    return targets


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
        _refuse_special(path, status)
        if not os.access(target, os.W_OK):
            raise WriteRefused("is not yours to write", path=path)
    return target


def _refuse_special(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise WriteRefused("is not a regular file", path=path)
    if status.st_nlink > 1:
        names = f"{status.st_nlink} names (hard links)"
        raise WriteRefused(f"has {names}, and writing it would part them", path=path)
    if not status.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise WriteRefused("is read-only", path=path)


def _refuse_changed(expected: Mapping[Path, bytes | None]) -> None:
    for target, content in expected.items():
        if _content(target) != content:
            raise WriteRefused("changed since it was read: try again", path=target)


def _refuse_uncommitted(root: Path, targets: Iterable[Path]) -> None:
    by_repository: dict[Path, list[Path]] = {}
    for target in targets:
        repository = next((f for f in target.parents if (f / ".git").exists()), None)
        if repository is not None:
            by_repository.setdefault(repository, []).append(target)
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
            text=True,
            errors="surrogateescape",
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
    return {repository / entry[3:] for entry in run.stdout.split("\0") if entry}


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


def _replace_all(
    targets: Mapping[Path, bytes | None], expected: Mapping[Path, bytes | None]
) -> None:
    begun: list[tuple[Path, Path | None]] = []
    current: Path | None = None
    with ExitStack() as leftovers:
        try:
            staged = []
            for current, content in targets.items():
                new = None if content is None else _temporary(current, content, leftovers)
                old = _temporary(current, None, leftovers) if current.exists() else None
                staged.append((current, new, old))
            _sync(new for _, new, _ in staged if new is not None)
            # Once more: git and the disk took their time.
            _refuse_changed(expected)
            for current, new, old in staged:
                begun.append((current, old))
                if new is None:
                    current.unlink()
                else:
                    new.replace(current)
            _sync_folders(targets)
        except BaseException as error:
            _put_back(begun, leftovers)
            if isinstance(error, OSError):
                reason = _reason(error)
                raise WriteRefused(f"cannot be written: {reason}", path=current) from error
            raise


def _temporary(target: Path, content: bytes | None, leftovers: ExitStack) -> Path:
    """Write `content`, or the target's own, to a file beside the target, with its permissions."""
    descriptor, name = tempfile.mkstemp(prefix=_PREFIX, dir=target.parent)
    temporary = target.with_name(Path(name).name)
    leftovers.callback(_remove, temporary)
    with os.fdopen(descriptor, "wb") as file:
        file.write(target.read_bytes() if content is None else content)
    if target.exists():
        _copy_permissions(target, temporary)
    else:
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
    return temporary


def _sync(files: Iterable[Path]) -> None:
    """Force files to the disk; it takes several at once in the time of one."""
    with ThreadPoolExecutor(_SYNCS_AT_ONCE) as pool:
        # Read to the end, so that what failed is raised here.
        list(pool.map(_sync_one, files))


def _sync_one(file: Path) -> None:
    descriptor = os.open(file, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy_permissions(source: Path, target: Path) -> None:
    """Copy owner, mode and extended attributes; the time of the change is now."""
    if hasattr(os, "chown"):
        status = source.stat()
        with suppress(PermissionError):  # as when git replaces another user's file
            os.chown(target, status.st_uid, status.st_gid)
    shutil.copystat(source, target)
    os.utime(target)


def _put_back(begun: list[tuple[Path, Path | None]], leftovers: ExitStack) -> None:
    failed = [(target, old) for target, old in reversed(begun) if not _is_put_back(target, old)]
    if failed:
        leftovers.pop_all()  # the copies are all there is now
        where = ", ".join(f"{target} (its old content is in {old})" for target, old in failed)
        raise WriteRefused(f"writing failed half-way, and this could not be undone: {where}")


def _is_put_back(target: Path, old: Path | None) -> bool:
    try:
        if old is None:
            target.unlink(missing_ok=True)
        else:
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
        return str(error.stderr).strip().partition("\n")[0]
    return (error.strerror if isinstance(error, OSError) else None) or str(error)

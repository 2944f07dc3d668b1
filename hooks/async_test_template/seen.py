"""Every look at a file system, so that a later run can tell whether it would see the same.

What a check learns from a file system it learns here. While a record is kept, so is every answer:
what is in a file or a folder, what is at a path, or that nothing is. The module imports next to
nothing, because a run whose result is known should end before anything else is imported.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time

try:
    # As in hashlib, which loads OpenSSL first.
    from _blake2 import blake2b
except ImportError:  # not every build of Python has it by itself
    from hashlib import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    #: What is different for a file or a folder that has changed.
    Signature: TypeAlias = tuple[int, int, int, int, int, int]
    #: A signature, and a digest of what was seen.
    Look: TypeAlias = tuple[Signature, bytes]
    Answer: TypeAlias = int | str | bool
    #: A record as plain data, which any process can send and keep.
    Plain: TypeAlias = tuple[
        dict[str, Look],
        dict[str, Look],
        dict[tuple[str, ...], Answer],
        dict[str, tuple[int, int]],
        int,
    ]

#: The length of a digest, in bytes.
DIGEST = 16
#: What is at a path.
NOTHING, FILE, FOLDER, LINK = 0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG})
#: The look at something that cannot be looked at.
_NO_LOOK: Look = (0, 0, 0, 0, 0, 0), b""
#: For so many nanoseconds a file may change and keep its time: FAT counts in two seconds. What is
#: as young as that is compared by what is in it, as git does ("racy git" in its documentation).
_RACY = 2_000_000_000


class Record:
    """What was seen.

    Attributes:
        contents: the files that were read, none of them a link.
        folders: the folders that were listed.
        answers: the answers to other questions.
        program: the size and the time of each module that was imported.
        begin: when it was begun or last compared, in nanoseconds.
        is_renewed: something in it is as it was found when it was last compared.

    """

    def __init__(self, plain: Plain | None = None) -> None:
        """Begin now, or go on with a record."""
        self.contents, self.folders, self.answers, self.program, self.begin = (
            ({}, {}, {}, {}, time.time_ns()) if plain is None else plain
        )
        self.is_renewed = False

    @property
    def plain(self) -> Plain:
        """The record as plain data."""
        return self.contents, self.folders, self.answers, self.program, self.begin

    def add(self, plain: Plain) -> bool:
        """Add what another process has seen, and tell whether both have seen the same."""
        known: tuple[dict[Any, Any], ...] = self.plain[:4]
        others: tuple[dict[Any, Any], ...] = plain[:4]
        is_same = True
        for mine, theirs in zip(known, others, strict=True):
            is_same &= all(mine.get(key, seen) == seen for key, seen in theirs.items())
            mine.update(theirs)
        return is_same

    def note_program(self) -> bool:
        """Note which modules were imported, and tell whether they have stayed the same."""
        for module in list(sys.modules.values()):
            if file := getattr(module, "__file__", None):
                self.program[file] = _age(file)
        return all(time < self.begin - _RACY for _, time in self.program.values())

    def holds(self) -> bool:
        """Tell whether everything looks the same now.

        What is young or has another time is compared by what is in it, and known as it is now.
        """
        begin = time.time_ns()
        holds = (
            all(_age(file) == age for file, age in self.program.items())
            and self._are_same(self.contents, os.lstat, _read)
            and self._are_same(self.folders, os.stat, _listed)
            and all(_answer(question) == told for question, told in self.answers.items())
        )
        self.begin = begin
        return holds

    def _are_same(
        self,
        looks: dict[str, Look],
        status_of: Callable[[str], os.stat_result],
        look: Callable[[str], Look],
    ) -> bool:
        young = self.begin - _RACY
        for path, (before, seen) in looks.items():
            try:
                now = _signature(status_of(path))
            except OSError:
                now, _ = _NO_LOOK
            if now != before or now[4] >= young or now[5] >= young:
                if stat.S_IFMT(now[0]) != stat.S_IFMT(before[0]):
                    return False
                looks[path] = again = look(path)
                self.is_renewed = True
                if again[1] != seen:
                    return False
        return True


#: None while no record is kept.
_record: Record | None = None


def begin() -> None:
    """Keep a record from now on."""
    global _record  # noqa: PLW0603 - looks are taken everywhere, and a process has one record
    _record = Record()


def begin_apart() -> None:
    """Keep a record of its own in a copy of a process that keeps one."""
    if _record is not None:
        begin()


def give_up() -> None:
    """Keep no record any more: what was seen cannot be compared later."""
    global _record  # noqa: PLW0603
    _record = None


def is_recorded() -> bool:
    """Tell whether a record is kept."""
    return _record is not None


def end() -> Record | None:
    """Return the record, if everything that was seen can be compared later."""
    record = _record
    give_up()
    return record if record is not None and record.note_program() else None


def add(plain: Plain | None) -> None:
    """Add what another process has seen, None if it cannot be compared later."""
    if _record is not None and (plain is None or not _record.add(plain)):
        give_up()


def kind(path: str) -> int:
    """Return what is at a path, which may be a link.

    Raises:
        OSError: nobody can tell.
        ValueError: no path can be written like that.

    """
    try:
        return int(_asked("kind", path))
    except OSError:
        give_up()
        raise


def target(path: str) -> int:
    """Return what is at a path or where a link there leads, NOTHING if nobody can tell."""
    return int(_asked("target", path))


def place(path: str) -> str:
    """Return a path without links."""
    return str(_asked("place", path))


def is_matched(folder: str, pattern: str) -> bool:
    """Tell whether a pattern of pathlib's matches anything below a folder."""
    return bool(_asked("is_matched", folder, pattern))


def contents(path: str) -> bytes:
    """Return the bytes of a file, which is no link.

    Raises:
        OSError: it cannot be read.

    """
    try:
        with open(path, "rb") as opened:
            if _record is None:
                return opened.read()
            status = os.fstat(opened.fileno())
            data = opened.read()
    except OSError:
        give_up()
        raise
    _record.answers.pop(("kind", path), None)
    _look(_record.contents, path, (_signature(status), digest(data)))
    return data


def followed(path: str) -> bytes:
    """Return the bytes of a file, or of the one that a link leads to.

    Raises:
        OSError: it cannot be read.

    """
    return contents(place(path) if kind(path) == LINK else path)


def entries(folder: str) -> list[os.DirEntry[str]]:
    """List a folder, by name.

    Raises:
        OSError: it cannot be listed.

    """
    if _record is None:
        return _scanned(folder)
    try:
        status = os.stat(folder)
        found = _scanned(folder)
    except OSError:
        _look(_record.folders, folder, _NO_LOOK)
        raise
    _look(_record.folders, folder, (_signature(status), _summary(found)))
    return found


def _asked(*question: str) -> Answer:
    answer = _answer(question)
    if _record is not None and _record.answers.setdefault(question, answer) != answer:
        give_up()
    return answer


def _answer(question: tuple[str, ...]) -> Answer:
    name, *about = question
    return _ANSWERS[name](*about)


def _kind(path: str) -> int:
    try:
        return stat.S_IFMT(os.lstat(path).st_mode)
    except OSError as error:
        if error.errno in _GONE:
            return NOTHING
        raise


def _target(path: str) -> int:
    try:
        return stat.S_IFMT(os.stat(path).st_mode)
    except (OSError, ValueError):
        return NOTHING


def _is_matched(folder: str, pattern: str) -> bool:
    # Imported here: few projects need it.
    from pathlib import Path

    try:
        return any(True for _ in Path(folder).glob(pattern))
    except (ValueError, NotImplementedError, OSError):
        # The pattern is not below the folder, or the system does not allow such a name.
        return False


#: How each question is answered.
_ANSWERS: dict[str, Callable[..., Answer]] = {
    "kind": _kind,
    "target": _target,
    "place": os.path.realpath,
    "is_matched": _is_matched,
}


def _look(looks: dict[str, Look], path: str, look: Look) -> None:
    if looks.setdefault(path, look) != look:
        # It has changed since.
        give_up()


def _read(path: str) -> Look:
    with open(path, "rb") as opened:
        status = os.fstat(opened.fileno())
        return _signature(status), digest(opened.read())


def _listed(folder: str) -> Look:
    try:
        status = os.stat(folder)
        return _signature(status), _summary(_scanned(folder))
    except OSError:
        return _NO_LOOK


def _scanned(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as scan:
        return sorted(scan, key=_name)


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _summary(listed: list[os.DirEntry[str]]) -> bytes:
    """Return what is different for other names, and for other things of those names."""
    return digest(b"".join(os.fsencode(f"{_sort(entry)}{entry.name}/") for entry in listed))


def _sort(entry: os.DirEntry[str]) -> int:
    if entry.is_symlink():
        return 0
    return 1 if entry.is_dir() else 2 if entry.is_file() else 3


def _age(file: str) -> tuple[int, int]:
    """Return the size and the time of a module, which is how Python knows it again."""
    try:
        status = os.stat(file)
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


def _signature(status: os.stat_result) -> Signature:
    return (
        status.st_mode,
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )


def digest(data: bytes) -> bytes:
    """Return what is different for other bytes."""
    return blake2b(data, digest_size=DIGEST).digest()

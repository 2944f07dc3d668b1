"""Version specifiers as bounds: the lowest allowed version, and whether a version is allowed.

They are in PEP 440 or poetry's language (`^1.2`, `~1.2`, `1.2.*`, a bare version). Only release
numbers count: a bound on a pre-release counts as one on its release. packaging knows no carets,
and takes 40 ms to import.
"""

import re
from functools import cache
from typing import NamedTuple

Release = tuple[int, ...]
#: How many minor versions of Python 3 are considered, released or not.
PYTHONS = 32

_OPERATOR = re.compile(r"===|~=|==|!=|<=|>=|<|>|\^|~|")
_RELEASE = re.compile(r"v?(?:\d+!)?(?P<release>\d+(?:\.\d+)*)(?P<wildcard>\.\*)?")
# No version has longer numbers, and Python does not convert texts of any length.
_DIGITS = 18
#: No real specifier has more comparisons; checking them takes quadratic time.
_CLAUSES = 64


class Clause(NamedTuple):
    """One comparison: `>= 1.5` is `(">=", (1, 5))`, `== 1.5.*` has the wildcard."""

    operator: str
    release: Release
    wildcard: bool = False

    def admits(self, version: Release) -> bool:
        """Tell whether a release satisfies the comparison."""
        this, other = _padded(self.release, version)
        if self.operator in {"==", "==="}:
            # `== 0.0.*` allows 0, which is 0.0.
            return other[: len(self.release)] == self.release if self.wildcard else this == other
        if self.operator == "!=":
            return not Clause("==", self.release, self.wildcard).admits(version)
        if self.operator in {"~=", "^", "~"}:
            return this <= other and version < _ceiling(self.operator, self.release)
        return {
            ">=": other >= this,
            ">": other > this,
            "<=": other <= this,
            "<": other < this,
        }[self.operator]


def release(version: str) -> Release:
    """Read the numbers of a version: `1.5.0a1` is `(1, 5, 0)`, anything else is `()`."""
    match = _RELEASE.match(version.strip())
    parts = match["release"].split(".") if match else []
    return () if any(len(part) > _DIGITS for part in parts) else tuple(map(int, parts))


def clauses(specifier: str) -> tuple[Clause, ...] | None:
    """Read a specifier; None if it is in no language known here."""
    bare = specifier.strip().removeprefix("(").removesuffix(")").strip()
    if bare in {"", "*"}:
        return ()
    found = []
    if bare.count(",") > _CLAUSES:
        return None
    for part in bare.split(","):
        if not part.strip():
            continue
        clause = _clause(part.strip())
        if clause is None:
            return None
        found.append(clause)
    return tuple(found)


def _clause(part: str) -> Clause | None:
    begin = _OPERATOR.match(part)
    operator = begin[0] if begin else ""
    version = part[len(operator) :].lstrip()
    match = _RELEASE.match(version)
    numbers = release(version)
    if match is None or not numbers or len(version.split()) > 1:
        return None
    return Clause(operator or "==", numbers, bool(match["wildcard"]))


def lowest(specifier: str) -> Release | None:
    """Return the lower bound of a specifier, None if it has none or cannot be read."""
    bounds = [
        clause.release
        for clause in clauses(specifier) or ()
        if clause.operator in {">=", ">", "==", "===", "~=", "^", "~"}
    ]
    return max(bounds, default=None)


def admits(specifier: str, version: Release) -> bool:
    """Tell whether a release satisfies a specifier; one that cannot be read allows everything."""
    return all(clause.admits(version) for clause in clauses(specifier) or ())


def reaches(specifier: str, version: Release) -> bool:
    """Tell whether a specifier allows `version` or something later.

    A range of allowed versions starts at a release that the specifier names, right after it,
    or where its wildcard ends.
    """
    edges = [version]
    for clause in clauses(specifier) or ():
        edges += [clause.release, (*clause.release[:-1], clause.release[-1] + 1)]
    length = max(map(len, edges))
    padded = [edge + (0,) * (length - len(edge)) for edge in edges]
    behind = [(*edge, 1) for edge in padded]
    return any(edge >= padded[0] and admits(specifier, edge) for edge in (*padded, *behind))


@cache
def minors(specifier: str) -> frozenset[int]:
    """Return the minor versions of Python 3 that a specifier allows, with some future ones.

    >>> sorted(minors(">=3.11,<3.14"))
    [11, 12, 13]
    """
    return frozenset(
        minor
        for minor in range(PYTHONS)
        if any(admits(specifier, (3, minor, patch)) for patch in (0, 99))
    )


def raised(specifier: str, version: str) -> str:
    """Return the specifier that asks for `version` or later; it keeps higher upper bounds.

    >>> raised("~=0.23", "1.5")
    '>=1.5'
    >>> raised(">=0.23, !=1.6, <2", "1.5")
    '>=1.5, !=1.6, <2'
    """
    target = release(version)
    parts = specifier.strip().removeprefix("(").removesuffix(")").split(",")
    kept = []
    for part in parts:
        read = clauses(part)
        if read and read[0].operator in {"<", "<=", "!="} and read[0].admits(target):
            kept.append(part)
    return ",".join([f">={version}", *kept])


def at_least(release_: Release, version: str) -> bool:
    """Tell whether a release is `version` or later, `1.5` and `1.5.0` being the same."""
    this, other = _padded(release_, release(version))
    return this >= other


def _padded(one: Release, other: Release) -> tuple[Release, Release]:
    length = max(len(one), len(other))
    return one + (0,) * (length - len(one)), other + (0,) * (length - len(other))


def _ceiling(operator: str, bound: Release) -> Release:
    """Return the first release that a caret or a tilde no longer allows."""
    if operator == "^":
        # Poetry: the leftmost number that is not zero may not change.
        index = next((i for i, part in enumerate(bound) if part), len(bound) - 1)
    elif operator == "~=":
        index = max(len(bound) - 2, 0)
    else:
        index = min(1, len(bound) - 1)
    return (*bound[:index], bound[index] + 1)

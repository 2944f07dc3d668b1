"""What the user wants of the rules: which run, where, and how much their findings matter.

The table `[tool.async-test-template]` of pyproject.toml says so, and the options of the command
line with the same names, which are added to it; only `--select` takes the place of its `select`.
There, `--ignore` leaves rules out instead of silencing what they find.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from async_test_template.findings import Severity

_Value = TypeVar("_Value")


class Given(NamedTuple):
    """What the command line gives; each text may hold several entries, with commas between them."""

    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()


class Policy(NamedTuple):
    """What the user wants. A rule is named by its code, or by the first characters of it.

    Attributes:
        select: the rules that run; empty for all that are not optional.
        extend_select: rules that run as well; an optional rule only by its whole code.
        left_out: rules that do not run.
        ignore: rules whose findings are silenced everywhere, with the reason.
        per_file_ignores: rules whose findings are silenced in some files, with the reason, by
            pattern.
        exclude: patterns for the files in which nothing is reported or changed.
        severity: how much the findings of a rule matter, if not as much as the rule says.
        only: the files and folders in which something is reported or changed; empty for all.
        above: the path to the project from the folder where these patterns begin.
        given_ignores: as `per_file_ignores`, from the command line.
        given_exclude: as `exclude`, from the command line.
        start: the path to the project from the folder where the patterns of the command line begin.

    """

    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    ignore: Mapping[str, str] = MappingProxyType({})
    per_file_ignores: Mapping[str, Mapping[str, str]] = MappingProxyType({})
    exclude: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = MappingProxyType({})
    only: tuple[str, ...] = ()
    above: str = ""
    given_ignores: Mapping[str, Mapping[str, str]] = MappingProxyType({})
    given_exclude: tuple[str, ...] = ()
    start: str = ""

    def runs(self, code: str) -> bool:
        """Tell whether a rule runs, if it is not optional."""
        is_selected = not self.select or code.startswith((*self.select, *self.extend_select))
        return is_selected and not code.startswith(self.left_out)

    def names(self, code: str) -> bool:
        """Tell whether a rule is selected by its whole code."""
        return code in self.select or code in self.extend_select

    def excludes(self, file: str) -> bool:
        """Tell whether nothing is reported or changed in a file."""
        if self.only and not any(f"{file}/".startswith(f"{path}/") for path in self.only):
            return True
        return _is_meant(f"{self.above}{file}", self.exclude) or _is_meant(
            f"{self.start}{file}", self.given_exclude
        )

    def reason_against(self, code: str, file: str) -> str | None:
        """Return why a finding of a rule in a file is silenced, None if it is not."""
        for path, ignores in (
            (f"{self.start}{file}", self.given_ignores),
            (f"{self.above}{file}", self.per_file_ignores),
        ):
            for pattern, ignored in ignores.items():
                if (found := _closest(ignored, code)) is not None and _is_meant(path, (pattern,)):
                    return found
        return _closest(self.ignore, code)

    def severity_of(self, code: str) -> Severity | None:
        """Return how much the findings of a rule matter, None if as much as the rule says."""
        return _closest(self.severity, code)


def _closest(table: Mapping[str, _Value], code: str) -> _Value | None:
    """Return the value for a rule, of several names of it the longest one's."""
    named = [name for name in table if code.startswith(name)]
    return table[max(named, key=len)] if named else None


def _is_meant(path: str, patterns: Collection[str]) -> bool:
    if not patterns:
        return False
    # Imported here: hardly a project has patterns.
    from async_test_template.globs import is_meant

    return any(is_meant(path, pattern) for pattern in patterns)

"""AT206: values of INI kind in a native table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


_LISTS = frozenset(
    {
        "addopts",
        "doctest_optionflags",
        "filterwarnings",
        "markers",
        "norecursedirs",
        "python_classes",
        "python_files",
        "python_functions",
        "pythonpath",
        "required_plugins",
        "testpaths",
        "usefixtures",
    }
)
_ONE_A_LINE = frozenset({"filterwarnings", "markers", "doctest_optionflags"})
_BOOLEANS = frozenset(
    {
        "asyncio_debug",
        "consider_namespace_packages",
        "log_cli",
        "strict",
        "strict_config",
        "strict_markers",
        "strict_parametrization_ids",
        "strict_xfail",
        "timeout_func_only",
        "xfail_strict",
    }
)
_WORDS = {"true": True, "1": True, "yes": True, "on": True}
_WORDS |= {"false": False, "0": False, "no": False, "off": False}


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    if settings.holder != "native":
        return
    for name, value in settings.options.items():
        meant = _meant(name, value)
        if meant is not None:
            yield settings.finding(
                RULE.code,
                f"{name} is {value!r}, and a native table needs {meant!r}",
                name,
                tier=Tier.SAFE,
                edits=(settings.set(name, meant),),
            )


def _meant(name: str, value: object) -> object:
    """Return the native value for one in INI style, None if it is already right."""
    if name in _LISTS and isinstance(value, str):
        if name in _ONE_A_LINE:
            return [line.strip() for line in value.splitlines() if line.strip()]
        # Imported here: few values are of the wrong type.
        from shlex import split

        try:
            return split(value)
        except ValueError:
            return None
    if name in _BOOLEANS and isinstance(value, str):
        return _WORDS.get(value.strip().lower())
    if name == "minversion" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return None


RULE = Rule(
    code="AT206",
    name="native-types",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    check=_check,
    only_with=("native",),
)

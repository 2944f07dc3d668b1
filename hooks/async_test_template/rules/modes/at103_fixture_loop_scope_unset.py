"""AT103: `asyncio_default_fixture_loop_scope` is not set."""

from collections.abc import Iterator

from async_test_template.boundaries import EXAMPLES, is_below
from async_test_template.dependencies import bounds
from async_test_template.findings import Edit, Finding, Severity, Tier
from async_test_template.project import Project
from async_test_template.rules.filters import EVERY, Warned, filters_of_options, is_fatal
from async_test_template.rules.premises.about import has_own_runner
from async_test_template.rules.rule import Rule
from async_test_template.rules.which_loop import (
    AS_WIDE,
    BOTH_SCOPES_SINCE,
    FIXTURE_SCOPE,
    KNOWN_SINCE,
    SCOPES,
    TEST_SCOPE,
    asyncio_fixtures,
    given_by_code,
    is_anyios,
    is_run_by_another,
    takes_all,
    wide_fixtures,
    wider,
)

#: For projects that support a Python without pytest-asyncio 1.5.
_FILTER = f"ignore:.*{FIXTURE_SCOPE}:pytest.PytestDeprecationWarning"

_BASES = EVERY | {"UserWarning", "PytestWarning"}
#: What pytest-asyncio 1.5 says where the setting is not there.
_UNSET = Warned(
    f'The configuration option "{FIXTURE_SCOPE}" is unset.',
    _BASES | {"DeprecationWarning", "PytestDeprecationWarning"},
)
#: What pytest says of the setting below pytest-asyncio 0.24.
_UNKNOWN = Warned(f"Unknown config option: {FIXTURE_SCOPE}", _BASES | {"PytestConfigWarning"})


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    if not project.uses_asyncio_plugin or _is_set(project) or _is_brought_by_runner(project):
        return
    stops = is_fatal(project, _UNSET)
    # A project with a pytest of its own is run without what is there for those around it.
    may_lack = not stops or bool(project.dependencies.of("pytest"))
    is_idle = may_lack and not _has_async(project) and _may_be_idle(project)
    if is_idle or _is_of_examples(project):
        return
    if _too_old(project) and not (stops and _stuck(project)):
        return
    message = f"{FIXTURE_SCOPE} is not set"
    if stops:
        message += " while warnings are errors, so pytest 9.2 stops with an internal error"
    tier, edits, hint = _fix(project) if settings.can_grow else (Tier.REPORT, (), _why_not(project))
    if tier is Tier.SAFE and _stops_old_ones(project):
        tier = Tier.UNSAFE
    if stops and tier is not Tier.SAFE and _takes_filter(project, has_fix=bool(edits)):
        # An allowed version does not know the setting, but each knows this value.
        tier, edits = Tier.SAFE, settings.append_entries("filterwarnings", [_FILTER])
    if settings.file:
        yield settings.finding(RULE.code, message, tier=tier, edits=edits, hint=hint)
    for declaration in project.dependencies.written("pytest-asyncio")[:1]:
        if not settings.file:
            yield Finding(
                RULE.code,
                message,
                declaration.file,
                declaration.line,
                declaration.column,
                hint=hint,
            )


def _is_brought_by_runner(project: Project) -> bool:
    """Tell whether another plugin runs the tests, and brings this one without being asked."""
    return has_own_runner(project) and not project.dependencies.of("pytest-asyncio")


def _is_for_others(project: Project) -> bool:
    """Tell whether the plugin is there for other projects: around this one, or configured below."""
    is_below = not project.settings.exists and bool(project.memory.boundaries.projects)
    is_set = any(name.startswith("asyncio_") for name in project.settings.options)
    return is_below or not (is_set or project.dependencies.of("pytest-asyncio"))


def _may_be_idle(project: Project) -> bool:
    """Tell whether the plugin may be there without anything in this project for it to run."""
    settings = project.settings
    # Without a file of Python somebody else's tests may run here.
    is_unset = bool(settings.file) and not settings.exists and project.may_hold_code
    return is_unset or takes_all(project) or _is_for_others(project)


def _is_of_examples(project: Project) -> bool:
    """Tell whether only examples declare the plugin: in all other runs the setting is unknown."""
    if any(name.startswith("asyncio_") for name in project.settings.options):
        return False
    declared = project.dependencies.of("pytest-asyncio")
    return bool(declared) and all(is_below(one.home.file, EXAMPLES) for one in declared)


def _has_async(project: Project) -> bool:
    """Tell whether there is anything that pytest-asyncio may run.

    Fixtures without a file of tests are there for other repositories.
    """
    if any(not is_run_by_another(project, test) for test in project.code.async_tests):
        return True
    files = project.tree.disk.python_files
    return any(asyncio_fixtures(project)) and any(map(project.reader.is_test_file, files))


def _is_set(project: Project) -> bool:
    """Tell whether the setting is set: in the file, by a command, or by code that starts pytest."""
    settings = project.settings
    if settings.effective(FIXTURE_SCOPE) is not None or FIXTURE_SCOPE in settings.options:
        return True
    option = f"{FIXTURE_SCOPE}="
    return any(option in command.text for command in project.commands) or (
        option.encode() in given_by_code(project)
    )


def _takes_filter(project: Project, *, has_fix: bool) -> bool:
    """Tell whether to ignore the one warning.

    That is safe, and the setting is not. With --unsafe it is for projects that cannot have it.
    A filter on the command line is stronger than those in a file.
    """
    if not project.settings.can_grow or filters_of_options(project):
        return False
    if _stuck(project):
        return not has_fix or not project.unsafe
    # An older pytest has no plugin that warns.
    return not project.unsafe and project.dependencies.may_reach("pytest", "8.2")


def _stops_old_ones(project: Project) -> bool:
    """Tell whether an older pytest-asyncio, which nothing excludes, stops at the setting.

    Below 0.24 the option is unknown. That gives a warning, and so an error if warnings are errors.
    """
    is_strict = project.settings.refuses_unknown or is_fatal(project, _UNKNOWN)
    return is_strict and not project.dependencies.at_least(
        "pytest-asyncio", KNOWN_SINCE[FIXTURE_SCOPE]
    )


def _stuck(project: Project) -> bool:
    """Tell whether pytest-asyncio is declared and cannot be raised, by AT401 or here.

    Python 3.9 has versions that know the setting, though not fixture-scope: AT401 comes first.
    """
    wanted = BOTH_SCOPES_SINCE if _too_old(project) else "1.5"
    dependencies = project.dependencies
    # A bound that AT402 raises is no obstacle, and a compiled file is.
    is_bound = bool(dependencies.below("pytest", "8.4"))
    with_pytest = not (is_bound and dependencies.raised("pytest", "8.4"))
    raised = dependencies.raised("pytest-asyncio", wanted, with_pytest=with_pytest)
    return bool(dependencies.of("pytest-asyncio")) and not raised


def _why_not(project: Project) -> str:
    if project.settings.file:
        return "first fix the other problem in this file"
    return "add a pytest.ini with this setting; no file here contains pytest's configuration"


def _fix(project: Project) -> tuple[Tier, tuple[Edit, ...], str]:
    settings = project.settings
    dependencies = project.dependencies
    wide = wide_fixtures(project)
    wanted = project.desired.loop_scope
    if (
        wanted is not None
        # A loop must live as long as the fixture.
        and all(f.scope in SCOPES and wider(f.scope, wanted) == wanted for f in wide)
        and not dependencies.may_be_below("pytest-asyncio", BOTH_SCOPES_SINCE)
    ):
        return (
            Tier.SAFE,
            (settings.set(FIXTURE_SCOPE, wanted), settings.set(TEST_SCOPE, wanted)),
            "",
        )
    if dependencies.at_least("pytest-asyncio", "1.5"):
        return Tier.SAFE, (settings.set(FIXTURE_SCOPE, AS_WIDE),), ""
    if (
        project.code.complete
        and not (wide or _may_be_wide(project))
        and not dependencies.may_be_below("pytest-asyncio", KNOWN_SINCE[FIXTURE_SCOPE])
    ):
        # Without a fixture wider than a function both values mean the same.
        return Tier.SAFE, (settings.set(FIXTURE_SCOPE, "function"),), ""
    raised = dependencies.raised("pytest-asyncio", "1.5")
    if not raised:
        return (
            Tier.REPORT,
            (),
            f"require pytest-asyncio >= 1.5 and set it to {AS_WIDE}, which keeps the behaviour",
        )
    return Tier.UNSAFE, (settings.set(FIXTURE_SCOPE, AS_WIDE), *raised), ""


def _may_be_wide(project: Project) -> bool:
    """Tell whether pytest-asyncio will run an async fixture that is wider than a function.

    In strict mode it does not run those of pytest yet: AT112 or AT701 changes that.
    """
    return any(
        fixture.is_async and fixture.scope != "function" and fixture.loop_scope is None
        for fixture in project.code.fixtures
        if not is_anyios(project, fixture)
    )


def _too_old(project: Project) -> bool:
    """Tell whether every declaration keeps pytest-asyncio below the first version with it."""
    specifiers = [d.specifier for d in project.dependencies.of("pytest-asyncio")]
    return bool(specifiers) and not any(bounds.reaches(s, (0, 24)) for s in specifiers)


RULE = Rule(
    code="AT103",
    name="fixture-loop-scope-unset",
    severity=Severity.WARNING,
    tier=Tier.UNSAFE,
    about="pytest-asyncio",
    check=_check,
    follows=("AT208", "AT203", "AT221"),
    broken_since=(("pytest-asyncio", "0.24"),),
)

"""Who runs async tests, and which of them nothing runs."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from async_test_template.rules.premises.about import has_own_runner
from async_test_template.rules.which_loop import (
    MODE,
    asked_for_all,
    asks_for_backend,
    has_aiohttps_plugin,
    may_be_auto,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.items import Module, Test
    from async_test_template.source.lineage import Kin

#: Marks with which some plugin runs a test, and marks with which it does not run at all.
_MARKS = frozenset(
    {
        "aiomisc",
        "anyio",
        "asyncio",
        "asyncio_concurrent",
        "asyncio_cooperative",
        "asyncio_process_pool",
        "curio",
        "gen_test",
        "skip",
        "trio",
        # It is meant to fail, like the one in the template's own test_event_loop.py.
        "xfail",
    }
)
#: Libraries whose users have another kind of pytest plugin.
_OTHER_LIBRARIES = frozenset({"aiomisc", "curio", "sanic", "tornado", "twisted", "upytest"})
#: Plugins of pytest itself that `-p` may name.
_BUILT_IN = frozenset({"legacypath", "pytester", "xdist"})
#: Plugins that have nothing to do with async tests; other plugins may run anything.
_NO_RUNNERS = frozenset(
    {
        "pytest",
        "pytest-aiohttp",
        "pytest-benchmark",
        "pytest-cases",
        "pytest-check",
        "pytest-clarity",
        "pytest-codspeed",
        "pytest-cov",
        "pytest-custom-exit-code",
        "pytest-datadir",
        "pytest-django",
        "pytest-docker",
        "pytest-dotenv",
        "pytest-env",
        "pytest-error-for-skips",
        "pytest-factoryboy",
        "pytest-faulthandler",
        "pytest-flake8",
        "pytest-flakefinder",
        "pytest-forked",
        "pytest-freezegun",
        "pytest-freezer",
        "pytest-github-actions-annotate-failures",
        "pytest-html",
        "pytest-httpbin",
        "pytest-httpserver",
        "pytest-httpx",
        "pytest-icdiff",
        "pytest-instafail",
        "pytest-isort",
        "pytest-json-report",
        "pytest-lazy-fixture",
        "pytest-lazy-fixtures",
        "pytest-localserver",
        "pytest-memray",
        "pytest-mock",
        "pytest-mypy",
        "pytest-order",
        "pytest-ordering",
        "pytest-parallel",
        "pytest-postgresql",
        "pytest-pretty",
        "pytest-profiling",
        "pytest-pylint",
        "pytest-pythonpath",
        "pytest-random-order",
        "pytest-randomly",
        "pytest-recording",
        "pytest-redis",
        "pytest-regressions",
        "pytest-repeat",
        "pytest-rerunfailures",
        "pytest-retry",
        "pytest-ruff",
        "pytest-runner",
        "pytest-snapshot",
        "pytest-socket",
        "pytest-split",
        "pytest-subprocess",
        "pytest-subtests",
        "pytest-sugar",
        "pytest-testmon",
        "pytest-timeout",
        "pytest-tldr",
        "pytest-unordered",
        "pytest-vcr",
        "pytest-watch",
        "pytest-xdist",
    }
)


def async_test_classes(project: Project) -> Iterator[Kin]:
    """Yield the classes with async tests that pytest collects."""
    lineage = project.code.lineage
    for module in _collected(project):
        for held in module.classes:
            # Of another name it is collected as one of `unittest`, whose bases may be anywhere.
            if held.is_named or lineage.has_test_cases:
                kin = lineage.kin(module.file, held)
                if kin.is_collected:
                    yield kin


def without_runner(project: Project, *, once_raised: bool = False) -> list[Test]:
    """Return the async tests that nothing runs and that have no mark, not even a misspelt one.

    See `unrun`.
    """
    tests = unrun(project, once_raised=once_raised)
    if not tests:
        return []
    # Imported here, as below.
    from async_test_template.rules.misspelt_marks import has_misspelt_mark

    return [test for test in tests if not has_misspelt_mark(project, test)]


def unrun(project: Project, *, once_raised: bool = False) -> list[Test]:
    """Return the async tests that nothing runs, as far as the code shows (AT112).

    They have no mark, no mode runs them, and no plugin or hook that runs tests in its own way is
    there. A mark or a runner that may come from an unknown place counts as one.

    Args:
        project: the repository.
        once_raised: whether an old pytest-aiohttp, which runs them all, counts as a new one.

    """
    # Without code nobody needs the reader of code, which takes long to import.
    if not project.code.modules or _runs_all(project):
        return []
    if has_old_aiohttp(project) and not once_raised:
        return []
    plain = [
        test
        for module in _collected(project)
        if not (module.hides_marks or _brings_marks(project, module))
        for test in _tests(project, module)
        if all(project.code.lineage.gives_async(test.file, name) for name in test.decorators)
        and not any(mark.name in _MARKS for mark in test.marks)
        and not _asks_for_backend(project, test)
    ]
    if not plain:
        return []
    # Imported here: it reads the code of tests, and settings alone need no `ast`.
    from async_test_template.rules._run_by_code import is_run_by_code

    return [test for test in plain if not is_run_by_code(project, test, _MARKS)]


def _runs_all(project: Project) -> bool:
    """Tell whether something runs every async test, marked or not, as far as the code shows."""
    settings, desired = project.settings, project.desired
    by_mode = settings.effective(MODE) not in {None, "strict"} or may_be_auto(project)
    # AT115 corrects `Auto`.
    anyio = (settings.effective("anyio_mode") or "").strip().lower()
    by_other_mode = anyio == "auto" or settings.effective("trio_mode")
    # AT123 sets AnyIO's mode.
    will_be = desired.backend == "anyio" and desired.mode == "auto" and settings.can_grow
    by_hook = project.code.has_item_hook or has_own_runner(project) or has_aiohttps_plugin(project)
    by_hook |= any(module.sets_mode for module in project.code.modules)
    return bool(by_mode or by_other_mode or will_be or by_hook or _may_have_other(project))


def has_marked(project: Project) -> bool:
    """Tell whether an async test has the mark of something that runs it."""
    runners = ("asyncio", "anyio", "trio")
    return any(test.mark(name) for test in project.code.async_tests for name in runners)


def has_old_aiohttp(project: Project) -> bool:
    """Tell whether pytest-aiohttp is older than 1.0: it runs every async test, marked or not."""
    dependencies = project.dependencies
    return bool(dependencies.of("pytest-aiohttp")) and not dependencies.may_reach(
        "pytest-aiohttp", "1.0"
    )


def has_unknown_plugin(project: Project) -> bool:
    """Tell whether a plugin of pytest is declared that may run async tests, or bring what does."""
    unknown = _unknown_packages(project) - {"pytest-asyncio"}
    return any(name.startswith("pytest-") for name in unknown)


def _may_have_other(project: Project) -> bool:
    """Tell whether there may be an unknown plugin in a project without pytest-asyncio."""
    dependencies = project.dependencies
    if dependencies.has("pytest-asyncio") or project.desired.backend is not None:
        return False
    imports_other = any(
        name.partition(".")[0] in _OTHER_LIBRARIES
        for module in project.code.modules
        for name in module.imports
    )
    if imports_other or _loads_unknown(project):
        return True
    return bool(dependencies.of("pytest")) and (
        dependencies.may_have("pytest-asyncio")
        or dependencies.may_bring_plugins()
        or bool(_unknown_packages(project))
    )


def _loads_unknown(project: Project) -> bool:
    """Tell whether `pytest_plugins`, or `-p`, names a plugin that is not in the repository."""
    own = [f"/{module.file.removesuffix('.py')}" for module in project.code.modules]
    named = {name for module in project.code.modules for name in module.plugins}
    words = [option.text for option in project.settings.addopts]
    named |= {new for old, new in pairwise(words) if old == "-p" and new not in _BUILT_IN}
    return any(
        not name.startswith("no:")
        and not any(path.endswith(f"/{name.replace('.', '/')}") for path in own)
        for name in named
    )


def _unknown_packages(project: Project) -> set[str]:
    """Return the declared packages for tests of which nobody knows whether they run async ones."""
    names = {d.name for _, declared in project.dependencies.lists for d in declared}
    return {name for name in names - _NO_RUNNERS if "test" in name}


def _collected(project: Project) -> Iterator[Module]:
    """Yield the modules whose tests pytest collects, by its own search or when given by name."""
    for module in (*project.code.modules, *_heirs(project)):
        if is_collected(project, module):
            yield module


def is_collected(project: Project, module: Module) -> bool:
    """Tell whether pytest collects the tests of a file, and does not skip them all."""
    left_out = module.is_test is False or any(mark.name == "skip" for mark in module.marks)
    # MicroPython's runner has its own rules.
    left_out |= "upytest" in module.imports
    return (
        module.holds_tests
        and not left_out
        and project.collection.collects(module.file)
        and not _is_imported(project, module)
        and not _is_data(project, module)
    )


def _heirs(project: Project) -> Iterator[Module]:
    """Yield test files with nothing async in them that may get async tests from other files."""
    naming = project.reader.naming
    names = {
        name
        for module in project.code.modules
        if not project.reader.is_test_file(module.file)
        for name in (
            *(held.name for held in module.classes if held.tests),
            *(test.name for test in module.coroutines if naming.is_function(test.name)),
        )
    }
    if not names:
        return
    plain = tuple(name.encode() for name in sorted(names))
    words = re.compile(rb"\b(?:%s)\b" % b"|".join(plain))
    for file, _ in project.reader.mentioning(words, plain, project.reader.is_test_file):
        known = project.code.by_file.get(file)
        if known is None or known.is_outline:
            module = project.code.sources.module(file)
            if module is not None:
                yield module


def _brings_marks(project: Project, module: Module) -> bool:
    """Tell whether a star import may bring the `pytestmark` of another file."""
    imported = {name.rpartition(".")[2] for name in module.imports}
    return module.imports_all and any(
        (other.marks or other.hides_marks)
        and other.file.removesuffix(".py").rpartition("/")[2] in imported
        for other in project.code.modules
    )


def _is_imported(project: Project, module: Module) -> bool:
    """Tell whether a file that matches no pattern of pytest serves others, like base classes."""
    if project.reader.is_test_file(module.file):
        return False
    name = module.file.rpartition("/")[2].removesuffix(".py")
    return any(
        f".{name}." in f".{target}."
        for other in project.code.modules
        for target in other.targets.values()
        if other is not module
    )


def _is_data(project: Project, module: Module) -> bool:
    """Tell whether a file only looks like one of tests, which read it."""
    if project.reader.is_test_file(module.file):
        return False
    # Imported here: hardly any file with tests has another name.
    from async_test_template.rules.premises.unloaded import is_never_loaded

    return is_never_loaded(project, module.file)


def _tests(project: Project, module: Module) -> Iterator[Test]:
    for test in module.tests:
        if test.is_async and test.owner is None:
            yield test
    for name, of in module.aliases.items():
        given = project.code.lineage.coroutine(module.file, of)
        if given is not None:
            yield given._replace(name=name, marks=(*given.marks, *module.marks))
    for held in module.classes:
        if not held.is_named:
            continue
        kin = project.code.lineage.kin(module.file, held)
        if kin.is_collected and kin.is_plain:
            for test in kin.tests():
                yield test._replace(marks=(*test.marks, *module.marks))


def _asks_for_backend(project: Project, test: Test) -> bool:
    """Tell whether AnyIO runs a test: it, or a fixture that it gets, asks for its backend."""
    return (
        asks_for_backend(test)
        or "anyio_backend" in asked_for_all(project)
        or any(
            fixture.name == "anyio_backend" or asks_for_backend(fixture)
            for fixture in project.code.used_by(test)
        )
    )

"""AT932: programs that tests start, and that coverage does not measure."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.coverage_settings import (
    coverage_settings,
    told_elsewhere,
    words_for_pytest,
)
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source

_STARTS = (
    "subprocess.Popen",
    "subprocess.call",
    "subprocess.check_call",
    "subprocess.check_output",
    "subprocess.run",
    "asyncio.create_subprocess_exec",
    "anyio.open_process",
    "anyio.run_process",
)
#: With it, coverage starts in other processes without `patch`.
_VARIABLE = b"COVERAGE_PROCESS_START"


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    starts = next(source.calls(*_STARTS), None)
    for python in source.references("sys.executable") if starts else ():
        module = _module(source, python)
        if _is_own(project, module) and _is_left_out(project, source):
            yield code_finding(
                RULE.code,
                source,
                python,
                f"coverage does not measure {module}, which runs in a process of its own",
                hint='add patch = ["subprocess"] to the settings of coverage (7.10 or later)',
            )
            return


def _module(source: Source, python: ast.expr) -> str:
    """Return the module that a command runs with this Python and `-m`, or "".

    The command may have a name first. If it is compared, it is somebody else's.
    """
    around = source.parents[python]
    if isinstance(around, ast.Call):
        words = around.args if source.names.resolve(around.func) in _STARTS else []
    elif isinstance(around, ast.List | ast.Tuple):
        words = [] if isinstance(source.parents[around], ast.Compare) else around.elts
    else:
        words = []
    values = [word.value if isinstance(word, ast.Constant) else word for word in words]
    after = values[values.index(python) + 1 :][:2] if python in values else []
    is_module = after[:1] == ["-m"] and isinstance(after[-1], str)
    return str(after[-1]) if is_module and len(after) > 1 else ""


def _is_own(project: Project, module: str) -> bool:
    """Tell whether the repository has a module, which is measured then, unless it is of tests."""
    path = module.partition(".")[0]
    return path not in {"", "test", "tests"} and any(
        project.tree.read(f"{folder}{path}{end}") is not None
        for folder in ("", "src/")
        for end in (".py", "/__init__.py", "/__main__.py")
    )


def _is_left_out(project: Project, source: Source) -> bool:
    """Tell whether pytest-cov measures only its own process: up to 6 it measured others, too."""
    if not project.dependencies.may_reach("pytest-cov", "7"):
        return False
    settings = coverage_settings(project)
    if settings is None or "subprocess" in settings.listed("patch"):
        return False
    is_measured = "--cov" in words_for_pytest(project)
    return is_measured and not any(
        _VARIABLE in text for text in (source.data, *told_elsewhere(project))
    )


def _may_run(data: bytes) -> bool:
    return b'"-m"' in data or b"'-m'" in data


RULE = Rule(
    code="AT932",
    name="unmeasured-process",
    severity=Severity.ADVICE,
    tier=Tier.REPORT,
    visit=_visit,
    words=rb"\bexecutable\b",
    suspects=_may_run,
    where=Where.TESTS,
    about="pytest-cov",
    alone=True,
)

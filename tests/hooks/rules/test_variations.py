"""The data of a rule is true for each example of its page in other surroundings.

Each variation has a control: the same surroundings without what matters, in which the rule finds
what it found before. So no variation is silent for a reason of its own.
"""

from __future__ import annotations

import ast
import builtins
import json
import re
import subprocess
import textwrap
from typing import TYPE_CHECKING

import pytest
from async_test_template.desired import Desired
from async_test_template.findings import Change, Tier
from async_test_template.rules import CODES, load, page_of
from async_test_template.rules.pages import read_page
from made_rules import make_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from async_test_template.findings import Finding
    from async_test_template.plan import Plan
    from async_test_template.rules.pages import Example
    from async_test_template.rules.rule import Rule

Files = dict[str, str]

NOTHING_TRIED = (
    "the rule finds nothing in any example of its page when what this test puts around it changes: "
    "show a plainer example, or take the field away that this test is for"
)

RULES = tuple(load(code) for code in CODES if code >= "AT1")


def rules_with(has: Callable[[Rule], object]) -> pytest.MarkDecorator:
    chosen = [rule for rule in RULES if has(rule)]
    return pytest.mark.parametrize("rule", chosen, ids=[rule.code for rule in chosen])


def plan(root: Path, rule: Rule, example: Example, files: Mapping[str, str]) -> Plan:
    for path in [path for path in root.rglob("*") if path.is_file()]:
        path.unlink()
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    asked = Desired()._replace(**example.answers, insisted=frozenset(example.answers))
    return make_plan(root, asked, [rule], tiers=frozenset())


def find(root: Path, rule: Rule, example: Example, files: Mapping[str, str]) -> list[Finding]:
    return plan(root, rule, example, files).left


def examples(rule: Rule, root: Path) -> Iterator[tuple[Example, Finding]]:
    """Yield each example of what a rule finds, with the finding."""
    for example in read_page(page_of(rule.code)).invalid:
        (finding,) = find(root, rule, example, example.before)
        yield example, finding


def belonging_to(files: Mapping[str, str], package: str) -> Files:
    """Make the files those of a package's own repository."""
    text = files.get("pyproject.toml", "")
    name = f'name = "{package}"\n'
    lines = text.splitlines(keepends=True)
    kept = "".join(line for line in lines if not line.startswith("name = "))
    if "[project]\n" in kept:
        kept = kept.replace("[project]\n", f"[project]\n{name}", 1)
    else:
        kept += f'\n[project]\n{name}version = "1"\n'
    return {**files, "pyproject.toml": kept}


def below(text: str, head: str) -> str:
    return f"import sys\n\n{head}\n{textwrap.indent(text, '    ')}"


def places(text: str, line: int) -> Iterator[tuple[ast.stmt, str]]:
    """Yield the statements around a line that can be tried, with what has to be above each.

    One in a function is tried where it is, one at the top level within a test of its own.
    """
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Expr, ast.Assign, ast.Return)) and line == node.lineno:
            yield node, "" if node.col_offset else "def test_more():"
    for node in tree.body:
        if first_line(node) <= line <= (node.end_lineno or 0):
            yield node, "def test_more():"


def first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def within(text: str, place: tuple[ast.stmt, str], head: str) -> str:
    """Put a statement below a head."""
    statement, above = place
    lines = text.splitlines(keepends=True)
    first, last = first_line(statement) - 1, statement.end_lineno or 0
    inner = textwrap.indent("".join(lines[first:last]), "    ")
    indent = " " * statement.col_offset
    block = f"{indent}{head}\n{inner}"
    if above:
        block = f"{above}\n{textwrap.indent(block, '    ')}"
    return "import pytest\n" + "".join([*lines[:first], block, *lines[last:]])


#: These speak of parameters and marks of tests and fixtures, which are within no statement.
NOT_IN_A_STATEMENT = {"AT501", "AT502", "AT608", "AT901", "AT902"}


def ways_to_expect(rule: Rule) -> Iterable[str]:
    for name in rule.expects:
        # An example imports no others; after a dot, a name is taken for what it says.
        named = name if name in vars(builtins) else f"library.{name}"
        yield f"with pytest.{'warns' if name.endswith('Warning') else 'raises'}({named}):"


@pytest.mark.slow
@rules_with(lambda rule: rule.about or rule.libraries)
def test_a_rule_is_silent_in_the_repository_of_what_it_is_about(rule: Rule, tmp_path: Path) -> None:
    tried = 0
    for example, _ in examples(rule, tmp_path):
        if find(tmp_path, rule, example, belonging_to(example.before, "something-else")):
            tried += 1
            for package in filter(None, (rule.about, *rule.libraries)):
                files = belonging_to(example.before, package)
                assert find(tmp_path, rule, example, files) == [], (example.heading, package)
    assert tried, NOTHING_TRIED


def required(package: str) -> re.Pattern[str]:
    """Return what finds a requirement of a package outside of code."""
    return re.compile(rf"(?<![\w-]){package}(?![\w-])")


def with_package(files: Mapping[str, str], package: str) -> Files:
    """Declare pytest and, if no file does so, the package."""
    more = "" if any(map(required(package).search, settings_of(files))) else f"{package}\n"
    return {**files, "requirements.txt": f"{files.get('requirements.txt', '')}\npytest\n{more}"}


def without_package(files: Mapping[str, str], package: str) -> Files:
    """Declare pytest, and take away each line that requires the package."""
    kept = {
        name: "".join(
            line
            for line in text.splitlines(keepends=True)
            if (name.endswith(".py") and name != "setup.py") or not required(package).search(line)
        )
        for name, text in files.items()
    }
    return {**kept, "requirements.txt": f"{kept.get('requirements.txt', '')}\npytest\n"}


def settings_of(files: Mapping[str, str]) -> Iterable[str]:
    return [text for name, text in files.items() if not name.endswith(".py")]


def is_imported(files: Mapping[str, str], package: str) -> bool:
    statement = re.compile(rf"\b(?:import|from) {package.replace('-', '_')}\b")
    return any(map(statement.search, files.values()))


def is_mentioned(files: Mapping[str, str], package: str) -> bool:
    """Tell whether a mark, a setting or an option may be one of the package."""
    name = package.removeprefix("pytest-")
    mention = re.compile(rf"\bmark\.{name}\b|\b{name}_\w+ *=|--{name}-|^{name} *=", re.MULTILINE)
    return any(map(mention.search, files.values()))


#: Every example of these imports the package: they are about the import, or about its fixtures.
NOT_WITHOUT_IMPORT = {"AT105", "AT512", "AT703"}


@rules_with(lambda rule: rule.about)
def test_a_rule_is_silent_or_has_no_fix_without_the_package(rule: Rule, tmp_path: Path) -> None:
    tried = 0
    for example, _ in examples(rule, tmp_path):
        files = without_package(example.before, rule.about)
        control = with_package(example.before, rule.about)
        if is_imported(files, rule.about) or not find(tmp_path, rule, example, control):
            continue
        found = find(tmp_path, rule, example, files)
        assert not any(finding.edits for finding in found), example.heading
        assert not found or is_mentioned(files, rule.about), example.heading
        tried += 1
    assert tried or rule.code in NOT_WITHOUT_IMPORT, (
        f"{NOTHING_TRIED}; where each example has to import it, name it in NOT_WITHOUT_IMPORT"
    )


@pytest.mark.slow
@rules_with(lambda rule: rule.python and rule.visit)
def test_a_rule_is_silent_where_only_other_pythons_get(rule: Rule, tmp_path: Path) -> None:
    tried = 0
    for example, finding in examples(rule, tmp_path):
        text = example.before[finding.file]
        for head, is_found in (
            ("if sys.version_info >= (3, 7):", True),
            ("if sys.version_info < (3, 7):", False),
        ):
            files = {**example.before, finding.file: below(text, head)}
            found = find(tmp_path, rule, example, files)
            if is_found and not found:
                break
            assert bool(found) is is_found, example.heading
            tried += 1
    assert tried, NOTHING_TRIED


@pytest.mark.slow
@rules_with(lambda rule: rule.expects and rule.visit)
def test_a_rule_is_silent_where_a_test_waits_for_what_it_speaks_of(
    rule: Rule, tmp_path: Path
) -> None:
    tried = 0
    for example, finding in examples(rule, tmp_path):
        text = example.before[finding.file]
        for place in places(text, finding.line):
            control = {**example.before, finding.file: within(text, place, "with something():")}
            if not find(tmp_path, rule, example, control):
                continue
            for head in ways_to_expect(rule):
                files = {**example.before, finding.file: within(text, place, head)}
                assert find(tmp_path, rule, example, files) == [], (example.heading, head)
                tried += 1
    assert tried or rule.code in NOT_IN_A_STATEMENT, (
        f"{NOTHING_TRIED}; where it speaks of what stands in no statement, name it in "
        "NOT_IN_A_STATEMENT"
    )


def setting_of(finding: Finding, files: Mapping[str, str]) -> str | None:
    """Return the line of a finding, where it holds a setting that the fix changes."""
    line = files[finding.file].splitlines()[finding.line - 1]
    name = line.partition("=")[0].strip()
    changes = [edit for edit in finding.edits if isinstance(edit, Change) and edit.at]
    # Adding to a setting does not undo a choice.
    changed = {str(edit.at[-1]) for edit in changes if edit.verb in {"set", "delete", "rename"}}
    return line if name in changed else None


#: Their unsafe fixes change no setting that is there: they add one, or edit dependencies or code.
CHANGE_NO_SETTING = {
    "AT103",
    "AT108",
    "AT109",
    "AT121",
    "AT203",
    "AT216",
    "AT217",
    "AT221",
    "AT223",
    "AT231",
    "AT402",
    "AT403",
    "AT407",
    "AT408",
    "AT709",
    "AT711",
    "AT802",
    "AT803",
    "AT813",
}


@rules_with(lambda rule: rule.tier is Tier.UNSAFE and rule.check)
def test_a_choice_that_a_comment_explains_is_left_to_a_person(rule: Rule, tmp_path: Path) -> None:
    tried = 0
    for example, finding in examples(rule, tmp_path):
        line = setting_of(finding, example.before)
        if line is None or finding.tier is not Tier.UNSAFE:
            continue
        text = example.before[finding.file]
        for comment, tier in (
            ("# settings", Tier.UNSAFE),
            ("# kept like this since the broker needs it", Tier.REPORT),
        ):
            files = {**example.before, finding.file: text.replace(line, f"{comment}\n{line}", 1)}
            (found,) = find(tmp_path, rule, example, files)
            assert found.tier is tier, (example.heading, comment)
            tried += 1
    assert bool(tried) is (rule.code not in CHANGE_NO_SETTING), (
        "show an unsafe fix that changes a setting, or name the rule in CHANGE_NO_SETTING"
    )


@pytest.mark.slow
@rules_with(lambda rule: rule.check)
def test_a_rule_does_not_fail_where_a_file_cannot_be_parsed(rule: Rule, tmp_path: Path) -> None:
    page = read_page(page_of(rule.code))
    for example in (*page.invalid, *page.valid):
        for name in (name for name in example.before if name.endswith(".py")):
            files = {**example.before, name: f"{example.before[name]}\n)\n"}
            assert not plan(tmp_path, rule, example, files).faults


@pytest.mark.slow
def test_a_fix_leaves_sorted_imports_sorted(tmp_path: Path) -> None:
    shown = [e for rule in RULES for e in read_page(page_of(rule.code)).invalid if e.after]
    for number, example in enumerate(shown):
        for folder, files in (
            ("before", example.before),
            ("after", {**example.before, **example.after}),
        ):
            for name, text in files.items():
                path = tmp_path / folder / str(number) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
    command = ["ruff", "check", "--isolated", "--select=I", "--output-format=json", "--no-cache"]
    unsorted = {}
    for folder in ("before", "after"):
        run = subprocess.run(
            [*command, str(tmp_path / folder)], capture_output=True, text=True, check=False
        )
        told = json.loads(run.stdout)
        unsorted[folder] = {t["filename"].partition(f"/{folder}/")[2] for t in told}
    assert unsorted["after"] <= unsorted["before"]

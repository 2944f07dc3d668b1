"""No rule is blind: it finds a problem in a file whatever else is in the file."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from async_test_template.desired import Desired
from async_test_template.rules import CODES, load, page_of
from async_test_template.rules.pages import read_page
from async_test_template.source import reading
from made_rules import make_plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from async_test_template.rules.pages import Example
    from async_test_template.rules.rule import Rule

ON_CODE = [
    pytest.param(rule, example, id=f"{rule.code}-{number}")
    for rule in map(load, CODES)
    if rule.visit is not None
    for number, example in enumerate(read_page(page_of(rule.code)).invalid, 1)
]
BLIND = (
    "the rule finds something in these files, which `check` would not parse for it: give it "
    "another `where`, or let it look only at tests and fixtures (`source.items`): "
)
#: Names that say nothing of tests, of pytest's own configuration, and of tests to pytest alone.
NAMES = ("test_it.py", "conftest.py", "helpers.py", "tests/support.py")


def found(root: Path, rule: Rule, example: Example, files: Mapping[str, str]) -> int:
    for path in list(root.rglob("*.py")):
        path.unlink()
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    asked = Desired()._replace(**example.answers, insisted=frozenset(example.answers))
    return len(make_plan(root, asked, [rule], tiers=frozenset()).left)


def pieces(tree: ast.Module) -> Iterator[tuple[list[ast.stmt], int]]:
    """Yield each statement of the file and of its classes, as a list and a place in it."""
    for body in (tree.body, *(n.body for n in ast.walk(tree) if isinstance(n, ast.ClassDef))):
        for place in range(len(body)):
            yield body, place


def smaller(text: str) -> Iterator[str]:
    """Yield a file without one of its statements, and with one of its functions made sync."""
    for number in range(sum(1 for _ in pieces(ast.parse(text)))):
        tree = ast.parse(text)
        body, place = list(pieces(tree))[number]
        statement = body[place]
        if isinstance(statement, ast.AsyncFunctionDef):
            sync = ast.FunctionDef(**vars(statement))
            body[place] = sync
            yield ast.unparse(tree)
        del body[place]
        if tree.body and all(c.body for c in ast.walk(tree) if isinstance(c, ast.ClassDef)):
            yield ast.unparse(tree)


@pytest.mark.slow
@pytest.mark.one_in(5)
@pytest.mark.parametrize(("rule", "example"), ON_CODE)
def test_a_rule_needs_no_word_but_its_own(
    rule: Rule, example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def everywhere(files: Mapping[str, str]) -> int:
        with monkeypatch.context() as patch:
            patch.setattr(reading, "is_indexed", lambda _words, holds_tests: True)  # noqa: ARG005
            return found(tmp_path, rule, example, files)

    files = dict(example.before)
    expected = everywhere(files)
    assert expected
    for name in [file for file in files if file.endswith(".py")]:
        while True:
            for text in smaller(files[name]):
                if everywhere({**files, name: text}) == expected:
                    files[name] = text
                    break
            else:
                break
    assert found(tmp_path, rule, example, files) == expected, f"{BLIND}{files}"
    (first, *others) = [file for file in files if file.endswith(".py")]
    for name in NAMES if not others else ():
        renamed = {name if file == first else file: text for file, text in files.items()}
        as_declared = found(tmp_path, rule, example, renamed)
        assert as_declared == everywhere(renamed), f"{BLIND}{renamed}"

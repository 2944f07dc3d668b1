"""AT940: the aliases of unittest's assertions, which Python 3.12 removed."""

from __future__ import annotations

import ast
import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes
from async_test_template.source.lineage import ISOLATED_CASES, TEST_CASES
from async_test_template.source.nodes import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

_NEW = {
    "assertEquals": "assertEqual",
    "assertNotEquals": "assertNotEqual",
    "assert_": "assertTrue",
    "assertAlmostEquals": "assertAlmostEqual",
    "assertNotAlmostEquals": "assertNotAlmostEqual",
    "assertRegexpMatches": "assertRegex",
    "assertNotRegexpMatches": "assertNotRegex",
    "assertRaisesRegexp": "assertRaisesRegex",
    "failUnless": "assertTrue",
    "failIf": "assertFalse",
    "failUnlessEqual": "assertEqual",
    "failIfEqual": "assertNotEqual",
    "failUnlessAlmostEqual": "assertAlmostEqual",
    "failIfAlmostEqual": "assertNotAlmostEqual",
    "failUnlessRaises": "assertRaises",
}
#: It has no other name.
_SUBSET = "assertDictContainsSubset"
#: Test cases that have the assertions from unittest.
_CASES = (
    TEST_CASES
    | ISOLATED_CASES
    | {f"django.test.{name}" for name in ("TestCase", "SimpleTestCase", "TransactionTestCase")}
    | {
        f"tornado.testing.{name}"
        for name in ("AsyncTestCase", "AsyncHTTPTestCase", "AsyncHTTPSTestCase")
    }
    | {"aiohttp.test_utils.AioHTTPTestCase", "aiounittest.AsyncTestCase", "asynctest.TestCase"}
)
#: Bases that have nothing to do with them.
_WITHOUT = frozenset({"object", "tornado.testing.ExpectLog"})
#: What gives the class of unittest an attribute.
_PUT_BACK = re.compile(rb"TestCase(?:\.(\w+)[ \t]*=(?!=)|,[ \t]*[\"'](\w+))")


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for node in _spots(source):
        owner = _owner(source, node)
        if owner is None or not _is_removed(project, source, owner, node.attr):
            continue
        new = _NEW.get(node.attr)
        yield code_finding(
            RULE.code,
            source,
            node,
            f"{node.attr} was removed from unittest",
            tier=Tier.SAFE if new else Tier.REPORT,
            fix=partial(_fix, source, node, new) if new else None,
            hint=f"use {new or 'assertEqual(whole, {**whole, **part})'}",
        )


def _spots(source: Source) -> list[ast.Attribute]:
    """Return where a file uses one of the names on `self`."""
    source.mentions.look_for([*_NEW, _SUBSET])
    return [
        node
        for name in (*_NEW, _SUBSET)
        for node in source.mentions.get(name, ())
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    ]


def _owner(source: Source, node: ast.AST) -> ast.ClassDef | None:
    """Return the class in one of whose methods a node is."""
    inner = node
    for around in source.around(node):
        if isinstance(around, ast.ClassDef):
            is_method = isinstance(inner, FUNCTIONS) and inner.args.args[:1]
            return around if is_method and is_method[0].arg == "self" else None
        inner = around
    return None


def _is_removed(project: Project, source: Source, owner: ast.ClassDef, name: str) -> bool:
    """Tell whether a class has a method from unittest alone, as far as files show."""
    kin = project.code.lineage.kin_at(source.file, owner.lineno)
    if kin is None or not _CASES.intersection(kin.others):
        return False
    if not (_CASES | _WITHOUT).issuperset(kin.others) or name in _put_back(project):
        return False
    return not _is_set(project, frozenset(file for file, _ in kin.classes), name)


# Each use of a name in a class asks this.
@lru_cache(maxsize=64)
def _is_set(project: Project, files: frozenset[str], name: str) -> bool:
    """Tell whether one of some files may give its classes a name."""
    word = name.encode()
    sets = re.compile(rb"(?:def[ \t]+|[\"'])%s\b|\b%s[ \t]*=(?!=)|__getattr" % (word, word))
    return any(sets.search(project.tree.read(file) or b"") for file in files)


# Only one project is used at a time, and each use of a name asks this.
@lru_cache(maxsize=2)
def _put_back(project: Project) -> frozenset[str]:
    """Return the names that some file gives the class of unittest."""
    return frozenset(
        (match[1] or match[2]).decode()
        for _, data in project.reader.mentioning(_PUT_BACK, (b"TestCase.", b"TestCase,"))
        for match in _PUT_BACK.finditer(data)
    )


def _fix(source: Source, node: ast.Attribute, new: str) -> tuple[Edit, ...]:
    end = source.end(node)
    return (changes.replace(source, end - len(node.attr), end, new),)


RULE = Rule(
    code="AT940",
    name="unittest-alias",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    python=">=3.12",
    visit=_visit,
    words=b"|".join(rb"\b%s\b" % name.encode() for name in (*_NEW, _SUBSET)),
    where=Where.TESTS,
    spots=_spots,
    expects=("AttributeError", "DeprecationWarning"),
)

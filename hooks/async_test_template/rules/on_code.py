"""Findings in Python code: what the rules that rewrite it share."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, TypeGuard

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Tier
from async_test_template.source.nodes import callee, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Placed, Source

#: Functions of asyncio that return a coroutine, and do nothing until it is awaited.
ASYNCIO_COROUTINES = frozenset(f"asyncio.{n}" for n in ("sleep", "to_thread", "wait", "wait_for"))


def code_finding(  # noqa: PLR0913 - a finding has these parts
    code: str,
    source: Source,
    node: Placed,
    message: str,
    *,
    tier: Tier = Tier.REPORT,
    fix: Callable[[], tuple[Edit, ...]] | None = None,
    hint: str = "",
) -> Finding:
    """Make a finding at a node; if the fix is not certain, the finding is only reported.

    Args:
        code: the rule's.
        source: the file.
        node: the place.
        message: one sentence, which names the code at the place.
        tier: how far the fix may go.
        fix: returns the edits, or raises EditError if it is not certain.
        hint: what a person can do.

    """
    edits: tuple[Edit, ...] = ()
    if fix is not None and tier is not Tier.REPORT:
        try:
            edits = fix()
        except EditError as error:
            hint = f"{hint or 'change it by hand'} ({error.message})"
    return Finding(
        code,
        _placed(source, node, message),
        source.file,
        node.lineno,
        source.column(node),
        tier,
        edits,
        hint,
    )


def _placed(source: Source, node: Placed, message: str) -> str:
    """Name the function or class around a place, unless the sentence does."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for around in (node, *source.around(node)):
        if isinstance(around, kinds):
            return message if around.name in message else f"{message} (in {around.name})"
    return message


def keyword(call: ast.Call, name: str) -> ast.keyword | None:
    """Return the argument that a call passes by that name."""
    return next((k for k in call.keywords if k.arg == name), None)


def has_stars(call: ast.Call) -> bool:
    """Tell whether `*` or `**` may pass unknown arguments."""
    return any(isinstance(argument, ast.Starred) for argument in call.args) or any(
        k.arg is None for k in call.keywords
    )


def text_of(node: ast.expr | None) -> str | None:
    """Return the value of a plain string, None for everything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def sure(source: Source, node: ast.expr) -> None:
    """Require that a name has the meaning of its import.

    Raises:
        EditError: it is bound twice, or not by an import.

    """
    if not source.names.is_certain(node):
        raise EditError("the name may stand for something else")


def is_called(source: Source, function: Function) -> bool:
    """Tell whether the file mentions a function by name, apart from defining it.

    In a function that has a parameter or a variable of that name, the name stands for its value.
    Attributes of that name belong to objects, so they are no function of the module.
    """
    is_method = source.scope(function) is not source.tree
    mentions = [
        node
        for node in source.mentions.get(function.name, ())
        if is_method or isinstance(node, ast.Name)
    ]
    storing = frozenset(
        source.scope(node)
        for node in mentions
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    if storing and any(function.name in node.names for node in source.nodes.of(ast.Global)):
        return True
    return not all(
        isinstance(node, ast.Name) and _is_own(source, node, storing) for node in mentions
    )


def _is_own(source: Source, node: ast.Name, storing: frozenset[ast.AST]) -> bool:
    """Tell whether a name is a parameter or a variable of a function around it."""
    return any(
        (
            around in storing
            or node.id in {each.arg for each in ast.walk(around.args) if isinstance(each, ast.arg)}
        )
        and node
        not in {
            inner
            for default in (*around.args.defaults, *around.decorator_list)
            for inner in walk(default)
        }
        for around in source.around(node)
        if isinstance(around, (ast.FunctionDef, ast.AsyncFunctionDef))
    )


def uses(function: Function, name: str) -> bool:
    """Tell whether a function's body mentions a name."""
    return any(
        isinstance(node, ast.Name) and node.id == name
        for statement in function.body
        for node in walk(statement)
    )


def marks(source: Source, name: str) -> Iterator[ast.expr]:
    """Yield every `pytest.mark.<name>`, as a call if it is one."""
    for node in source.references(f"pytest.mark.{name}"):
        around = source.parents[node]
        yield around if isinstance(around, ast.Call) and around.func is node else node


def decorators(source: Source, function: Function, target: str) -> Iterator[ast.expr]:
    """Yield the decorators of a function with such a dotted name, called or not."""
    for decorator in function.decorator_list:
        called = callee(decorator)
        if source.names.resolve(called) == target:
            yield decorator


def is_test_code(source: Source) -> bool:
    """Tell whether a file belongs to the tests, by its tests and fixtures, its name or folder.

    A file that imports mocks is made for tests too, wherever it is.
    """
    module = source.module
    if module.tests or module.fixtures or source.file.endswith("conftest.py"):
        return True
    if _OF_TESTS.search(source.file) is not None:
        return True
    return not _MOCKS.isdisjoint(module.imports) or not _MOCKS.isdisjoint(module.targets.values())


#: Modules whose objects stand for others in tests.
_MOCKS = frozenset({"asynctest", "asynctest.mock", "mock", "unittest.mock"})
#: `tests/`, `unit_tests/`, `test_helpers/fakes.py`, `shop/testing.py`, `testutils/`
_OF_TESTS = re.compile(r"(?:^|[/_])tests?(?:ing|s?_?(?:helpers|suite|tools|utils?))?(?:/|\.py$)")


def is_super(node: ast.AST) -> TypeGuard[ast.Attribute]:
    """Tell whether something is an attribute of `super()`."""
    owner = node.value if isinstance(node, ast.Attribute) else None
    return (
        isinstance(owner, ast.Call)
        and isinstance(owner.func, ast.Name)
        and owner.func.id == "super"
    )


def is_below(
    source: Source,
    node: ast.AST,
    condition: re.Pattern[str],
    kinds: tuple[type[ast.If | ast.IfExp], ...] = (ast.If,),
) -> bool:
    """Tell whether a place is in an `if`, or in the `else` of one, with such a condition.

    Args:
        source: the file.
        node: the place.
        condition: what to search for in the text of the condition.
        kinds: whether statements or expressions count.

    """
    return any(
        isinstance(around, kinds) and condition.search(source.text(around.test))
        for around in source.around(node)
    )


def is_chosen_by_version(source: Source, node: ast.AST) -> bool:
    """Tell whether a condition around a place checks the version of a package.

    Which Pythons reach a place is a premise of rules, which handles `sys.version_info`.
    """
    return is_below(source, node, _VERSION, (ast.If, ast.IfExp))


_VERSION = re.compile(r"__version__|\bversion\(|\bVersion\(|version_tuple|_VERSION\b|\bVERSION\b")


def needs(project: Project, package: str, version: str) -> None:
    """Require that the repository allows no older version of a package.

    Raises:
        EditError: it allows one.

    """
    if project.dependencies.allows_below(package, version):
        raise EditError(
            f"the fix needs {package} >= {version}, and the repository allows older ones"
        )


def raised(project: Project, package: str, version: str) -> tuple[Edit, ...]:
    """Return the edits that exclude older versions of a package, none if none is allowed.

    Raises:
        EditError: only a person can exclude them.

    """
    if not project.dependencies.allows_below(package, version):
        return ()
    edits = project.dependencies.raised(package, version)
    if not edits:
        needs(project, package, version)
    return edits

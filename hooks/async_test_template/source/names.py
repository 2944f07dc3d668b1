"""The meaning of the names in a module, as far as its import statements show."""

from __future__ import annotations

import ast
import sys
from functools import cached_property
from sys import intern
from typing import TYPE_CHECKING

from async_test_template.source.nodes import root_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from async_test_template.source.nodes import Nodes

#: What stood in for parts of unittest on Pythons that did not have them.
_STAND_INS = ("aiounittest.", "asynctest")
#: A name that no Python has any more, with another one to fall back on.
_GONE = "asyncio.coroutine"
_IMPORTS = (ast.Import, ast.ImportFrom)
#: Modules of `asyncio`, which has everything public that is in them.
_INSIDE_ASYNCIO = frozenset(
    f"asyncio.{module}"
    for module in (
        "base_events",
        "coroutines",
        "events",
        "exceptions",
        "futures",
        "locks",
        "queues",
        "runners",
        "streams",
        "taskgroups",
        "tasks",
        "timeouts",
        "unix_events",
    )
)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)


def is_lazy(statement: ast.Import | ast.ImportFrom) -> bool:
    """Tell whether a module is imported only when a name of it is used (PEP 810, Python 3.15)."""
    return bool(getattr(statement, "is_lazy", 0))


def dotted(module: str, name: str) -> str:
    """Return the dotted name of what a module has; one of dots alone is a folder."""
    return f"{module}{name}" if module.endswith(".") else f"{module}.{name}"


class Names:
    """The import table of one module.

    Every import statement counts, wherever it is: under `if TYPE_CHECKING`, in a `try`, in a
    function. So does `name = pytest.importorskip("module")`. A name that is bound in two ways
    resolves to the last import that is no fall-back for an earlier one.

    Attributes:
        modules: the modules that are imported, or imported from, with the line.
        stars: modules from which everything was imported; their names are unknown.
        skips: the names that `importorskip` binds, with the module of each.

    """

    def __init__(self, nodes: Nodes) -> None:
        """Read the import statements among the nodes of a file."""
        self.modules: dict[str, int] = {}
        self.stars: set[str] = set()
        self._targets: dict[str, str] = {}
        self._ambiguous: set[str] = set()
        self._is_bound: dict[str, bool] = {}
        self._nodes = nodes
        is_skipping = b"importorskip" in nodes.data
        self.skips = dict(_skips(nodes.near(b"importorskip"))) if is_skipping else {}
        is_guarded = any(error in nodes.data for error in (b"ImportError", b"ModuleNotFoundError"))
        tries = [*nodes.of(ast.Try)] if is_guarded else []
        self._no_others = frozenset((*self.skips, *_missing(tries)))
        fallbacks = _fallbacks(tries)
        imports: list[ast.Import | ast.ImportFrom] = [*nodes.of(ast.Import)]
        imports += nodes.of(ast.ImportFrom)
        for node in sorted(imports, key=lambda node: (node.lineno, node.col_offset)):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self.modules.setdefault(alias.name, node.lineno)
                    bound = alias.asname or alias.name.partition(".")[0]
                    target = alias.name if alias.asname else bound
                    self._bind(bound, target, is_fallback=node in fallbacks)
            else:
                # A leading dot: from the repository itself, and so none of the packages here.
                module: str = "." * node.level + (node.module or "")
                if not node.level:
                    self.modules.setdefault(module, node.lineno)
                for alias in node.names:
                    if alias.name == "*":
                        self.stars.add(module)
                    else:
                        # Most files of a repository import the same.
                        target = intern(dotted(_public(module), alias.name))
                        self._bind(
                            alias.asname or alias.name, target, is_fallback=node in fallbacks
                        )
        for name, module in self.skips.items():
            self._bind(name.id, module)

    @cached_property
    def bound(self) -> frozenset[str]:
        """Names that something other than an import binds, in any scope."""
        return _bound(self._nodes.everything, self._no_others)

    def is_bound(self, name: str) -> bool:
        """Tell whether something other than an import binds a name, in any scope."""
        if name not in self._is_bound:
            self._is_bound[name] = name in _bound(self._nodes.near(name.encode()), self._no_others)
        return self._is_bound[name]

    def aliases(self, name: str) -> frozenset[str]:
        """Return the names in this file for an object that its module calls `name`."""
        return self._aliases.get(name, frozenset())

    @cached_property
    def _aliases(self) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for own, target in self._targets.items():
            name = target.rpartition(".")[2]
            if name != own:
                found[name] = found.get(name, frozenset()) | {own}
        return found

    def stands_for(self, name: str, target: str) -> bool:
        """Tell whether a name is free, or what imports bind it to is the target alone."""
        return name not in self._ambiguous and self._targets.get(name, target) == target

    def is_certain(self, node: ast.expr) -> bool:
        """Tell whether the first name of a chain is imported, once, and never bound otherwise.

        What `resolve` says of the others is likely, but no reason to rewrite anything.
        """
        root = root_of(node)
        return (
            isinstance(root, ast.Name)
            and root.id in self._targets
            and root.id not in self._ambiguous
            and not self.is_bound(root.id)
        )

    @property
    def targets(self) -> dict[str, str]:
        """The meaning of each name that an import binds; local modules start with dots."""
        return self._targets

    @property
    def imported(self) -> frozenset[str]:
        """Names that imports bind."""
        return frozenset(self._targets)

    def _bind(self, name: str, target: str, *, is_fallback: bool = False) -> None:
        earlier = self._targets.setdefault(name, target)
        if earlier != target:
            self._ambiguous.add(name)
            if not _stays(earlier, target, is_fallback=is_fallback):
                self._targets[name] = target

    def resolve(self, node: ast.expr) -> str:
        """Return the full dotted name of a name or an attribute chain, or nothing.

        A name that no import bound is given as it is, so that a local `fixture` stays
        `fixture` and is not taken for pytest's.
        """
        if isinstance(node, ast.Name):
            return self._targets.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            owner = _public(self.resolve(node.value))
            return f"{owner}.{node.attr}" if owner else ""
        return ""


def _public(owner: str) -> str:
    """Return where what a module has is known: `asyncio.futures.Future` is `asyncio.Future`."""
    return "asyncio" if owner in _INSIDE_ASYNCIO else owner


def _skips(nodes: list[ast.AST]) -> Iterator[tuple[ast.Name, str]]:
    """Yield the name that each `name = pytest.importorskip("module")` binds, with the module."""
    for node in nodes:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            continue
        called, args = node.value.func, node.value.args
        is_import = getattr(called, "attr", getattr(called, "id", "")) == "importorskip"
        if is_import and args and isinstance(args[0], ast.Constant):
            for target in node.targets:
                if isinstance(target, ast.Name) and isinstance(args[0].value, str):
                    yield target, args[0].value


def _missing(tries: Iterable[ast.Try]) -> Iterator[ast.Name]:
    """Yield the names that are None if their import fails: where they are used, it has not."""
    for node in tries:
        imported = {
            alias.asname or alias.name.partition(".")[0]
            for statement in node.body
            if isinstance(statement, (ast.Import, ast.ImportFrom))
            for alias in statement.names
        }
        for statement in (one for handler in node.handlers for one in handler.body):
            if not isinstance(statement, ast.Assign) or not _is_none(statement.value):
                continue
            for target in statement.targets:
                if isinstance(target, ast.Name) and target.id in imported:
                    yield target


def _fallbacks(tries: Iterable[ast.Try]) -> frozenset[ast.stmt]:
    """Return the imports of handlers, whose errors are those of another import."""
    return frozenset(
        statement
        for node in tries
        if any(isinstance(tried, _IMPORTS) for tried in node.body)
        for handler in node.handlers
        for statement in handler.body
        if isinstance(statement, _IMPORTS)
    )


def _stays(earlier: str, later: str, *, is_fallback: bool) -> bool:
    """Tell whether the earlier of two imports of one name is what tests use today."""
    if earlier.startswith("unittest.") and later.startswith(_STAND_INS):
        return True
    # What is tried first is newer, unless it is what Python itself has by now.
    return is_fallback and earlier != _GONE and (_is_pythons(earlier) or not _is_pythons(later))


def _is_pythons(name: str) -> bool:
    return name.partition(".")[0] in sys.stdlib_module_names


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _bound(nodes: list[ast.AST], imported: Collection[ast.AST]) -> frozenset[str]:
    """Return the names that some nodes bind, apart from imports."""
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load) and node not in imported:
                names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, _DEFINITIONS) and node.name:
            names.add(node.name)
    return frozenset(names)

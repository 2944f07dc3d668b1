"""What the names in a module stand for, as far as its import statements tell."""

from __future__ import annotations

import ast


class Names:
    """The import table of one module.

    Every import statement counts, wherever it stands: under `if TYPE_CHECKING`, in a `try`, in a
    function. A name that is bound in two ways resolves to the last import.

    Attributes:
        modules: the modules that are imported, or imported from, with the line.
        stars: modules of which everything was imported; names out of them cannot be told.

    """

    def __init__(self, tree: ast.Module) -> None:
        """Read the import statements of `tree`."""
        self.modules: dict[str, int] = {}
        self.stars: set[str] = set()
        self._targets: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self.modules.setdefault(alias.name, node.lineno)
                    bound = alias.asname or alias.name.partition(".")[0]
                    self._targets[bound] = alias.name if alias.asname else bound
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                self.modules.setdefault(node.module, node.lineno)
                for alias in node.names:
                    if alias.name == "*":
                        self.stars.add(node.module)
                    else:
                        self._targets[alias.asname or alias.name] = f"{node.module}.{alias.name}"

    def resolve(self, node: ast.expr) -> str:
        """Give the full dotted name of a name or an attribute chain, or nothing.

        A name that no import bound is given as it stands, so that a local `fixture` stays
        `fixture` and is not taken for pytest's.
        """
        if isinstance(node, ast.Name):
            return self._targets.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            owner = self.resolve(node.value)
            return f"{owner}.{node.attr}" if owner else ""
        return ""

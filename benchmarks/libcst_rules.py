"""Four of the rules as a codemod on LibCST, to compare with; `code_speed.py` runs it.

    python benchmarks/libcst_rules.py FOLDER

They are AT601, AT608, AT704 and AT811, but resolve no names and verify nothing.
"""

from __future__ import annotations

import sys
from pathlib import Path

import libcst as cst
from libcst import matchers as m

_MARK = m.Attribute(m.Attribute(m.Name("pytest"), m.Name("mark")))
_FIXTURE = m.Attribute(m.Name("pytest"), m.Name("fixture") | m.Name("yield_fixture"))


class Rules(cst.CSTTransformer):
    """Rewrite one module."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:  # noqa: N802
        """Rename `scope=` of `mark.asyncio`, and wrap `app=` of a client in a transport."""
        if m.matches(original_node.func, m.Attribute(_MARK.value, m.Name("asyncio"))):
            return updated_node.with_changes(args=[_renamed(arg) for arg in updated_node.args])
        if m.matches(original_node.func, m.Attribute(m.Name("httpx"), m.Name("AsyncClient"))):
            return updated_node.with_changes(args=[_wrapped(arg) for arg in updated_node.args])
        return updated_node

    def leave_Attribute(  # noqa: N802
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.Attribute:
        """Write `fixture` for `yield_fixture`."""
        if m.matches(original_node, m.Attribute(m.Name("pytest"), m.Name("yield_fixture"))):
            return updated_node.with_changes(attr=cst.Name("fixture"))
        return updated_node

    def leave_FunctionDef(  # noqa: N802
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        """Take marks off fixtures."""
        decorators = original_node.decorators
        if not any(m.matches(_called(decorator), _FIXTURE) for decorator in decorators):
            return updated_node
        kept = [
            updated
            for original, updated in zip(decorators, updated_node.decorators, strict=True)
            if not m.matches(_called(original), _MARK)
        ]
        return updated_node.with_changes(decorators=kept)


def _called(decorator: cst.Decorator) -> cst.BaseExpression:
    expression = decorator.decorator
    return expression.func if isinstance(expression, cst.Call) else expression


def _renamed(arg: cst.Arg) -> cst.Arg:
    is_scope = arg.keyword is not None and arg.keyword.value == "scope"
    return arg.with_changes(keyword=cst.Name("loop_scope")) if is_scope else arg


def _wrapped(arg: cst.Arg) -> cst.Arg:
    if arg.keyword is None or arg.keyword.value != "app":
        return arg
    transport = cst.Attribute(cst.Name("httpx"), cst.Name("ASGITransport"))
    call = cst.Call(transport, [arg.with_changes(comma=cst.MaybeSentinel.DEFAULT)])
    return arg.with_changes(keyword=cst.Name("transport"), value=call)


def main() -> None:
    """Rewrite every Python file of a folder."""
    for path in sorted(Path(sys.argv[1]).rglob("*.py")):
        module = cst.parse_module(path.read_bytes())
        new = module.visit(Rules()).bytes
        if new != module.bytes:
            path.write_bytes(new)


if __name__ == "__main__":
    main()

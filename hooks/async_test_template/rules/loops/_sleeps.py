"""Calls that sleep."""

from __future__ import annotations

import ast


def is_zero(call: ast.Call) -> bool:
    """Tell whether the call only lets other tasks or threads run."""
    return bool(call.args) and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0

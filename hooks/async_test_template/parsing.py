"""Parse Python code of a repository, without a word about it."""

from __future__ import annotations

import ast
import warnings

#: What is raised for code that the running Python cannot parse.
UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


def parse_python(code: str | bytes) -> ast.Module:
    r"""Return the syntax tree of some code.

    Raises:
        SyntaxError: it is no Python, for the running one.
        ValueError: it contains a null byte, or cannot be decoded.
        RecursionError, MemoryError: it is too deeply nested.

    """
    with warnings.catch_warnings():
        # `"\d"` in somebody's code is not this program's to complain about.
        warnings.simplefilter("ignore")
        return ast.parse(code)

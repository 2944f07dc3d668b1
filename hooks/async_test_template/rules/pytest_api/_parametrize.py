"""The arguments of `parametrize`, read from the bytes of a file: far faster than parsing it."""

import re
from functools import lru_cache

# It starts with plain bytes, which `re` finds fast.
_CALL = re.compile(rb"parametrize\s*\(")
# Most calls have names, a list without a nested list, and nothing more, or keyword options.
_PLAIN = re.compile(
    rb"""\s*(?:"[^"\n\\]*"|'[^'\n\\]*'|\([^()\n]*\)|\[[^\[\]\n]*\]),\s*"""
    rb"""\[[^\[\]"'#]*(?:(?:"[^"\\\n]*"|'[^'\\\n]*')[^\[\]"'#]*)*\](?:,?\s*\)|,\s*\w+\s*=(?!=))"""
)
#: Text that may hold brackets and commas without meaning, and those with meaning.
_TOKEN = re.compile(
    rb"\"\"\"(?:[^\\]|\\[\s\S])*?(?:\"\"\"|\Z)|'''(?:[^\\]|\\[\s\S])*?(?:'''|\Z)"
    rb"|\"(?:[^\"\\\n]|\\[\s\S])*\"?|'(?:[^'\\\n]|\\[\s\S])*'?|#[^\n]*|[\[\](){},]"
)
#: How often as many bytes as the file has are read.
_MOST = 16
_NAME = re.compile(rb"\w+\s*=(?!=)")


@lru_cache(maxsize=1)
def odd_calls(data: bytes) -> tuple[list[bytes], ...]:
    """Return the arguments of each call except the simplest ones, as they are written.

    Comments before an argument are not included.
    """
    found = []
    # If calls are in a text that never closes them, each would be read to its end.
    left = _MOST * len(data)
    for call in _CALL.finditer(data):
        if _PLAIN.match(data, call.end()) is None and left > 0:
            arguments, end = _arguments(data, call.end())
            found.append(arguments)
            left -= end - call.end()
    return tuple(found)


def is_by_name(argument: bytes) -> bool:
    """Tell whether an argument is `name=value`."""
    return _NAME.match(argument) is not None


def _arguments(data: bytes, start: int) -> tuple[list[bytes], int]:
    """Return the arguments of the call that begins there, and where it ends."""
    found: list[bytes] = []
    depth = 0
    for token in _TOKEN.finditer(data, start):
        text = token.group()
        if text in b"([{":
            depth += 1
        elif text == b"," and depth == 0:
            found.append(data[start : token.start()].strip())
            start = token.end()
        elif text in b")]}":
            if depth == 0:
                last = data[start : token.start()].strip()
                return ([*found, last] if last else found), token.end()
            depth -= 1
        elif text[:1] == b"#" and not data[start : token.start()].strip():
            start = token.end()
    return found, len(data)

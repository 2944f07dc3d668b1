"""Messages that people meet in the output of async tests: what they mean, and the cure.

Each has a page (`page.py`), in the folder of the library that says it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from async_test_template.messages.page import Message, read_message

#: The pages, by the names of the messages.
PAGES = {path.stem: path for path in sorted(Path(__file__).parent.glob("*/*.md"))}


@cache
def all_messages() -> tuple[Message, ...]:
    """Read all pages."""
    return tuple(map(read_message, PAGES.values()))

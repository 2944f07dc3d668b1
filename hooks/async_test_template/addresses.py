"""Where the pages of rules and messages are on the site."""

from __future__ import annotations

from async_test_template import SITE


def rule_address(code: str) -> str:
    """Return the address of a rule's page."""
    return f"{SITE}/rules/{code.lower()}/"


def message_address(name: str) -> str:
    """Return the address of a message's page.

    Args:
        name: the name of the message, that of its file without suffix.

    """
    return f"{SITE}/messages/{name}/"

"""Ask about each fix in turn: yes, no, all of the rest, or stop asking."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import questionary

from async_test_template.diff import for_people
from async_test_template.shown import shown, shown_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from async_test_template.findings import Finding


class Interview:
    """Remembers an "all" or a "quit" for the next fixes."""

    def __init__(self, *, colour: bool) -> None:
        """Show diffs in colour or without."""
        self._colour = colour
        self._rest: bool | None = None

    def __call__(self, finding: Finding, changes: Mapping[str, tuple[bytes, bytes]]) -> bool:
        """Show one fix and ask whether to make it.

        Raises:
            KeyboardInterrupt: the user pressed Ctrl-C.

        """
        if self._rest is not None:
            return self._rest
        place = shown_path(f"{finding.file}:{finding.line}:{finding.column}")
        sys.stderr.write(
            f"\n{place} {finding.code} [{finding.tier.value} fix] {shown(finding.message)}\n"
            f"{for_people(changes, colour=self._colour)}"
        )
        answer = questionary.select(
            "Make this change?",
            choices=[
                questionary.Choice("yes", shortcut_key="y"),
                questionary.Choice("no", shortcut_key="n"),
                questionary.Choice("all of the rest", value="all", shortcut_key="a"),
                questionary.Choice("quit, and make none of the rest", "quit", shortcut_key="q"),
            ],
            use_shortcuts=True,
        ).unsafe_ask()
        if answer in {"all", "quit"}:
            self._rest = answer == "all"
        return answer in {"yes", "all"}

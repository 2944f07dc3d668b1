"""Which file of the repository becomes which page of the site, and the navigation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template import HOME
from async_test_template.documentation import FAMILIES, LIBRARIES
from async_test_template.messages import PAGES as MESSAGES
from async_test_template.messages import all_messages
from async_test_template.rules import CODES, family_of, load, page_of
from checkout import ROOT

if TYPE_CHECKING:
    from pathlib import Path

#: Pages by the path of their Markdown: the heading of the navigation, and the path in the site.
SECTIONS: dict[str, dict[str, str]] = {
    "Start": {
        "docs/index.md": "index.md",
    },
    "My suite broke": {
        "docs/my-suite-broke.md": "my-suite-broke.md",
        "docs/commands.md": "commands.md",
        "docs/settings.md": "settings.md",
        "docs/ci.md": "ci.md",
        "docs/real-repositories.md": "real-repositories.md",
        "docs/measured/outdated-suites.md": "measured/outdated-suites.md",
        "docs/measured/findings.md": "measured/findings.md",
        "docs/measured/healthy-suites.md": "measured/healthy-suites.md",
        "docs/measured/adopted.md": "measured/adopted.md",
    },
    "A new project": {
        "docs/new-project.md": "new-project.md",
        "site/pages/start.md": "start.md",
        "docs/questions.md": "questions.md",
        "docs/what-comes-out.md": "what-comes-out.md",
        "docs/adopt.md": "adopt.md",
        "docs/update.md": "update.md",
        "guard/README.md": "guard.md",
    },
    "Many repositories": {
        "docs/many-repositories.md": "many-repositories.md",
        "docs/fleet.md": "fleet.md",
        "fleet/README.md": "one-checkout.md",
        "renovate/README.md": "renovate.md",
    },
    "How to": {
        "docs/how-to/asgi.md": "how-to/asgi.md",
        "docs/how-to/database.md": "how-to/database.md",
        "docs/how-to/websocket.md": "how-to/websocket.md",
        "docs/how-to/session-scope.md": "how-to/session-scope.md",
        "docs/how-to/anyio-and-trio.md": "how-to/anyio-and-trio.md",
        "docs/how-to/xdist.md": "how-to/xdist.md",
        "docs/how-to/from-event-loop.md": "how-to/from-event-loop.md",
    },
    "Playground": {"site/pages/playground.md": "playground.md"},
    "Rules": {"docs/rules.md": "rules/index.md"},
    "Messages": {"docs/messages.md": "messages/index.md"},
    "Project": {
        "CHANGELOG.md": "changelog.md",
        "docs/speed.md": "speed.md",
        "SECURITY.md": "security.md",
        "docs/architecture.md": "architecture.md",
        "docs/writing-a-rule.md": "writing-a-rule.md",
        "CONTRIBUTING.md": "contributing.md",
    },
}


def rule_pages() -> dict[str, str]:
    """Return the page of each rule by the path of its Markdown."""
    return {_inside(page_of(code)): f"rules/{code.lower()}.md" for code in CODES}


def message_pages() -> dict[str, str]:
    """Return the page of each message by the path of its Markdown."""
    return {_inside(path): f"messages/{name}.md" for name, path in MESSAGES.items()}


def all_pages() -> dict[str, str]:
    """Return the path of every page in the site by the path of its Markdown."""
    pages = {source: page for section in SECTIONS.values() for source, page in section.items()}
    return pages | rule_pages() | message_pages()


def navigation() -> list[object]:
    """Return the navigation: a section is a list, and a page its path or its title and path."""
    nav: list[object] = []
    for heading, section in SECTIONS.items():
        pages: list[object] = [*section.values()]
        if heading == "Rules":
            pages += [
                {title.replace("`", ""): _rules_of(family)} for family, title in FAMILIES.items()
            ]
        elif heading == "Messages":
            pages += [{title: _messages_of(library)} for library, title in LIBRARIES.items()]
        elif heading == "Project":
            # Not as the address of the repository: the theme would ask GitHub for its stars.
            pages.append({"Source": HOME})
        nav.append({heading: pages[0] if len(pages) == 1 else pages})
    return nav


def _rules_of(family: str) -> list[dict[str, str]]:
    return [
        {f"{code} {load(code).name}": f"rules/{code.lower()}.md"}
        for code in CODES
        if family_of(code) == family
    ]


def _messages_of(library: str) -> list[dict[str, str]]:
    return [
        {message.title: f"messages/{message.name}.md"}
        for message in all_messages()
        if message.family == library
    ]


def _inside(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()

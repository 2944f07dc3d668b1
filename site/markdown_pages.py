"""From the Markdown of the repository to that of the site.

Links between files become links between pages, a name above a block becomes its title, the code of
a rule becomes a link, and the pages of rules and messages get a title that a search finds.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
from typing import TYPE_CHECKING

from async_test_template import HOME
from async_test_template.messages.page import read_message
from async_test_template.rules import FIRST_STATIC, NAMES, head_of
from checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from async_test_template.messages.page import Message

_LINK = re.compile(r"(?<!\\)\]\((?!https?:|#)(?P<path>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")
_NAMED_BLOCK = re.compile(r"^`(?P<name>[^`\n]+)`:\n\n```(?P<language>\w+)\n", re.MULTILINE)
_FENCED = re.compile(r"^(`{3,})[^\n]*\n.*?^\1$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(?<![\w\[`-])AT\d{3}(?![\w\]`-])")
_CODE_OR_LINK = re.compile(r"(`+[^`]*`+|\[[^\]]*\]\([^)]*\))")
_EXAMPLE = re.compile(r"^## .+ \((?:safe|unsafe|report)\)$", re.MULTILINE)
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]<>#|~^=\"'.-])")


class LinkError(Exception):
    """A link of the documents that leads nowhere; the text says which."""


def page(source: str, pages: Mapping[str, str]) -> str:
    """Return the page that a file becomes.

    Args:
        source: the path of the file from the root of the repository.
        pages: the path of every page in the site by the path of its file.

    Raises:
        LinkError: a link in it leads to no file.

    """
    text = (ROOT / source).read_text(encoding="utf-8")
    place = pages[source]
    folder, _, name = place.rpartition("/")
    title = description = ""
    if source.startswith("hooks/") and folder == "rules":
        code = name.removesuffix(".md").upper()
        head = head_of(code)
        title, description = f"{code} {NAMES[code]}: {head.title}", head.why
    elif source.startswith("hooks/"):
        message = read_message(ROOT / source)
        title, description = message.title, message.meaning
        text = _of_message(message, text)
    parts = []
    end = 0
    for block in _FENCED.finditer(text):
        parts += [_prose(text[end : block.start()], source, pages), block[0]]
        end = block.end()
    text = "".join([*parts, _prose(text[end:], source, pages)])
    if folder == "rules" and source.startswith("hooks/"):
        text = _with_examples(code, text)
    text = _NAMED_BLOCK.sub(r'```\g<language> title="\g<name>"\n', text)
    return _front(title, description) + text


def _front(title: str, description: str) -> str:
    # JSON is YAML, whatever a message contains.
    given = {"title": title, "description": description}
    lines = [f"{key}: {json.dumps(value)}\n" for key, value in given.items() if value]
    return "".join(["---\n", *lines, "---\n\n"]) if lines else ""


def _prose(text: str, source: str, pages: Mapping[str, str]) -> str:
    here = pages[source]
    own = posixpath.basename(here).removesuffix(".md").upper()

    def lead(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), match["path"]))
        anchor = match["anchor"] or ""
        if target in pages:
            return f"]({_relative(pages[target], here)}{anchor})"
        if not (ROOT / target).exists():
            raise LinkError(f"{source} links to {match['path']}, and there is no such file")
        if target.endswith(".svg"):
            return f"]({_relative(f'pictures/{posixpath.basename(target)}', here)})"
        kind = "tree" if (ROOT / target).is_dir() else "blob"
        return f"]({HOME}/{kind}/main/{target}{anchor})"

    def name(match: re.Match[str]) -> str:
        code = match[0]
        if code == own or code not in NAMES:
            return code
        return f'[{code}]({_relative(f"rules/{code.lower()}.md", here)} "{NAMES[code]}")'

    lines = _LINK.sub(lead, text).split("\n")
    return "\n".join(line if line.startswith(("#", "<")) else _named(line, name) for line in lines)


def _named(line: str, name: Callable[[re.Match[str]], str]) -> str:
    """Put links for the codes in a line, except in its code and in the text of its links."""
    parts = _CODE_OR_LINK.split(line)
    return "".join(
        part if number % 2 else _CODE.sub(name, part) for number, part in enumerate(parts)
    )


def _relative(target: str, here: str) -> str:
    return os.path.relpath(target, posixpath.dirname(here) or ".").replace(os.sep, "/")


def _with_examples(code: str, text: str) -> str:
    """Add a link to the playground below the heading of each example."""
    if code < FIRST_STATIC:
        return text
    numbers = iter(range(1000))

    def link(match: re.Match[str]) -> str:
        address = f"../../playground/?example={code}.{next(numbers)}"
        return f'{match[0]}\n\n<a class="try-it" href="{address}">Try it</a>'

    return _EXAMPLE.sub(link, text)


def _of_message(message: Message, text: str) -> str:
    """Escape the message in the heading, and say how to ask for it."""
    _, _, rest = text.partition("\n")
    heading = _PUNCTUATION.sub(r"\\\1", message.title)
    return f"# {heading}\n{rest.rstrip()}\n\n" + "".join(_ending())


def _ending() -> Iterator[str]:
    yield "## In your repository\n\n"
    yield "`explain` looks which of the causes it is, and names the file and the line:\n\n"
    yield "```\nasync-test-template explain --log pytest.log\n```\n"

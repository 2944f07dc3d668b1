"""The documentation of rules and messages: frames of pages, docs/rules.md, docs/messages.md."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Severity, Tier
from async_test_template.messages import all_messages
from async_test_template.rules import CODES, family_of, head_of, load, page_of
from async_test_template.rules.pages import LEFT_ALONE, SILENCE, Head
from async_test_template.rules.premises.mark_readers import OF_FIXTURES
from async_test_template.rules.rule import Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.rules.rule import Rule

#: The heading of the rules in each folder, in the order of their codes.
FAMILIES = {
    "observed": "What only a run can tell (`check --run`)",
    "modes": "Modes and loop scopes",
    "configuration": "Configuration files",
    "timeouts": "Timeouts",
    "versions": "Dependencies",
    "loops": "Event loops in code",
    "marks": "Marks",
    "fixtures": "Fixtures and set-up methods",
    "anyio": "AnyIO",
    "clients": "HTTP clients",
    "aiohttp": "aiohttp",
    "pytest_api": "pytest's own functions and hooks",
    "python": "asyncio and the standard library",
}
#: The head of a page that nobody has written yet.
TO_WRITE = Head(
    title="What is wrong, in one line",
    why="What happens if nothing is done, in a sentence or two.",
    because="The reason, in a sentence.",
    since="PROJECT VERSION, which made it so",
    source="[PROJECT VERSION, changelog](https://example.org)",
)
#: The heading of the messages in each folder.
LIBRARIES = {
    "pytest": "pytest, pytest-timeout, pytest-xdist, Hypothesis and Playwright",
    "pytest_asyncio": "pytest-asyncio",
    "asyncio": "Python and asyncio",
    "unittest_mock": "unittest.mock",
    "anyio": "AnyIO",
    "trio": "trio",
    "httpx": "httpx, pytest-httpx and respx",
    "starlette": "Starlette and FastAPI",
    "aiohttp": "aiohttp and aioresponses",
    "websockets": "websockets",
    "quart": "Quart",
    "tornado": "tornado",
    "databases": (
        "sqlite3, aiosqlite, SQLAlchemy, asyncpg, Tortoise ORM, PyMongo, Beanie and Django"
    ),
}
_TIER = re.compile(r"^## .+ \((safe|unsafe|report)\)$", re.MULTILINE)
_FIXES = {
    frozenset({Tier.SAFE}): "safe: `migrate` makes it",
    frozenset({Tier.UNSAFE}): "unsafe: `migrate --unsafe` makes it, or a yes in `--interactive`",
    frozenset({Tier.SAFE, Tier.UNSAFE}): "safe or unsafe: the examples show when",
    frozenset(): "none: the rule only reports",
}
_WHERE = {
    Where.INDEXED: "fixtures, hooks, and tests in files with something async",
    Where.TESTS: "all test code",
    Where.CLIENTS: "all test code, and other files that mention an HTTP client",
    Where.EVERYWHERE: "all Python files",
}
_INTRODUCTION = """\
# Rules

<!-- Made from the rules themselves: uv run docs/write_rules.py -->

Each rule has a page. It says what the rule looks for, why that matters and since which version. It
shows what the fix changes, and what the rule leaves alone. A safe fix keeps the meaning of the
tests. An unsafe fix can change it, or changes what others install, so it is made only when you ask
for it. `--select` and `--ignore` take codes or the first characters of codes. An optional rule runs
only if `--select` names its whole code.

To silence a finding, write `# att: ignore[AT105] reason` at the end of the line. If the format
allows no comment there, write it on the line above. To silence a rule everywhere, add it to
pyproject.toml:

```toml
[tool.async-test-template]
ignore = { AT105 = "the session loop is wanted" }
```

[settings.md](settings.md) has the other settings, and all options.
"""
_ON_MESSAGES = """\
# Messages

<!-- Made from the pages of the messages: uv run docs/write_rules.py -->

Each message has a page with its causes, what tells them apart, the cures, and files that bring it
about. `async-test-template explain "TEXT"` finds the message in any text, and in a repository it
looks which cause it is. The rules in the last column find a cause before it happens.
"""
_ENDING = """\
## {0}

Write `# att: ignore[{1}] reason` at the end of the line, or on the line above it. To silence the
rule in the whole repository, add it to pyproject.toml:

```toml
[tool.async-test-template]
ignore = {{ {1} = "reason" }}
```
"""


def index() -> str:
    """Return docs/rules.md."""
    parts = [_INTRODUCTION]
    for family, heading in FAMILIES.items():
        parts += [f"## {heading}\n", *_contents(family), ""]
    return "\n".join(parts).rstrip() + "\n"


def messages_index() -> str:
    """Return docs/messages.md."""
    parts = [_ON_MESSAGES]
    for family, heading in LIBRARIES.items():
        parts += [f"## {heading}\n", "| message | said by | rules |", "| --- | --- | --- |"]
        for message in all_messages():
            if message.family == family:
                path = f"../hooks/async_test_template/messages/{family}/{message.name}.md"
                title = re.sub(r"([\[|<])", r"\\\1", message.title)
                said_by = ", ".join(dict.fromkeys(w.said_by for w in message.wordings))
                parts.append(f"| [{title}]({path}) | {said_by} | {', '.join(message.rules)} |")
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def framed(rule: Rule, head: Head, text: str = "") -> str:
    """Return a rule's page with its beginning and its end rewritten from the data of the rule.

    Args:
        rule: the rule.
        head: what its page says of it.
        text: the current page, empty if there is none.

    """
    before, _, _ = text.partition(f"## {SILENCE}\n")
    _, mark, sections = before.partition("\n## ")
    body = f"{mark}{sections}".strip() or f"## {LEFT_ALONE}"
    return "\n".join([*_head(rule, head, body), f"{body}\n", _ENDING.format(SILENCE, rule.code)])


def _head(rule: Rule, head: Head, body: str) -> Iterator[str]:
    tiers = frozenset(map(Tier, _TIER.findall(body))) - {Tier.REPORT}
    yield from (f"# {rule.code} {rule.name}", "", f"{head.title}.", "", head.why, "")
    yield f"- Severity: {rule.severity.value}. {head.because}"
    yield f"- Since: {head.since}. See {head.source}."
    yield f"- Fix: {_FIXES[tiers]}."
    if rule.visit is not None:
        yield f"- Looks at {_WHERE[rule.where]}."
    yield from _about_versions(rule)
    yield from _premises(rule)
    if rule.follows:
        yield f"- Told with {' or '.join(rule.follows)} where that is the cause."
    if rule.optional:
        yield "- Optional: off unless `--select` names it."
    yield ""


def _about_versions(rule: Rule) -> Iterator[str]:
    if not rule.needs:
        return
    needs = " and ".join(f"{name} {version}" for name, version in rule.needs)
    yield f"- Silent where the declared versions are all older than {needs}."
    is_of_tests = all(name.startswith("pytest") for name, _ in rule.needs)
    if rule.severity is Severity.ERROR and rule.visit is not None and is_of_tests:
        yield "- Where they allow an older one, the fix is unsafe, and also excludes that one."
    elif rule.tier is not Tier.REPORT:
        yield f"- Fixes only where the declared versions allow nothing older than {needs}."
    if rule.severity is Severity.WARNING:
        yield "- Only advice where they allow an older one, which knows nothing else."


def _premises(rule: Rule) -> Iterator[str]:
    if rule.about:
        yield f"- Silent where {rule.about} is not used, and in its own repository."
    if rule.warning:
        yield "- Silent where `filterwarnings` ignores the text of the warning."
    if rule.libraries:
        repositories = "repository" if len(rule.libraries) == 1 else "repositories"
        yield f"- Silent in the {repositories} of {' and '.join(rule.libraries)}."
    if rule.visit is not None and (rule.about or rule.libraries):
        yield "- Silent in code that a check of a package's version chooses."
    if rule.beside:
        yield f"- Silent where the repository does not depend on {' and '.join(rule.beside)}."
    yield from _about_marks(rule)
    if rule.broken_since and rule.broken_since != rule.needs:
        since = " and ".join(f"{name} {version}" for name, version in rule.broken_since)
        yield f"- Only advice where the declared versions are all older than {since}."
    if rule.python:
        yield f"- Silent in code that never runs on Python {rule.python}."
    if rule.expects:
        names = " or ".join(f"`{name}`" for name in rule.expects)
        yield f"- Silent where a test expects {names}: there it is intended."


def _about_marks(rule: Rule) -> Iterator[str]:
    if rule.mark:
        marks = "marks of functions" if rule.mark == OF_FIXTURES else f"the mark `{rule.mark}`"
        yield f"- Fixes only where no code of the repository reads {marks}."
    if rule.gives_loop:
        yield "- Fixes only where no code needs the loop that pytest-asyncio < 1.0 sets up for it."


def known() -> str:
    """Return the module that says of each rule what decides whether it is imported."""
    rules = [load(code) for code in CODES]
    only_with = "".join(
        f"    {_quoted(rule.code)}: ({', '.join(map(_quoted, rule.only_with))},),\n"
        if len(rule.only_with) == 1
        else f"    {_quoted(rule.code)}: ({', '.join(map(_quoted, rule.only_with))}),\n"
        for rule in rules
        if rule.only_with
    )
    optional = ", ".join(_quoted(rule.code) for rule in rules if rule.optional)
    return (
        '"""What is known of rules that are not imported; docs/write_rules.py writes it."""\n\n'
        "#: By code: see `Rule.only_with`.\n"
        f"ONLY_WITH = {{\n{only_with}}}\n"
        "#: See `Rule.optional`.\n"
        f"OPTIONAL = frozenset({{{optional}}})\n"
    )


def _quoted(text: str) -> str:
    return f'"{text}"'


def table() -> str:
    """Return all rules, one per line, for a terminal."""
    width = max(len(rule.name) for rule in map(load, CODES))
    return "".join(
        f"{rule.code}  {rule.name:<{width}}  {rule.severity.value:<7}  {rule.tier.value:<6}  "
        f"{head_of(rule.code).title}"
        f"{' (optional)' if rule.optional else ''}\n"
        for rule in map(load, CODES)
    )


def _contents(family: str) -> Iterator[str]:
    yield "| code | name | severity | fix | what is wrong |"
    yield "| --- | --- | --- | --- | --- |"
    for rule in map(load, CODES):
        if family_of(rule.code) == family:
            path = f"../hooks/async_test_template/rules/{family}/{page_of(rule.code).name}"
            title = f"{head_of(rule.code).title}{' (optional)' if rule.optional else ''}"
            kind = f"{rule.severity.value} | {rule.tier.value}"
            yield f"| [{rule.code}]({path}) | {rule.name} | {kind} | {title} |"

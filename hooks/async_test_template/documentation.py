"""The rules in words: one for `explain`, all for docs/rules.md."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from async_test_template.findings import Tier
from async_test_template.rules import CODES, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.rules.rule import Example, Rule

#: The heading of the rules, by the first digit of their codes.
FAMILIES = {
    "0": "What only a run can tell (`check --run`)",
    "1": "Modes and loop scopes",
    "2": "Configuration files and pytest itself",
    "3": "Timeouts",
    "4": "Dependencies",
    "5": "Event loops in code",
    "6": "Marks",
    "7": "Fixtures",
    "8": "anyio and HTTP clients",
    "9": "aiohttp and the standard library",
}
_FIXES = {
    frozenset({Tier.SAFE}): "safe: `migrate` makes it",
    frozenset({Tier.UNSAFE}): "unsafe: `migrate --unsafe` makes it, or a yes in `--interactive`",
    frozenset({Tier.SAFE, Tier.UNSAFE}): "safe or unsafe, as the repository and the answers allow",
    frozenset(): "none: the rule reports",
}
_INTRODUCTION = """\
# Rules

<!-- Made from the rules themselves: async-test-template rules --markdown > docs/rules.md -->

Each rule says what it looks for, why it matters and since which version, and shows what its fix
changes. A safe fix keeps what the tests mean. An unsafe one can change it, or changes what others
install, and is made only when asked for. `--select` and `--ignore` take codes or their beginnings;
an optional rule runs only where `--select` names its whole code.

To silence a finding, write `# att: ignore[AT105] reason` behind the line, or on the line above
where the format has no comments behind a value, or name the rule in pyproject.toml:

```toml
[tool.async-test-template]
ignore = { AT105 = "the session loop is wanted" }
```
"""


def page() -> str:
    """Give docs/rules.md."""
    parts = [_INTRODUCTION, "\n".join(_contents())]
    family = ""
    for rule in map(load, CODES):
        if rule.code[2] != family:
            family = rule.code[2]
            parts.append(f"## {FAMILIES[family]}\n")
        parts.append(f"### {rule.code} {rule.name}\n\n{explanation(rule)}")
    return "\n".join(parts).rstrip() + "\n"


def explanation(rule: Rule) -> str:
    """Give one rule in Markdown: what, why, since when, and its first examples."""
    lines = [f"{rule.title}.", "", rule.why, "", f"- Since: {rule.since}."]
    tiers = frozenset(example.tier for example in rule.invalid) - {Tier.REPORT}
    lines.append(f"- Fix: {_FIXES[tiers]}.")
    if rule.gate:
        needs = ", ".join(f"{name} >= {version}" for name, version in rule.gate)
        lines.append(f"- The fix needs the repository to declare {needs}.")
    if rule.needs:
        needs = ", ".join(f"{name} >= {version}" for name, version in rule.needs)
        lines.append(f"- No fix where what is declared admits less than {needs}.")
    if rule.expects:
        names = " or ".join(f"`{name}`" for name in rule.expects)
        lines.append(f"- Silent where a test waits for {names}: what raises it is meant there.")
    if rule.optional:
        lines.append("- Optional: off unless `--select` names it.")
    lines.append("")
    for example in _shown(rule):
        lines += [_diff(example), ""]
    return "\n".join(lines)


def table() -> str:
    """Give all rules, one a line, for a terminal."""
    width = max(len(rule.name) for rule in map(load, CODES))
    return "".join(
        f"{rule.code}  {rule.name:<{width}}  {rule.tier.value:<6}  {rule.title}"
        f"{' (optional)' if rule.optional else ''}\n"
        for rule in map(load, CODES)
    )


def _contents() -> Iterator[str]:
    yield "| code | name | fix | what is wrong |"
    yield "| --- | --- | --- | --- |"
    for rule in map(load, CODES):
        anchor = f"{rule.code.lower()}-{rule.name}"
        note = " (optional)" if rule.optional else ""
        yield f"| [{rule.code}](#{anchor}) | {rule.name} | {rule.tier.value} | {rule.title}{note} |"
    yield ""


def _shown(rule: Rule) -> list[Example]:
    """Choose one example with a fix, or the first where there is none."""
    fixed = [example for example in rule.invalid if example.after]
    return (fixed or list(rule.invalid))[:1]


def _diff(example: Example) -> str:
    if not example.after:
        return "\n".join(
            f"```{_language(name)}\n# {name}\n{text.rstrip()}\n```"
            for name, text in example.before.items()
        ).replace("\ufeff", "")
    blocks = []
    for name, text in example.after.items():
        lines = difflib.unified_diff(
            example.before[name].splitlines(), text.splitlines(), name, name, n=2, lineterm=""
        )
        # The line numbers of so short a file say nothing.
        blocks.append("\n".join(line for line in lines if not line.startswith("@@")))
    return "```diff\n" + "\n".join(blocks) + "\n```"


def _language(name: str) -> str:
    suffix = name.rpartition(".")[2]
    return {"py": "python", "toml": "toml", "ini": "ini", "cfg": "ini"}.get(suffix, "text")

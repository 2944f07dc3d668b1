"""The pytest configuration in force: its options, their places, and edits to them."""

import itertools
import re
from collections.abc import Container, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from async_test_template.config import ini
from async_test_template.config.in_force import Holder, InForce, Refusal, words_of
from async_test_template.findings import Change, Edit, Finding, Tier

# Options on the command line that overrule the setting with the other name.
_OPTION_OF = {
    "asyncio_mode": "--asyncio-mode",
    "asyncio_debug": "--asyncio-debug",
    "timeout": "--timeout",
    "timeout_method": "--timeout-method",
}


class Option(NamedTuple):
    """One word of `addopts`.

    Attributes:
        text: the word as the shell would give it.
        position: its place among the words, from 0.

    """

    text: str
    position: int


def is_misspelt(table: str) -> bool:
    """Tell whether the name of a table of pytest's is meant to be `ini_options`."""
    letters = table.replace("-", "").replace("_", "")
    return letters in {"inioption", "inioptions"} and table != "ini_options"


class Settings:
    """The settings in the file in force.

    Attributes:
        file: path from the root, with forward slashes; `pyproject.toml` if no file has pytest
            configuration yet but that file could; empty if there is none.
        holder: how values are typed, see `config.in_force`; None if nothing is set yet.
        table: path of the table that new options go to.
        options: what is set, as written.
        overrides: options that `-o name=value` in `addopts` sets, which win over the file's.
        refusal: why pytest stops at this file, or None.
        text: the whole file; empty for one outside of the project, which is not edited.

    """

    def __init__(self, found: InForce, file: str, text: str | None) -> None:
        """Take the result of pytest's search, and the file's path and text."""
        configuration = found.configuration
        self.file = file
        self.holder: Holder | None = configuration.holder if configuration else None
        self.table = configuration.table if configuration else ()
        self.options: Mapping[str, Any] = configuration.options if configuration else {}
        self.overrides = found.overrides
        self.refusal: Refusal | None = configuration.refusal if configuration else None
        self.text = text or ""
        self._writable = text is not None

    @property
    def exists(self) -> bool:
        """A file holds pytest configuration."""
        return self.holder is not None

    @property
    def can_grow(self) -> bool:
        """There is a file for new options, and pytest accepts the file.

        A file whose section has setup.cfg's name does not count: it must be renamed first (AT203),
        and a new section would use its name. So must a table with a name like `ini-options`
        (AT221).
        """
        if not self._writable or self.refusal is not None:
            return False
        if self.holder != "ini":
            return not any(map(is_misspelt, self.options))
        sections = ini.parse(self.text)
        return self.table[0] in sections or "tool:pytest" not in sections

    def text_of(self, name: str) -> str | None:
        """Return a file option as the text that pytest makes of it, None if it is not set."""
        value = self.options.get(name)
        if value is None or isinstance(value, (list, dict)):
            return None
        return value if isinstance(value, str) else str(value)

    def effective(self, name: str) -> str | None:
        """Return the effective value: the option in `addopts`, then `-o`, then the file's."""
        option = _OPTION_OF.get(name)
        if option is not None:
            given = self.option_value(option)
            if given is not None:
                return given
        return self.overrides.get(name, self.text_of(name))

    def is_on(self, name: str) -> bool:
        """Tell whether a boolean setting is true in the end, as pytest reads it (9.2)."""
        value = (self.effective(name) or "").strip().lower()
        return value in {"1", "true", "yes", "on", "y", "t"}

    def is_off(self, name: str) -> bool:
        """Tell whether a boolean setting is set to false in the end, as pytest reads it (9.2)."""
        value = (self.effective(name) or "").strip().lower()
        return value in {"0", "false", "no", "off", "n", "f"}

    @property
    def refuses_unknown(self) -> bool:
        """Whether pytest stops at a setting that it does not know, instead of warning."""
        by_option = any("--strict-config" in line for line in self.lines_of("addopts"))
        return self.is_on("strict_config") or self.is_on("strict") or by_option

    def lines_of(self, name: str) -> list[str]:
        """Return the entries of a list option such as `filterwarnings` or `markers`."""
        value = self.options.get(name, [])
        if isinstance(value, str):
            return [line for line in value.split("\n") if line.strip()]
        return [str(item) for item in value] if isinstance(value, list) else []

    @cached_property
    def addopts(self) -> list[Option]:
        """The words of `addopts`; none if pytest cannot split them either."""
        words = words_of(self.options.get("addopts"))
        return [Option(word, index) for index, word in enumerate(words)]

    def option(self, name: str) -> Option | None:
        """Find `--name`, `--name=value` or `--name value` in `addopts`; the last one counts."""
        found = [o for o in self.addopts if o.text == name or o.text.startswith(f"{name}=")]
        return found[-1] if found else None

    def option_value(self, name: str) -> str | None:
        """Return the value of `--name=value` or `--name value` in `addopts`."""
        option = self.option(name)
        if option is None:
            return None
        if "=" in option.text:
            return option.text.partition("=")[2]
        rest = self.addopts[option.position + 1 :]
        return rest[0].text if rest else ""

    def disables(self, plugin: str) -> bool:
        """Tell whether `addopts` has `-p no:plugin`."""
        words = " ".join(option.text for option in self.addopts).replace("-p ", "-p").split()
        return f"-pno:{plugin}" in words

    def place(self, name: str | None = None, index: int | None = None) -> tuple[int, int]:
        """Return line and column, from 1, of an option, of one entry of it, or of the table."""
        try:
            if self.holder == "ini":
                return ini.locate(self.text, self.table[0], name, index)
            # Imported here and in the rules: places are needed only for findings.
            from async_test_template.config.toml import edits as toml

            at: tuple[str | int, ...] = self.table if name is None else (*self.table, name)
            in_list = index is not None and isinstance(self.options.get(str(name)), list)
            return toml.locate(self.text, (*at, index) if in_list and index is not None else at)
        except KeyError:
            return (1, 1)

    def finding(  # noqa: PLR0913 - a finding has these parts
        self,
        code: str,
        message: str,
        name: str | None = None,
        *,
        index: int | None = None,
        tier: Tier = Tier.REPORT,
        edits: tuple[Edit, ...] = (),
        hint: str = "",
    ) -> Finding:
        """Make a finding at an option, or at the table if the option is not set.

        Args:
            code: the rule's.
            message: one sentence.
            name: the option it is about.
            index: the entry of a list option that it is about.
            tier: see `Finding`.
            edits: see `Finding`.
            hint: see `Finding`.

        """
        if self.exists and not self._writable:
            tier, edits = Tier.REPORT, ()
            hint = f"run this in {Path(self.file).parent}, where the file is"
        line, column = self.place(name if name in self.options else None, index)
        return Finding(code, message, self.file, line, column, tier, edits, hint)

    def set(self, name: str, value: object) -> Change:
        """Set an option; INI files take the value as text."""
        if self.holder == "ini":
            text = str(value).lower() if isinstance(value, bool) else str(value)
            return Change(self.file, "set", (self.table[0], name), text)
        return Change(self.file, "set", (*self.table, name), value)

    def corrected(self, name: str, value: str, allowed: Container[str]) -> tuple[Change, ...]:
        """Set an option to its value in lower case and without spaces, if that makes it valid."""
        meant = value.strip().lower()
        return (self.set(name, meant),) if meant in allowed else ()

    def set_all(self, values: Mapping[str, str]) -> tuple[Change, ...] | None:
        """Set several options, in a new pytest.ini if no file contains any yet.

        None if the file with them cannot be edited, or `addopts` overrules it.
        """
        if not self.file and not self.exists:
            lines = "".join(f"{name} = {value}\n" for name, value in values.items())
            return (Change("pytest.ini", "create", (), f"[pytest]\n{lines}"),)
        if not self.can_grow:
            return None
        changed = {name: value for name, value in values.items() if self.effective(name) != value}
        edits = [self._set_in_force(name, value) for name, value in changed.items()]
        return tuple(itertools.chain(*edits)) if all(edits) else None

    def _set_in_force(self, name: str, value: str) -> tuple[Change, ...]:
        """Set an option where it counts; return nothing if an `-o` in `addopts` decides."""
        option = _OPTION_OF.get(name)
        if option is not None and self.option(option) is not None:
            return self.set_option(option, value)
        return () if name in self.overrides else (self.set(name, value),)

    def comment(self, name: str, comment: str) -> Change:
        """Put a comment line above an option of an INI file."""
        return Change(self.file, "comment", (self.table[0], name), comment)

    def delete(self, name: str) -> Change:
        """Remove an option."""
        return Change(self.file, "delete", (*self.table, name))

    def rename(self, name: str, new: str) -> Change:
        """Rename an option."""
        return Change(self.file, "rename", (*self.table, name), new)

    def without_entries(self, name: str, indexes: Sequence[int]) -> tuple[Change, ...]:
        """Remove some, but not all, entries of a list option, given by ascending index."""
        if isinstance(self.options[name], list):
            # The last one first, so that the others keep their number.
            return tuple(
                Change(self.file, "delete", (*self.table, name, index))
                for index in reversed(indexes)
            )
        kept = [e for index, e in enumerate(self.lines_of(name)) if index not in indexes]
        return (self.set(name, "\n".join(kept)),)

    def append_entries(self, name: str, entries: Sequence[str]) -> tuple[Change, ...]:
        """Add entries to a list option, which is created if it is missing."""
        value = self.options.get(name)
        if isinstance(value, list):
            return tuple(
                Change(self.file, "append", (*self.table, name), entry) for entry in entries
            )
        if value is None and self.holder != "ini":
            return (self.set(name, list(entries)),)
        return (self.set(name, "\n".join([*self.lines_of(name), *entries])),)

    def replace_option(self, option: Option, *new: str, count: int = 1) -> tuple[Change, ...]:
        """Replace some words of `addopts`, from one on, with other words, or with none.

        Empty if the words are not written as they are, for example if one is in quotes.
        """
        value = self.options["addopts"]
        if isinstance(value, list):
            last: tuple[str | int, ...] = (*self.table, "addopts", option.position + count - 1)
            if len(new) > 1 or (new and count > 1):
                return ()
            if new:
                return (Change(self.file, "set", last, new[0]),)
            # The last one first, so that the others keep their number.
            return tuple(
                Change(self.file, "delete", (*last[:-1], option.position + index))
                for index in reversed(range(count))
            )
        words = list(re.finditer(r"\S+", value))
        if [word.group() for word in words] != [o.text for o in self.addopts]:
            return ()
        start, end = words[option.position].start(), words[option.position + count - 1].end()
        changed = value[:start] + " ".join(new) + value[end:]
        if not new:
            before = value[:start].rstrip(" \t")
            after = value[end:]
            changed = before + (after if before else after.lstrip())
        if not changed.strip():
            return (self.delete("addopts"),)
        if self.holder == "ini":
            changed = "\n".join(line.strip() for line in changed.split("\n") if line.strip())
        return (self.set("addopts", changed),)

    def set_option(self, name: str, value: str) -> tuple[Change, ...]:
        """Change the value of `--name=value` or `--name value` in `addopts`, if that is possible.

        The option must be there.
        """
        option = self.option(name)
        if option is not None and "=" in option.text:
            return self.replace_option(option, f"{name}={value}")
        if option is None or option.position + 1 >= len(self.addopts):
            return ()
        return self.replace_option(self.addopts[option.position + 1], value)

    def append_option(self, word: str) -> Change:
        """Add one word to `addopts`."""
        value = self.options.get("addopts")
        if isinstance(value, list):
            return Change(self.file, "append", (*self.table, "addopts"), word)
        if value is None:
            return self.set("addopts", [word] if self.holder == "native" else word)
        return self.set("addopts", f"{value} {word}".strip())

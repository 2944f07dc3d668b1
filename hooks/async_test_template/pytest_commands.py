"""How a repository starts pytest: the command lines in tox.ini, CI workflows, makefiles, README."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from async_test_template.tree import Tree

#: Files at the top that may start pytest, apart from the workflows.
FILES = (
    *("tox.ini", "Makefile", "justfile", "noxfile.py", "duties.py", "tasks.py"),
    *(".gitlab-ci.yml", ".travis.yml"),
)
_FILE = r"(?<![\w./-])[\w./-]+\.py(?![\w-])"
_TYPED = r"[\s$]*(?:python3? -m )?py\.?test\s"
_PYTEST = r"\b(py\.?test|asyncio-mode)\b"


class CommandLine(NamedTuple):
    """One line that calls pytest.

    Attributes:
        file: path from the root, with forward slashes.
        line: 1-based.
        text: the line as it is.

    """

    file: str
    line: int
    text: str

    @property
    def given_files(self) -> list[str]:
        """Paths of Python files in it, perhaps with a test after `::`."""
        return re.findall(_FILE, self.text)


def command_lines(tree: "Tree") -> Iterator[CommandLine]:
    """Yield the lines that call pytest or give it an option; comments are left out."""
    for file in (*FILES, *tree.names(".github/workflows")):
        text = (tree.read(file) or b"").decode("utf-8", "replace")
        for number, line in enumerate(text.splitlines(), 1):
            if re.search(_PYTEST, line) and not line.lstrip().startswith("#"):
                yield CommandLine(file, number, line)


def documented_files(tree: "Tree") -> Iterator[str]:
    """Yield the paths of Python files that a README gives to pytest, by whatever name they have."""
    for file in ("README.md", "README.rst"):
        text = (tree.read(file) or b"").decode("utf-8", "replace")
        for line in text.splitlines():
            if re.match(_TYPED, line):
                yield from re.findall(_FILE, line)

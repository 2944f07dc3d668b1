"""Draw docs/prompts.svg and docs/diff.svg: run the programs in a terminal, and draw the screen.

    uv run docs/make_pictures.py

Each question of Copier is drawn as it is before Enter, so that its choices can be read; the
chosen one has the colour that Copier gives it after Enter, and one that cannot be chosen is grey.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import closing
from io import StringIO
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS.parent / name) for name in ("tests", "hooks")]

from helpers import QUESTIONS, copy_template  # noqa: E402
from outdated_suite import OUTDATED  # noqa: E402
from terminal import CLEAR, DOWN, ENTER, Terminal  # noqa: E402

COLUMNS = 80
COPY = "copier copy async-test-template web-shop"
MIGRATE = "async-test-template migrate --unsafe --diff"
ANSWER = Style(color="#ff9d00", bold=True)
UNAVAILABLE = Style(color="#7d8590")
# The keys that answer a question, and what the screen then shows.
ANSWERS = {
    "project_name": (f"{CLEAR}Web Shop", "   Web Shop"),
    "framework": ("", " » FastAPI"),
    "backend": (DOWN, " » AnyIO"),
    "with_trio": ("", " » asyncio only"),
    "database": (DOWN * 2, " » PostgreSQL"),
    "mode": ("", " » auto"),
    "loop_scope": (DOWN * 3, " » what the whole run opened"),
    "timeout": ("", "   30"),
}
THEME = TerminalTheme(
    background=(22, 27, 34),
    foreground=(201, 209, 217),
    normal=[
        (72, 79, 88),
        (255, 123, 114),
        (63, 185, 80),
        (210, 153, 34),
        (88, 166, 255),
        (188, 140, 255),
        (57, 197, 207),
        (177, 186, 196),
    ],
)
# Rich's own format loads a font from a server; this one uses a font of the reader.
FORMAT = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>TITLE</title>
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px;
  line-height: {line_height}px;
}}
.{unique_id}-title {{
  font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif;
  font-size: 18px;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def questions() -> list[Text]:
    """Return a copy: the command, every question with its choices, and the last message."""
    lines = [Text.assemble(("$ ", "green"), COPY), Text()]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_template(folder / "async-test-template")
        command = (sys.executable, "-m", *COPY.split())
        with closing(Terminal(*command, cwd=folder, columns=COLUMNS)) as terminal:
            for question, (keys, shown) in ANSWERS.items():
                terminal.wait_for(QUESTIONS[question]["help"])
                terminal.type(keys, then=shown)
                lines += since(terminal, QUESTIONS[question]["help"])
                terminal.type(ENTER, then="")
            terminal.finish()
            return [*lines, Text(), *since(terminal, "Created."), Text()]


def diff() -> list[Text]:
    """Return what the hook would change in an outdated suite."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in OUTDATED.items():
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_text(text)
        run = str(DOCS.parent / "hooks" / "run.py")
        hook = (sys.executable, run, *MIGRATE.split()[1:])
        with closing(Terminal(*hook, cwd=folder, columns=120, rows=120)) as terminal:
            terminal.finish()
            shown = [styled(terminal, number) for number in range(rows(terminal))]
    return [Text.assemble(("$ ", "green"), MIGRATE), Text(), *shown, Text()]


def since(terminal: Terminal, text: str) -> list[Text]:
    """Return the lines of the screen from the last one with a text, without the hint for keys."""
    shown = terminal.screen.display
    first = max(number for number, line in enumerate(shown) if text in line)
    kept = (n for n in range(first, rows(terminal)) if shown[n].strip() != "(Use arrow keys)")
    return [styled(terminal, number) for number in kept]


def rows(terminal: Terminal) -> int:
    """Return how many rows of the screen are in use."""
    return len(terminal.text.splitlines())


def styled(terminal: Terminal, number: int) -> Text:
    """Return a line of the screen in its colours."""
    shown = terminal.screen.display[number].rstrip()
    cells = [terminal.screen.buffer[number][column] for column in range(len(shown))]
    line = Text()
    # Spaces on their own, because not every reader of SVG keeps those that a text starts with.
    for (fg, bold, _), run in groupby(cells, lambda c: (c.fg, c.bold, c.data == " ")):
        color = {"default": None, "red": "red", "green": "green", "cyan": "cyan"}.get(fg, f"#{fg}")
        line.append("".join(cell.data for cell in run), Style(color=color, bold=bold))
    if shown.startswith(" » "):
        line.stylize(ANSWER)
    if shown.startswith("   - "):
        line.stylize(UNAVAILABLE)
    return line


def draw(lines: list[Text], title: str, name: str) -> str:
    """Return the lines in a window of their width."""
    width = max(COLUMNS, *(line.cell_len for line in lines))
    console = Console(
        record=True, width=width, file=StringIO(), force_terminal=True, color_system="truecolor"
    )
    for line in lines:
        console.print(line, soft_wrap=True)
    return console.export_svg(
        title="async-test-template",
        theme=THEME,
        code_format=FORMAT.replace("TITLE", title),
        unique_id=name,
    )


def prompts() -> str:
    """Draw docs/prompts.svg."""
    title = "The questions of async-test-template, answered in a terminal"
    return draw(questions(), title, "prompts")


def changes() -> str:
    """Draw docs/diff.svg."""
    title = "What async-test-template changes in an outdated suite, as a diff in colour"
    return draw(diff(), title, "diff")


PICTURES = {DOCS / "prompts.svg": prompts, DOCS / "diff.svg": changes}

if __name__ == "__main__":
    for picture, make in PICTURES.items():
        picture.write_text(make(), encoding="utf-8")

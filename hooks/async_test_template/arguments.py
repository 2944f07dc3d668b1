"""The arguments of the command line, and their help."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from async_test_template import __version__
from async_test_template.desired import LOOP_SCOPES, MODES
from async_test_template.report import FORMATS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: The options of `policy.Given`, each with its argument and its help.
_POLICY = (
    ("select", "CODE", "run only these rules or families, such as AT1"),
    ("extend-select", "CODE", "run these rules too, such as an optional one"),
    ("ignore", "CODE", "leave out these rules or families"),
    ("per-file-ignores", "PATTERN:CODE", "ignore a rule or a family in some files"),
    ("exclude", "PATTERN", "report and change nothing in these files or folders"),
    ("severity", "CODE=LEVEL", "take a rule for an error, a warning or advice"),
)

#: Runs a command with its arguments, and returns the exit status.
Command: TypeAlias = Callable[[argparse.Namespace], int]


class _Parser(argparse.ArgumentParser):
    """A parser that says which option comes nearest to one that it does not know.

    Attributes:
        commands: makes the parsers of the commands, by name.

    """

    commands: Callable[[], Mapping[str, argparse.ArgumentParser]] = dict

    def error(self, message: str) -> NoReturn:
        """End the program with status 2, and say why."""
        # Imported here: options are rarely wrong.
        import re
        from difflib import get_close_matches

        if message.startswith("unrecognized arguments: -"):
            word = message.split()[2].partition("=")[0]
            known = {
                name: set(re.findall(r"--[a-z-]+", command.format_usage()))
                for name, command in self.commands().items()
            }
            owners = [name for name, options in known.items() if word in options]
            every = sorted(set().union(*known.values()))
            if owners:
                message += f" (an option of {', '.join(owners)})"
            elif nearest := get_close_matches(word, every, 1):
                message += f" (the nearest is {nearest[0]})"
        super().error(message)


def make_parser(
    commands: Mapping[str, Command], words: Sequence[str] = ()
) -> argparse.ArgumentParser:
    """Make the parser of the command line.

    Args:
        commands: the function of each command, which returns the exit status.
        words: the command line. If it begins with a command, the parser knows this one alone: to
            make the others takes longer than the rest.

    """
    return _make_parser(commands, words)[0]


def _make_parser(
    commands: Mapping[str, Command], words: Sequence[str]
) -> tuple[argparse.ArgumentParser, Mapping[str, argparse.ArgumentParser]]:
    parser = _Parser(
        prog="async-test-template",
        formatter_class=_formatter,
        description="Find and fix what is wrong with a repository's async test set-up.",
        epilog="Exit status: 0 nothing left but advice, 1 findings left, 2 unusable input, "
        "3 a fault of this program, 130 interrupted, 143 terminated.",
    )
    parser.set_defaults(outcome="nothing was written")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    _add_traceback(parser, default=False)
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    parser.commands = lambda: _make_parser(commands, ())[1]
    for name in words[:1] if words[:1] and words[0] in _COMMANDS else _COMMANDS:
        what, add = _COMMANDS[name]
        command = subparsers.add_parser(
            name,
            help=what,
            formatter_class=_formatter,
            # Else a slip of the pen, `--unsaf`, would have an effect.
            allow_abbrev=False,
        )
        command.set_defaults(run=commands[name])
        # Without a default, which would overwrite an option before the command.
        _add_traceback(command, default=argparse.SUPPRESS)
        add(command)
    return parser, subparsers.choices


def _add_traceback(parser: argparse.ArgumentParser, *, default: bool | str) -> None:
    parser.add_argument(
        "--traceback",
        action="store_true",
        default=default,
        help="print where a fault of this program comes from, for a bug report",
    )


def _formatter(prog: str) -> argparse.HelpFormatter:
    """Format help without shutil, whose compression modules take 2 ms to import."""
    try:
        width = os.get_terminal_size().columns
    except OSError:
        width = 80
    return argparse.HelpFormatter(prog, width=max(width - 2, 40))


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="*",
        default=["."],
        help="folders and files to look at, with the projects in them (.)",
    )
    rules = parser.add_argument_group("which rules, and where")
    for name, metavar, what in _POLICY:
        rules.add_argument(f"--{name}", metavar=metavar, action="append", default=[], help=what)
    report = parser.add_argument_group("the report")
    report.add_argument(
        "--format",
        choices=FORMATS,
        help="how findings are printed (text, and github in GitHub Actions)",
    )
    report.add_argument(
        "--output-file",
        metavar="FILE",
        type=Path,
        help="write the report to this file instead of printing it",
    )
    amount = report.add_mutually_exclusive_group()
    amount.add_argument(
        "-v", "--verbose", action="store_true", help="print every finding, however many there are"
    )
    amount.add_argument(
        "-q", "--quiet", action="store_true", help="print findings and errors, and nothing else"
    )
    report.add_argument(
        "--advice", action="store_true", help="show advice too, which does not fail a run"
    )
    written = parser.add_argument_group("what fixes write")
    written.add_argument("--mode", choices=MODES, help="the asyncio mode that fixes write")
    written.add_argument(
        "--loop-scope", choices=LOOP_SCOPES, help="the loop scope of fixtures and tests"
    )
    written.add_argument(
        "--timeout", metavar="SECONDS", type=_seconds, help="the timeout of a test, 0 for none"
    )
    written.add_argument(
        "--answers-file",
        metavar="FILE",
        type=Path,
        help="the template's answers (.copier-answers.yml of the project)",
    )


def _seconds(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of seconds")
    return int(text)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key, value


def _add_check(parser: argparse.ArgumentParser) -> None:
    _add_common(parser)
    parser.add_argument(
        "--run",
        metavar="COMMAND",
        nargs="?",
        const="python -m pytest",
        dest="test_command",
        help="also run the tests once (%(const)s), and report what only a run can show",
    )
    parser.add_argument(
        "--statistics",
        action="store_true",
        help="count the findings of each rule instead of showing them",
    )
    parser.add_argument(
        "--no-cache",
        action="store_true",
        help="look at everything again, and keep nothing for the next run",
    )
    parser.add_argument(
        "--exit-zero", action="store_true", help="end with 0 even if there are findings"
    )
    today = parser.add_argument_group("what is there today")
    accepted = today.add_mutually_exclusive_group()
    accepted.add_argument(
        "--baseline", metavar="FILE", type=Path, help="report only what is not in this file"
    )
    accepted.add_argument(
        "--write-baseline",
        metavar="FILE",
        type=Path,
        help="write the findings of today to this file, for --baseline",
    )
    accepted.add_argument(
        "--add-ignores",
        action="store_true",
        help="write the comments that silence the findings of today, to fill in the reasons",
    )
    today.add_argument(
        "--allow-dirty",
        action="store_true",
        help="write the comments to files with uncommitted changes too",
    )
    parser.set_defaults(outcome="its findings are missing")


def _add_migrate(parser: argparse.ArgumentParser) -> None:
    _add_common(parser)
    parser.add_argument("--unsafe", action="store_true", help="make the unsafe fixes too")
    parser.add_argument(
        "--interactive", action="store_true", help="ask about each fix, safe or unsafe"
    )
    parser.add_argument(
        "--diff", action="store_true", help="print what would change and write nothing"
    )
    _add_allow_dirty(parser)
    parser.add_argument(
        "--verify",
        metavar="COMMAND",
        help="run this test command before and after, and restore every file if it does worse",
    )


def _add_adopt(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dirs", metavar="DIR", nargs="*", default=["."], help="the projects (.)")
    parser.add_argument(
        "--data",
        metavar="KEY=VALUE",
        type=_pair,
        action="append",
        default=[],
        help="an answer that overrules the inferred one",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    _add_allow_dirty(parser)
    parser.add_argument(
        "--template",
        metavar="SOURCE",
        help="where Copier finds the template (that of this program, in its version)",
    )


def _add_allow_dirty(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--allow-dirty", action="store_true", help="write to files with uncommitted changes too"
    )


def _add_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dir", metavar="DIR", nargs="?", default=".", help="the project (.)")


def _add_nothing(parser: argparse.ArgumentParser) -> None:
    """Leave a command without arguments of its own."""


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "text",
        metavar="TEXT",
        nargs="*",
        help="a rule such as AT105, or any text with a message; - reads standard input",
    )
    parser.add_argument(
        "--log", metavar="FILE", type=Path, help="read this log or junit.xml instead"
    )


# The help of each command, and what adds its arguments.
_COMMANDS: Mapping[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "check": ("report what is wrong and change nothing", _add_check),
    "migrate": ("make the safe fixes", _add_migrate),
    "adopt": ("infer the template's answers, add its files, and migrate", _add_adopt),
    "preflight": ("see whether patch can work; Copier runs it before an update", _add_dir),
    "patch": ("make the safe fixes; Copier runs it after an update", _add_dir),
    "server": (
        "serve an editor: show findings and offer fixes (language server protocol)",
        _add_nothing,
    ),
    "rules": ("list all rules", _add_nothing),
    "explain": (
        "explain a rule, or the messages in an error, a traceback, a log",
        _add_explain,
    ),
}

"""The command line: arguments in, findings on standard output, an exit status out.

0: nothing left to do. 1: findings are left, or files would change. 2: wrong usage, or a file that
cannot be read or parsed. 3: a fault of this program, and nothing was written. 130: interrupted, or
143: terminated, and every file is whole.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from async_test_template import __version__
from async_test_template.desired import (
    ANSWERS_FILE,
    LOOP_SCOPES,
    MODES,
    Desired,
    decide,
    read_answers,
)
from async_test_template.errors import UserError, WriteRefused
from async_test_template.faults import fault_of, listed, sentences, tracebacks
from async_test_template.findings import Tier
from async_test_template.plan import Plan, make_plan
from async_test_template.progress import progress
from async_test_template.report import FORMATS, render, summary
from async_test_template.rules import CODES, FIRST_ON_CODE, load_all, page_of
from async_test_template.shown import shown, shown_lines, unobeyed
from async_test_template.stopping import stoppable
from async_test_template.walk import python_files

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from typing import TypeAlias

    from async_test_template.faults import Fault
    from async_test_template.plan import Ask
    from async_test_template.rules.rule import Rule

    _Contents: TypeAlias = Mapping[Path, bytes | None]

_CLEAN, _LEFT, _UNUSABLE, _FAULT, _INTERRUPTED = 0, 1, 2, 3, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status.

    Args:
        arguments: without the program's name; those of the process where None.

    """
    with stoppable():
        return run(arguments)


def run(arguments: Sequence[str] | None = None) -> int:
    """Do what `main` does, in a process that listens to signals already."""
    if sys.stdout is None or sys.stderr is None:
        return _tell_closed()
    return _main(arguments)


def _tell_closed() -> int:
    """Do nothing where nothing could be told: so Python sees a stream that was closed before."""
    if sys.stderr is not None:
        print("error: standard output is closed; nothing was done", file=sys.stderr)
    return _UNUSABLE


def _main(arguments: Sequence[str] | None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        # A file's text may have characters that the terminal's encoding has not.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        with _without_collector():
            status = int(options.run(options))
        sys.stdout.flush()
    except UserError as error:
        print(f"error: {shown(str(error))}", file=sys.stderr)
        return _UNUSABLE
    except KeyboardInterrupt as stop:
        print("Interrupted; nothing is half written.", file=sys.stderr)
        return getattr(stop, "status", _INTERRUPTED)
    except BrokenPipeError:
        # The reader of a pipe went away, `| head` for one; Python would complain at exit.
        _give_up_output()
        return _LEFT
    except OSError as error:
        # A full disk behind standard output, for one.
        _give_up_output()
        print(f"error: {shown(error.strerror or str(error))}", file=sys.stderr)
        return _UNUSABLE
    except Exception as error:  # noqa: BLE001 - told to the user, with all of it
        return _tell_crash(options, fault_of(error))
    return status


def _tell_crash(options: argparse.Namespace, fault: Fault) -> int:
    """Tell of what nobody expected; programs that read the report get one that says so."""
    plan = Plan()
    plan.faults = [fault]
    if getattr(options, "format", "text") != "text":
        # The report may be what fails.
        with suppress(Exception):
            sys.stdout.write(render(plan, options.format))
            sys.stdout.flush()
    for sentence in sentences(plan.faults, options.outcome):
        print(f"error: {shown(sentence)}", file=sys.stderr)
    _tell_tracebacks(options, plan)
    return _FAULT


def _tell_tracebacks(options: argparse.Namespace, plan: Plan) -> None:
    if options.traceback:
        for traceback in tracebacks(plan.faults):
            print(shown_lines(traceback), end="", file=sys.stderr)


def _give_up_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _without_collector() -> Iterator[None]:
    """Switch Python's collector off: a third of the time of large plans, and it finds nothing.

    Syntax trees are very many objects, and have no cycles.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="async-test-template",
        formatter_class=_formatter,
        description="Find and fix what is wrong with a repository's async test set-up.",
        epilog="Exit status: 0 nothing left to do, 1 findings left, 2 unusable input, "
        "3 a fault of this program, 130 interrupted, 143 terminated.",
    )
    parser.set_defaults(outcome="nothing was written")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    _add_traceback(parser, default=False)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(name: str, *, help: str) -> argparse.ArgumentParser:  # noqa: A002 - argparse's word
        command = commands.add_parser(name, help=help, formatter_class=_formatter)
        # Without a default, which would take back what stands before the command.
        _add_traceback(command, default=argparse.SUPPRESS)
        return command

    check = add("check", help="report what is wrong and change nothing")
    _add_common(check)
    check.add_argument(
        "--run",
        metavar="COMMAND",
        nargs="?",
        const="python -m pytest",
        dest="test_command",
        help="run the tests once too (%(const)s), and report what only a run can tell",
    )
    check.set_defaults(run=_check, outcome="what it would find is missing")

    migrate = add("migrate", help="make the safe fixes")
    _add_common(migrate)
    migrate.add_argument("--unsafe", action="store_true", help="make the unsafe fixes too")
    migrate.add_argument(
        "--interactive", action="store_true", help="ask about each fix, safe or unsafe"
    )
    migrate.add_argument(
        "--diff", action="store_true", help="print what would change and write nothing"
    )
    migrate.add_argument(
        "--allow-dirty", action="store_true", help="write to files with uncommitted changes too"
    )
    migrate.add_argument(
        "--verify",
        metavar="COMMAND",
        help="run this test command before and after, and put every file back if it does worse",
    )
    migrate.set_defaults(run=_migrate)

    adopt = add("adopt", help="infer the template's answers, add its files, and migrate")
    adopt.add_argument("dir", metavar="DIR", nargs="?", default=".", help="the project (.)")
    adopt.add_argument(
        "--data",
        metavar="KEY=VALUE",
        type=_pair,
        action="append",
        default=[],
        help="an answer that overrules the inferred one",
    )
    adopt.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    adopt.add_argument(
        "--allow-dirty", action="store_true", help="write to files with uncommitted changes too"
    )
    adopt.add_argument(
        "--template", metavar="SOURCE", help="where Copier finds the template (this one)"
    )
    adopt.set_defaults(run=_adopt)

    preflight = add("preflight", help="see whether patch can work; Copier runs it before an update")
    preflight.add_argument("dir", metavar="DIR", nargs="?", default=".", help="the project (.)")
    preflight.set_defaults(run=_preflight)
    patch = add("patch", help="make the safe fixes; Copier runs it after an update")
    patch.add_argument("dir", metavar="DIR", nargs="?", default=".", help="the project (.)")
    patch.set_defaults(run=_patch)

    rules = add("rules", help="list all rules")
    rules.set_defaults(run=_rules)

    explain = add("explain", help="print the page of a rule: why, since when, before and after")
    explain.add_argument("code", metavar="CODE", help="such as AT105")
    explain.set_defaults(run=_explain)
    return parser


def _add_traceback(parser: argparse.ArgumentParser, *, default: bool | str) -> None:
    parser.add_argument(
        "--traceback",
        action="store_true",
        default=default,
        help="print where a fault of this program comes from, for a report",
    )


def _formatter(prog: str) -> argparse.HelpFormatter:
    """Format help without shutil, whose compression modules take 2 ms to import."""
    try:
        width = os.get_terminal_size().columns
    except OSError:
        width = 80
    return argparse.HelpFormatter(prog, width=max(width - 2, 40))


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dir", metavar="DIR", nargs="?", default=".", help="the project (.)")
    parser.add_argument(
        "--select", metavar="CODE", action="append", help="run only these rules, or families: AT1"
    )
    parser.add_argument(
        "--ignore", metavar="CODE", action="append", help="leave out these rules, or families"
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="github" if os.environ.get("GITHUB_ACTIONS") == "true" else "text",
        help="how findings are printed (%(default)s)",
    )
    parser.add_argument("--mode", choices=MODES, help="the asyncio mode that fixes write")
    parser.add_argument(
        "--loop-scope", choices=LOOP_SCOPES, help="the loop scope of fixtures and tests"
    )
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=_seconds, help="the timeout of a test, 0 for none"
    )
    parser.add_argument(
        "--answers-file",
        metavar="FILE",
        type=Path,
        help="the template's answers (.copier-answers.yml in DIR)",
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


def _check(options: argparse.Namespace) -> int:
    root = _root(options)
    plan = _plan(options, root, frozenset())
    if options.test_command is not None:
        _add_observed(options, root, plan)
    _print(_rendered(plan, options), plan, options, written=False)
    return _status(plan, left=bool(plan.left))


def _add_observed(options: argparse.Namespace, root: Path, plan: Plan) -> None:
    # Imported here, for this option alone.
    from async_test_template.observe import observe
    from async_test_template.project import Project
    from async_test_template.suppressions import sort_out

    chosen = {rule.code for rule in _chosen(root, options.select, options.ignore)[0]}
    try:
        observed = observe(options.test_command, root)
    except (UserError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 - told to the user, with all of it
        plan.faults.append(fault_of(error, rules=("AT001", "AT002", "AT003", "AT004")))
        return
    found = [finding for finding in observed if finding.code in chosen]
    left, silenced = sort_out(Project(root, Desired(), {}), found, CODES)
    plan.left = left + plan.left
    plan.silenced += silenced


def _migrate(options: argparse.Namespace) -> int:
    root = _root(options)
    tiers = {Tier.SAFE, Tier.UNSAFE} if options.unsafe or options.interactive else {Tier.SAFE}
    plan = _plan(options, root, frozenset(tiers))
    if options.diff and options.verify is not None:
        raise UserError("--verify runs tests on written files, and --diff writes none: give one")
    if options.diff:
        _print_diff(_changes(plan, _prefix(root)))
        _tell(plan, options, written=False)
        return _status(plan, left=bool(plan.left or plan.after))
    # Before anything is written: what fails here leaves the files as they are.
    report = _rendered(plan, options)
    if not plan.after:
        from async_test_template.write import sweep

        sweep(root)
    elif not _write(options, root, plan):
        return _status(plan, left=True)
    _print(report, plan, options, written=True)
    return _status(plan, left=bool(plan.left))


def _print_diff(changes: Mapping[str, tuple[bytes, bytes]]) -> None:
    from async_test_template.diff import for_people, for_programs

    if sys.stdout.isatty():
        sys.stdout.write(for_people(changes, colour=_colour(sys.stdout)))
        return
    with unobeyed(sys.stdout):
        sys.stdout.flush()
        sys.stdout.buffer.write(for_programs(changes))
        sys.stdout.buffer.flush()


def _status(plan: Plan, *, left: bool) -> int:
    """Say that the input was unusable where a file was left out: nobody knows what is in it.

    With a fault of this program nobody knows what else is missing.
    """
    if plan.faults:
        return _FAULT
    if plan.unreadable:
        return _UNUSABLE
    return _LEFT if left else _CLEAN


def _write(options: argparse.Namespace, root: Path, plan: Plan) -> bool:
    """Write the plan's files; tell whether they stay, after `--verify`.

    Raises:
        UserError: a file cannot be written, and none was.

    """
    # Imported here, as everything that only a change needs.
    from async_test_template.write import write_all

    before, after = _contents(root, plan)
    if options.verify is None:
        write_all(root, after, expected=before, allow_dirty=options.allow_dirty)
        return True
    from async_test_template.verify import run_tests

    old = run_tests(options.verify, root)
    write_all(root, after, expected=before, allow_dirty=options.allow_dirty)
    try:
        new = run_tests(options.verify, root)
    except BaseException:
        # Ctrl-C in the second run leaves the question open, so the old files come back.
        _put_back(root, before, after)
        raise
    print(f"Tests before: {old}.\nTests after: {new}.", file=sys.stderr)
    if new.is_worse_than(old) or not new.reported:
        _put_back(root, before, after)
        reason = "The tests do worse" if new.reported else "Nothing shows that the tests still run"
        worse = new.worse_than(old) if new.reported else ()
        names = f" ({listed(worse, 'tests')})" if worse else ""
        print(shown(f"{reason}{names}: every file is as it was."), file=sys.stderr)
        return False
    return True


def _put_back(root: Path, before: _Contents, after: _Contents) -> None:
    from async_test_template.write import write_all

    try:
        write_all(root, before, expected=after, allow_dirty=True)
    except WriteRefused as error:
        raise WriteRefused(f"the fixes stay, for they cannot be undone: {error}") from error


def _contents(root: Path, plan: Plan) -> tuple[_Contents, _Contents]:
    """Give what the files had when they were read, and what they are to have."""
    before = {root / file: data for file, data in plan.before.items()}
    return before, {root / file: data for file, data in plan.after.items()}


def _adopt(options: argparse.Namespace) -> int:
    # Imported here, for this command alone.
    from async_test_template import adopt
    from async_test_template.adoptable import require_adoptable
    from async_test_template.project import Project
    from async_test_template.write import refuse

    adopt.require_copier()
    root = _root(options)
    project = Project(root, Desired(), {})
    answers = adopt.decide_answers(project, dict(options.data))
    sys.stdout.write(adopt.table(answers))
    sys.stdout.flush()
    # Before Copier adds anything: what the fixes will need to write must be writable.
    given = {answer.key: answer.value for answer in answers}
    require_adoptable(project, given["backend"])
    plan = _safe_plan(root, given)
    if plan.faults:
        _tell(plan, options, written=False)
        return _FAULT
    before, after = _contents(root, plan)
    # Any other content will do for those whose edits are known later.
    later = {root / file: b"" for file in adopt.files_to_edit(project)}
    refuse(root, {**later, **after}, expected=before, allow_dirty=options.allow_dirty)
    if not (options.yes or adopt.confirm()):
        print("Nothing has changed.", file=sys.stderr)
        return _LEFT
    own = [path for path in map(root.joinpath, adopt.FILES) if not path.exists()]
    options.outcome = "files of the template were added, and nothing else was written"
    file = adopt.copy_template(options.template or adopt.template_source(), project, answers)
    if file != ANSWERS_FILE:
        print(f"Update it later by `uvx copier update -a {shown(file)}`.", file=sys.stderr)
    try:
        plan = _safe_plan(root, read_answers(root, None), guarded=True)
        status = _patched(options, root, plan, allow_dirty=options.allow_dirty, own=own)
    except WriteRefused as error:
        hint = "the template's files were added; `migrate` makes the fixes"
        raise WriteRefused(f"{error} ({hint})") from error
    return _LEFT if status == _CLEAN and plan.install else status


def _preflight(options: argparse.Namespace) -> int:
    """Do all of a patch but the writing; findings do not stop an update, unusable files do."""
    root = _root(options)
    plan = _safe_plan(root, read_answers(root, None))
    if plan.faults:
        _tell(plan, options, written=False)
        return _FAULT
    print(f"The update can patch {len(plan.after)} file(s).", file=sys.stderr)
    return _CLEAN


def _patch(options: argparse.Namespace) -> int:
    """Patch in the middle of an update, when everything that it merged is uncommitted."""
    root = _root(options)
    status = _patched(options, root, _safe_plan(root, read_answers(root, None)), allow_dirty=True)
    return status if status == _FAULT else _CLEAN


def _patched(
    options: argparse.Namespace,
    root: Path,
    plan: Plan,
    *,
    allow_dirty: bool,
    own: Collection[Path] = (),
) -> int:
    from async_test_template.write import write_all

    report = render(plan, "text", colour=_colour(sys.stdout))
    if plan.after:
        before, after = _contents(root, plan)
        write_all(root, after, expected=before, allow_dirty=allow_dirty, own=own)
    _print(report, plan, options, written=True)
    return _status(plan, left=bool(plan.left))


def _safe_plan(root: Path, answers: dict[str, str], *, guarded: bool = False) -> Plan:
    """Plan the safe fixes of every rule, with the answers that the template was given."""
    desired = decide(mode=None, loop_scope=None, timeout=None, answers=answers)
    desired = desired._replace(guarded=guarded)
    return _make_plan(root, desired, _chosen(root, None, None), frozenset({Tier.SAFE}))


def _rules(_options: argparse.Namespace) -> int:
    from async_test_template.documentation import table

    sys.stdout.write(table())
    return _CLEAN


def _explain(options: argparse.Namespace) -> int:
    code = options.code.upper()
    if code not in CODES:
        raise UserError(f"there is no rule {options.code}; `rules` lists all of them")
    sys.stdout.write(page_of(code).read_text(encoding="utf-8"))
    return _CLEAN


def _root(options: argparse.Namespace) -> Path:
    root = Path(options.dir)
    if not root.is_dir():
        raise UserError("no such directory" if not root.exists() else "not a directory", path=root)
    return root.resolve()


def _plan(options: argparse.Namespace, root: Path, tiers: frozenset[Tier]) -> Plan:
    desired = decide(
        mode=options.mode,
        loop_scope=options.loop_scope,
        timeout=options.timeout,
        answers=read_answers(root, options.answers_file),
    )
    chosen = _chosen(root, options.select, options.ignore)
    if not getattr(options, "interactive", False):
        return _make_plan(root, desired, chosen, tiers)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UserError("--interactive needs a terminal to ask on")
    # Imported here: questionary takes 0.3 s, and only this asks anything.
    from async_test_template.interactive import Interview

    return _make_plan(root, desired, chosen, tiers, Interview(colour=_colour(sys.stderr)))


def _make_plan(
    root: Path,
    desired: Desired,
    chosen: tuple[tuple[Rule, ...], tuple[Fault, ...]],
    tiers: frozenset[Tier],
    ask: Ask | None = None,
) -> Plan:
    rules, faults = chosen
    # The line on the progress would stand in the way of a question.
    with nullcontext() if ask else progress(sys.stderr, "Reading the repository"):
        plan = make_plan(root, desired, rules, frozenset() if faults else tiers, ask)
    plan.faults += faults
    return plan


def _chosen(
    root: Path, select: list[str] | None, ignore: list[str] | None
) -> tuple[tuple[Rule, ...], tuple[Fault, ...]]:
    """Choose the rules to run; an optional one only by its whole code.

    Those on code are not even imported for a repository that has none. One that cannot be imported
    is a fault.

    Raises:
        UserError: a code, or the beginning of one, fits no rule.

    """
    selected, ignored = _codes(select), _codes(ignore)
    for code in (*selected, *ignored):
        if not any(known.startswith(code) for known in CODES):
            raise UserError(f"there is no rule {code}; `rules` lists all of them")
    links: list[str] = []
    has_code = any(python_files(root, links)) or bool(links)
    rules, faults = load_all(
        code
        for code in CODES
        if code.startswith(tuple(selected or ["AT"]))
        and not code.startswith(tuple(ignored))
        and (has_code or code < FIRST_ON_CODE)
    )
    return tuple(rule for rule in rules if not rule.optional or rule.code in selected), faults


def _codes(given: list[str] | None) -> list[str]:
    words = ",".join(given or []).upper().split(",")
    return [word.strip() for word in words if word.strip()]


def _rendered(plan: Plan, options: argparse.Namespace) -> str:
    prefix = _prefix(_root(options))
    return render(plan, options.format, prefix=prefix, colour=_colour(sys.stdout))


def _print(report: str, plan: Plan, options: argparse.Namespace, *, written: bool) -> None:
    sys.stdout.write(report)
    sys.stdout.flush()
    _tell(plan, options, written=written)


def _tell(plan: Plan, options: argparse.Namespace, *, written: bool) -> None:
    for sentence in sentences(plan.faults, options.outcome):
        print(f"error: {shown(sentence)}", file=sys.stderr)
    for line in summary(plan, written=written):
        print(line, file=sys.stderr)
    _tell_tracebacks(options, plan)


def _changes(plan: Plan, prefix: str) -> dict[str, tuple[bytes, bytes]]:
    return {prefix + file: (plan.before[file] or b"", new) for file, new in plan.after.items()}


def _prefix(root: Path) -> str:
    """Give what makes paths from the project's root paths from the current directory.

    Editors, `git apply` and GitHub look from there. Outside of it paths stay those from the root.
    """
    try:
        below = root.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return ""
    return "" if below == "." else f"{below}/"


def _colour(stream: object) -> bool:
    """Use colour on a terminal, unless NO_COLOR asks for none."""
    isatty = getattr(stream, "isatty", lambda: False)
    return bool(isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

"""The command line: arguments in, findings on standard output, an exit status out.

0: nothing but advice is left. 1: findings are left, or files would change. 2: wrong usage, or a
file that cannot be read or parsed. 3: a fault of this program, and nothing was written. 130:
interrupted, or 143: terminated, and every file is whole.
"""

from __future__ import annotations

import gc
import os
import re
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from async_test_template.arguments import make_parser
from async_test_template.cache import Result
from async_test_template.console import (
    deliver,
    print_diff,
    require_writable,
    told,
)
from async_test_template.desired import read_answers
from async_test_template.disk import Disk
from async_test_template.ending import (
    CLEAN,
    FAULT,
    INTERRUPTED,
    LEFT,
    UNUSABLE,
    folder_of,
    is_wrong,
    patched,
    rendered,
    status_of,
    style_of,
    tell,
    told_of,
)
from async_test_template.errors import UserError
from async_test_template.faults import fault_of, listed
from async_test_template.findings import Tier
from async_test_template.look import find_again, planned
from async_test_template.migrate import (
    safe_plan,
    write,
    write_verified,
)
from async_test_template.plan import Plan
from async_test_template.policy_reader import unknown_rule
from async_test_template.report import View, render
from async_test_template.rules import NAMES, page_of
from async_test_template.shown import shown
from async_test_template.stopping import Stopped, stoppable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from async_test_template.cache import Cache
    from async_test_template.faults import Fault
    from async_test_template.verify import Verified

#: What `explain` takes for a rule, also if there is none of that code.
_RULE = r"[A-Za-z]{2,3}\d{1,4}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status.

    Args:
        arguments: without the program's name; None for those of the process.

    """
    try:
        with stoppable():
            return run(arguments)
    except Stopped as stopped:
        # The arguments have not been read yet.
        return stopped.status


def run(arguments: Sequence[str] | None = None, cache: Cache | None = None) -> int:
    """Do what `main` does, in a process that already handles signals.

    Args:
        arguments: as for `main`.
        cache: gets the result of a check for the next run.

    """
    if sys.stdout is None or sys.stderr is None:
        return _tell_closed()
    return _main(arguments, cache)


def _tell_closed() -> int:
    """Do nothing if there is no standard output: this is how Python shows a closed stream."""
    if sys.stderr is not None:
        print("error: standard output is closed; nothing was done", file=sys.stderr)
    return UNUSABLE


def _main(arguments: Sequence[str] | None, cache: Cache | None) -> int:
    words = sys.argv[1:] if arguments is None else arguments
    options = make_parser(_COMMANDS, words).parse_args(words)
    options.cache = cache
    for stream in (sys.stdout, sys.stderr):
        # A file may contain characters that the terminal's encoding does not have.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        with _without_collector():
            status = int(options.run(options))
        sys.stdout.flush()
    except UserError as error:
        print(f"error: {shown(str(error))}", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt as stop:
        print("Interrupted; nothing is half written.", file=sys.stderr)
        return getattr(stop, "status", INTERRUPTED)
    except OSError as error:
        return give_up_output(error)
    except Exception as error:  # noqa: BLE001 - told to the user, with all of it
        return _tell_crash(options, fault_of(error))
    return status


def _tell_crash(options: argparse.Namespace, fault: Fault) -> int:
    """Report an unexpected exception; programs that read the report get one that says so."""
    plan = Plan()
    plan.faults = [fault]
    if "format" in options and style_of(options) != "text":
        # The report may be what fails.
        with suppress(Exception):
            deliver(render(plan, View(style_of(options))), options.output_file)
    sys.stderr.write(told(plan.faults, (), outcome=options.outcome, traceback=options.traceback))
    return FAULT


def give_up_output(error: OSError) -> int:
    """Print nothing more, because that failed, and return the exit status."""
    # Python would complain at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        # The reader of a pipe has gone, for example `| head`.
        return LEFT
    # For example, a full disk behind standard output.
    place = f"{error.filename}: " if error.filename else ""
    print(f"error: {shown(f'{place}{error.strerror or error}')}", file=sys.stderr)
    return UNUSABLE


@contextmanager
def _without_collector() -> Iterator[None]:
    """Switch Python's garbage collector off: it takes a third of the time and finds nothing.

    Syntax trees have very many objects, and no cycles.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _check(options: argparse.Namespace) -> int:
    if options.statistics and options.format not in {None, "text"}:
        raise UserError(f"--statistics is text for people: leave out --format {options.format}")
    require_writable(options.output_file)
    require_writable(options.write_baseline)
    root, plan = planned(options, frozenset())
    accepted = _accept(options, root, plan)
    report = rendered(plan, options, root)
    said = f"{shown(accepted)}\n" if accepted and not options.quiet else ""
    said += told_of(plan, options, root, written=False)
    status = status_of(plan, left=is_wrong(plan) and not options.exit_zero)
    if options.output_file is not None:
        deliver(report, options.output_file)
        report = ""
    result = Result(report, said, status)
    result.show()
    if options.cache is not None and _only_looked(options) and not plan.faults:
        options.cache.keep(result, os.fspath(Disk(root).top))
    return status


def _only_looked(options: argparse.Namespace) -> bool:
    """Tell whether a check has written nothing and run nothing, and may be answered from memory."""
    did = options.output_file, options.write_baseline, options.test_command
    return not (any(did) or options.add_ignores or options.no_cache)


def _accept(options: argparse.Namespace, root: Path, plan: Plan) -> str:
    """Take out of a plan what is accepted today, and say how much that is."""
    if not (options.baseline or options.write_baseline or options.add_ignores):
        return ""
    # Imported here, only for these options.
    from async_test_template import accept

    if options.baseline:
        return accept.only_new(plan, root, options.baseline)
    if options.write_baseline:
        return accept.in_baseline(plan, root, options.write_baseline)
    find = find_again(options)
    return accept.by_comments(
        plan, find, root, advice=options.advice, allow_dirty=options.allow_dirty
    )


def _migrate(options: argparse.Namespace) -> int:
    require_writable(options.output_file)
    tiers = {Tier.SAFE, Tier.UNSAFE} if options.unsafe or options.interactive else {Tier.SAFE}
    root, plan = planned(options, frozenset(tiers))
    if options.diff and options.verify is not None:
        raise UserError(
            "--verify runs tests on written files, and --diff writes none: use only one"
        )
    if options.diff:
        print_diff(plan, root)
        tell(plan, options, root, written=False)
        return status_of(plan, left=is_wrong(plan) or bool(plan.after))
    # Before anything is written: if this fails, the files stay as they are.
    report = rendered(plan, options, root)
    if plan.after and options.verify is not None:
        verified = write_verified(root, plan, options.verify, allow_dirty=options.allow_dirty)
        _tell_verified(verified)
        if not verified.is_kept:
            return status_of(plan, left=True)
    else:
        write(root, plan, allow_dirty=options.allow_dirty)
    deliver(report, options.output_file)
    tell(plan, options, root, written=True)
    return status_of(plan, left=is_wrong(plan))


_HOW_TO_REPORT = (
    "Give a command whose pytest gets the variable PYTEST_ADDOPTS unchanged, and has no "
    "--junit-xml of its own."
)


def _tell_verified(verified: Verified) -> None:
    old, new = verified.before, verified.after
    print(f"Tests before: {old}.\nTests after: {new}.", file=sys.stderr)
    if not verified.is_kept:
        reason = "The tests do worse" if new.vouches else "Nothing shows that the tests still run"
        worse = new.worse_than(old) if new.vouches else ()
        names = f" ({listed(worse, 'tests')})" if worse else ""
        print(shown(f"{reason}{names}: every file was restored."), file=sys.stderr)
        if not new.reported:
            print(_HOW_TO_REPORT, file=sys.stderr)


def _preflight(options: argparse.Namespace) -> int:
    """Do everything of a patch except writing; only unusable files stop the update."""
    root = _root(options)
    plan = safe_plan(root, read_answers(root, None))
    if plan.faults:
        tell(plan, options, root, written=False)
        return FAULT
    print(f"The update can patch {len(plan.after)} file(s).", file=sys.stderr)
    return CLEAN


def _patch(options: argparse.Namespace) -> int:
    """Patch during an update, when everything that it merged is uncommitted."""
    root = _root(options)
    status = patched(options, root, safe_plan(root, read_answers(root, None)), allow_dirty=True)
    return status if status == FAULT else CLEAN


def _server(_options: argparse.Namespace) -> int:
    try:
        from async_test_template.server import serve
    except ImportError as error:
        if not (error.name or "").startswith(("pygls", "lsprotocol")):
            raise
        raise UserError("the language server needs pygls: install the extra `server`") from error
    serve()
    return CLEAN


def _rules(_options: argparse.Namespace) -> int:
    from async_test_template.documentation import table

    sys.stdout.write(table())
    return CLEAN


def _explain(options: argparse.Namespace) -> int:
    text = " ".join(options.text)
    if bool(text) == (options.log is not None):
        raise UserError("give a rule, or a text with a message, or --log with a file")
    # Imported here and below, only for this command.
    from async_test_template.addresses import rule_address

    if re.fullmatch(_RULE, text):
        if text.upper() not in NAMES:
            raise UserError(unknown_rule(text, NAMES))
        page = page_of(text.upper()).read_text(encoding="utf-8")
        sys.stdout.write(f"{page}\nOn the web: {rule_address(text)}\n")
        return CLEAN
    from async_test_template.explain import explain, printed, unknown

    lines = explain(text, options.log)
    if not lines:
        print(unknown(), file=sys.stderr)
        return LEFT
    sys.stdout.write(printed(lines))
    return CLEAN


def _root(options: argparse.Namespace) -> Path:
    return folder_of(Path(options.dir))


def _adopt(options: argparse.Namespace) -> int:
    # Imported here, only for this command.
    from async_test_template.adoption import run_adopt

    return run_adopt(options)


_COMMANDS = {
    "check": _check,
    "migrate": _migrate,
    "adopt": _adopt,
    "preflight": _preflight,
    "patch": _patch,
    "server": _server,
    "rules": _rules,
    "explain": _explain,
}

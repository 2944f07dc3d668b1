"""Print the findings of a run: for people, for programs, for code hosts and for code scanning."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from async_test_template.findings import Finding, Tier
from async_test_template.plan import Plan
from async_test_template.report.words import counted, is_advice, silenced, why_left_out, wrapped
from async_test_template.shown import shown, shown_path

__all__ = ["FORMATS", "View", "is_advice", "left_out", "render", "summary", "wrapped"]

FORMATS = ("text", "concise", "json", "github", "gitlab", "sarif")
#: More findings than that, if they do not fit the terminal, are shown as a table.
_MANY = 20
#: A sentence names so many folders.
_NAMED = 5


class View(NamedTuple):
    """How a report looks. Only the formats for people differ by more than `style` and `prefix`.

    Attributes:
        style: one of FORMATS.
        prefix: what is put before each path, such as `service/`.
        colour: use colour.
        advice: show advice too.
        verbose: show every finding, however many there are.
        quiet: show nothing but findings.
        statistics: count the findings by rule, and show none.
        width: the columns of the terminal.
        height: its lines.
        is_terminal: it is one, so lines of text end between words.

    """

    style: str = "text"
    prefix: str = ""
    colour: bool = False
    advice: bool = False
    verbose: bool = False
    quiet: bool = False
    statistics: bool = False
    width: int = 80
    height: int = 24
    is_terminal: bool = False


def render(plan: Plan, view: View) -> str:
    """Return the report on a plan, ending in a newline unless it is empty."""
    plan = plan.moved(view.prefix)
    if view.style in {"json", "sarif"}:
        # Imported here and below: text, the usual format, does not need it.
        from async_test_template.report.documents import as_json, as_sarif

        return as_json(plan) if view.style == "json" else as_sarif(plan)
    if view.style == "gitlab":
        from async_test_template.report.hosts import as_gitlab

        return as_gitlab(plan)
    plan.left = [finding for finding in plan.left if view.advice or not is_advice(finding)]
    lines = _lines(plan, view)
    if view.is_terminal and view.style == "text":
        lines = (part for line in lines for part in wrapped(line, view.width))
    return "".join(f"{line}\n" for line in lines)


def _lines(plan: Plan, view: View) -> Iterable[str]:
    if view.style == "github":
        from async_test_template.report.hosts import as_github

        return as_github(plan)
    from async_test_template.report.text import as_lines, as_text

    if view.quiet:
        plan.silenced = []
    if view.style == "concise":
        return as_lines(plan)
    if view.statistics:
        from async_test_template.report.overview import statistics

        return statistics(plan, width=view.width)
    is_long = len(plan.left) + len(plan.fixed) > _MANY
    if view.verbose or not (is_long or len(plan.silenced) > _MANY):
        return as_text(plan, colour=view.colour)
    ending = [silenced(plan)] if plan.silenced else []
    plan.silenced = []
    lines = [*as_text(plan, colour=view.colour), *ending]
    if not is_long or _height(lines, view.width) <= view.height:
        return lines
    from async_test_template.report.overview import overview

    return overview(plan, ending, width=view.width, height=view.height, colour=view.colour)


def _height(lines: Iterable[str], width: int) -> int:
    """Return how many lines of a terminal some lines take."""
    return sum(-(-len(line) // width) for line in lines)


def summary(plan: Plan, *, written: bool, advice: bool) -> Iterator[str]:
    """Yield the summary of a run for people.

    Args:
        plan: the result of the run.
        written: whether the fixes are in the files.
        advice: whether the report has shown it.

    """
    advised = sum(map(is_advice, plan.left))
    left = [finding for finding in plan.left if not is_advice(finding)]
    files = f"{len(plan.after)} file{'s' if len(plan.after) != 1 else ''}"
    if len(plan.projects) > 1:
        yield f"Looked at {len(plan.projects)} projects: {_folders(plan.projects)}."
    if plan.fixed and written:
        yield f"{counted(len(plan.fixed), 'finding')} fixed in {files}."
    elif plan.fixed:
        yield f"{counted(len(plan.fixed), 'finding')} would be fixed in {files}."
    yield from left_out(plan)
    if written:
        yield from map(shown, plan.next_steps)
    if not left and not plan.faults:
        rest = " in the other files" if plan.unreadable or plan.unread else ""
        if plan.next_steps and written:
            yield f"Nothing else is left to do{rest}."
        else:
            yield f"Nothing left to do{rest}." if plan.fixed else f"Nothing to do{rest}."
    if plan.failures:
        yield f"{counted(plan.failures, 'other failure')} of the run: no cause is known here."
    if left:
        yield _tiers(f"{counted(len(left), 'finding')} left", left)
    if advised:
        shown_by = "" if advice else f" (`check --advice` shows {'it' if advised == 1 else 'them'})"
        yield f"Advice: {counted(advised, 'suggestion')}{shown_by}."


def left_out(plan: Plan) -> Iterator[str]:
    """Yield which fixes and files were left out, and why."""
    if plan.left_out:
        why = "as code of others, data of a test or a template"
        yield f"Left out, {why}: {_folders(plan.left_out)}."
    for path, why in plan.unread:
        yield shown_path(f"{path} was left out: {why}.")
    yield from map(shown_path, plan.failed)
    for file, line, message in plan.unreadable:
        yield shown_path(f"{file}:{line}: {why_left_out(message, ', so it was left out')}")


def _folders(folders: Sequence[str]) -> str:
    """Name folders, the first of many."""
    names = [shown_path(folder.rstrip("/") or ".") for folder in folders[:_NAMED]]
    rest = len(folders) - len(names)
    return ", ".join(names) + (f" and {rest} more" if rest else "")


def _tiers(sentence: str, findings: list[Finding]) -> str:
    tiers = [finding.tier for finding in findings]
    parts = [sentence]
    if safe := tiers.count(Tier.SAFE):
        parts.append(f"{safe} with a safe fix (migrate)")
    if unsafe := tiers.count(Tier.UNSAFE):
        parts.append(f"{unsafe} with an unsafe fix (migrate --unsafe)")
    return ", ".join(parts) + "."

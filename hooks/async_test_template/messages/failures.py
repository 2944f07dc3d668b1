"""The failures of a run whose cause is known: AT005, which tells the cause and the cure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from async_test_template.findings import Finding
from async_test_template.messages.answer import Answer, Sign, said
from async_test_template.messages.search import search

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from async_test_template.messages.search import Hit
    from async_test_template.observe import Failure


class Explained(NamedTuple):
    """What is known about the failures of a run.

    Attributes:
        findings: one for each message, at the first test that failed with it.
        others: how many failures have no message that is known.

    """

    findings: list[Finding]
    others: int


def explained(failures: Iterable[Failure], findings: Sequence[Finding]) -> Explained:
    """Explain failures.

    Args:
        failures: the tests and files that failed.
        findings: what the rules have found; it decides between the causes of a message.

    """
    groups: dict[tuple[str, str], list[Failure]] = {}
    answers: dict[tuple[str, str], Answer] = {}
    others = 0
    for failure in failures:
        hit = _hit(failure.text)
        if hit is None:
            others += 1
            continue
        answer = Answer(hit, _signs(hit, findings))
        cause = answer.settled[0].heading if answer.settled else ""
        groups.setdefault((hit.message.name, cause), []).append(failure)
        answers.setdefault((hit.message.name, cause), answer)
    return Explained([_finding(answers[key], groups[key]) for key in groups], others)


def _hit(text: str) -> Hit | None:
    """Return the message of a failure: in the lines of the error, or else anywhere."""
    errors = "\n".join(line for line in text.split("\n") if line.startswith("E "))
    hits = search(errors) or search(text)
    # Any sentence tells more than the name of an error, which may only be what led to it.
    hits.sort(key=lambda hit: hit.wording.is_name)
    return hits[0]._replace(near=text) if hits else None


def _signs(hit: Hit, findings: Sequence[Finding]) -> dict[str, list[Sign]]:
    return {
        cause.heading: [
            Sign(f"{finding.file}:{finding.line}", finding.code, finding.tier.value)
            for finding in findings
            if finding.code in cause.rules
        ]
        for cause in hit.message.causes
    }


def _finding(answer: Answer, failures: Sequence[Failure]) -> Finding:
    first = failures[0]
    count = len({(one.file, one.name) for one in failures}) - 1
    more = f" and {count} other{'s' if count > 1 else ''}" if count else ""
    told = said(answer.hit)
    if answer.settled:
        cause = answer.settled[0]
        message = f"{first.name}{more} failed: {told} ({cause.heading})"
        hint = cause.cure.rstrip(".")
    else:
        message = f"{first.name}{more} failed: {told}"
        number = len(answer.hit.message.causes)
        hint = f"`async-test-template explain` with this text tells its {number} causes apart"
    return Finding("AT005", message, first.file, first.line, hint=hint)

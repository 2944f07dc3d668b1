"""Real pytest and real libraries say each message, and do not say it any more when it is cured."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from async_test_template.messages import all_messages
from async_test_template.messages.answer import Answer
from async_test_template.messages.search import search
from environments import Environment
from helpers import ROOT, interpreter, run
from proofs import lay_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from async_test_template.messages.page import Cause, Message
    from async_test_template.messages.search import Hit

pytestmark = pytest.mark.slow
#: What most messages need, in the newest releases.
NEWEST = (
    "aiohttp",
    "aiosqlite",
    "anyio[trio]",
    "asgi-lifespan",
    "asyncpg",
    "fastapi",
    "httpx",
    "pytest",
    "pytest-asyncio",
    "pytest-timeout",
    "pytest-xdist",
    "sqlalchemy[asyncio]",
    "tornado",
    "uvicorn",
    "websockets",
)
EXAMPLES = [(message, cause) for message in all_messages() for cause in message.causes]


class Suite(NamedTuple):
    """The example of a cause.

    Attributes:
        message: what it says.
        cause: why.
        is_cured: it says it no longer.

    """

    message: Message
    cause: Cause
    is_cured: bool

    @property
    def files(self) -> Mapping[str, str]:
        """The files of it."""
        return {**self.cause.before, **(self.cause.after if self.is_cured else {})}

    @property
    def name(self) -> str:
        """A name for its folder."""
        number = self.message.causes.index(self.cause)
        return f"{self.message.name}-{number}{'-cured' if self.is_cured else ''}"


def suites(needs: tuple[str, ...]) -> list[Suite]:
    """Return what is run with some requirements; cures only have to work with the first ones."""
    return [
        Suite(message, cause, is_cured)
        for message, cause in EXAMPLES
        for is_cured in (False, True)
        if needs == cause.needs or (needs in cause.also and not is_cured)
        if (cause.after if is_cured else cause.before)
    ]


def said(environment: Environment, folder: Path, wanted: Sequence[Suite]) -> dict[str, str]:
    """Run suites, each in a process of its own, and return the output of each."""
    folders = [folder / suite.name for suite in wanted]
    for one, suite in zip(folders, wanted, strict=True):
        lay_out(one, suite.files)
    run(environment.python, ROOT / "tests" / "provoke.py", *folders, cwd=folder)
    return {
        one.name: one.with_name(f"{one.name}.log").read_text("utf-8", "replace") for one in folders
    }


def wrong(outputs: Mapping[str, str], wanted: Iterable[Suite]) -> Iterable[str]:
    """Yield what is not as the pages say."""
    for suite in wanted:
        output = outputs[suite.name]
        names = {hit.message.name for hit in search(output)}
        if suite.is_cured and not output.endswith("exit status 0\n"):
            yield f"{suite.name}: the cured files fail\n{output}"
        elif (suite.message.name in names) is suite.is_cured:
            yield f"{suite.name}: {'said' if suite.is_cured else 'not said'}\n{output}"
        yield from (
            f"{suite.name}: {hit.wording.text}: {cause}" for hit, cause in misled(suite, output)
        )


def misled(suite: Suite, output: str) -> Iterable[tuple[Hit, str]]:
    """Yield the message and the other cause where the text seems to show another cause."""
    for hit in search(output):
        settled = Answer(hit).settled
        if hit.message.name == suite.message.name and settled and suite.cause not in settled:
            yield hit, settled[0].heading


def built(folder: Path, needs: Iterable[str]) -> Environment:
    """Build an environment; `python==3.14` among the requirements says with which Python."""
    version = next((one.partition("==")[2] for one in needs if one.startswith("python==")), "")
    # Projects need a newer one than the oldest Python that messages come from.
    own = next((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"), None)
    python = (own or interpreter(version)) if version else sys.executable
    others = (one for one in needs if not one.startswith("python=="))
    return Environment.build(folder, python, *others)


NEEDS = sorted({needs for _, cause in EXAMPLES for needs in (cause.needs, *cause.also) if needs})


@pytest.mark.full
def test_each_wording_is_said(tmp_path: Path) -> None:
    heard: defaultdict[str, set[str]] = defaultdict(set)
    failed: list[str] = []
    for number, needs in enumerate([(), *NEEDS]):
        wanted = suites(needs)
        folder = tmp_path / str(number)
        folder.mkdir()
        outputs = said(built(tmp_path / f"environment{number}", needs or NEWEST), folder, wanted)
        failed += wrong(outputs, wanted)
        for suite in wanted:
            output = outputs[suite.name]
            heard[suite.message.name] |= {
                wording.text
                for wording in suite.message.wordings
                for line in output.split("\n")
                if wording.find(line, 0, len(line))
            }
    assert not failed
    unheard = {
        (message.name, wording.text)
        for message in all_messages()
        for wording in message.wordings
        if wording.text not in heard[message.name]
    }
    assert not unheard

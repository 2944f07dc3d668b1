"""What comes out of the template for every combination of answers that the start page offers.

Copier itself renders all of them, and its own words say why a combination is refused.
"""

from __future__ import annotations

import functools
import math
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import copier
import yaml
from async_test_template import HOME
from checkout import ROOT
from compiled import compiled_once
from helpers import copy_template

#: So many combinations are made at most; the questions that would make more have no switch.
_MOST = 600
#: The folder of each copy, which gives the project its name.
NAME = "my-project"
_REFUSED = re.compile(r"Invalid choice for '\w+': (.+)", re.DOTALL)
_ANSWERS = ".copier-answers.yml"

Answers = dict[str, Any]


class Copies:
    """Copies for every combination of some questions.

    Attributes:
        questions: those that have a switch.
        copies: the files of each combination, by its values: paths, and numbers in `contents`.
        refused: the reason for each choice that the answers before it make impossible, by values.
        contents: the text of files, each once.

    """

    def __init__(self, count: int | None = None) -> None:
        """Make them all.

        Args:
            count: how many questions have a switch, None for all that can have one.

        """
        self.questions = switches()[:count]
        self.copies: dict[str, dict[str, int]] = {}
        self.refused: dict[str, str] = {}
        self.contents: list[str] = []
        self._numbers: dict[str, int] = {}
        with tempfile.TemporaryDirectory() as folder, compiled_once():
            self._folder = Path(folder)
            copy_template(self._folder / "template")
            self._walk({})

    def as_data(self) -> dict[str, object]:
        """Return what the page reads."""
        return {
            "questions": self.questions,
            "copies": self.copies,
            "refused": self.refused,
            "contents": self.contents,
            "name": NAME,
            "template": HOME.replace("https://github.com/", "gh:"),
        }

    def _walk(self, answers: Answers) -> None:
        """Copy for every choice of the questions after those that are answered."""
        if len(answers) == len(self.questions):
            # A copy with defaults only for the last questions was made on the way here.
            return
        question = self.questions[len(answers)]
        for choice in question["choices"]:
            given = {**answers, question["key"]: choice["value"]}
            is_done = choice["value"] == question["default"] and answers
            if is_done or self._copy(given):
                self._walk(given)

    def _copy(self, answers: Answers) -> bool:
        """Copy with some answers and defaults for the rest; False if Copier refuses them."""
        target = self._folder / NAME
        try:
            copier.run_copy(
                str(self._folder / "template"), target, data=answers, defaults=True, quiet=True
            )
        except ValueError as error:
            reason = _REFUSED.fullmatch(str(error))
            if reason is None:
                raise
            self.refused[_key(list(answers.values()))] = reason[1].strip()
            return False
        defaults = {question["key"]: question["default"] for question in self.questions}
        values = [(defaults | answers)[question["key"]] for question in self.questions]
        self.copies[_key(values)] = {
            path.relative_to(target).as_posix(): self._number(path)
            for path in sorted(target.rglob("*"))
            if path.is_file()
        }
        shutil.rmtree(target)
        return True

    def _number(self, path: Path) -> int:
        text = path.read_text(encoding="utf-8")
        if path.name == _ANSWERS:
            text = _with_origin(text)
        if text not in self._numbers:
            self._numbers[text] = len(self.contents)
            self.contents.append(text)
        return self._numbers[text]


def switches() -> list[dict[str, Any]]:
    """Return the questions that have a switch: for each its key, help, default and choices."""
    asked = yaml.safe_load((ROOT / "copier.yml").read_text(encoding="utf-8"))
    found = [_switch(key, asked[key]) for key in asked if _is_switch(key, asked[key])]
    while math.prod(len(question["choices"]) for question in found) > _MOST:
        found.pop()
    return found


def _is_switch(key: str, question: Any) -> bool:  # noqa: ANN401
    """Tell whether it is a question that Copier asks, with choices; the others have a default."""
    if key.startswith("_") or "choices" not in question or question.get("ask") is False:
        return False
    # A default that other answers decide is none that the page could know.
    return question["default"] in [choice["value"] for choice in _choices(question)]


def _choices(question: dict[str, Any]) -> list[dict[str, Any]]:
    offered = question["choices"]
    named = offered if isinstance(offered, dict) else {str(value): value for value in offered}
    return [
        {"label": label, "value": value["value"] if isinstance(value, dict) else value}
        for label, value in named.items()
    ]


def _switch(key: str, question: dict[str, Any]) -> dict[str, Any]:
    known = {name: question[name] for name in ("help", "default")}
    return {"key": key, **known, "choices": _choices(question)}


def _key(values: list[Any]) -> str:
    """Return values as one text, which JavaScript can build too."""
    return "|".join(str(value).lower() for value in values)


@functools.cache
def _commit() -> str:
    command = ("git", "describe", "--tags", "--always")
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _with_origin(text: str) -> str:
    """Name the repository as the origin of a copy, as it is when Copier gets it from there."""
    origin = f"_commit: {_commit()}\n_src_path: {HOME}\n"
    return re.sub(r"^_src_path: .*\n", lambda _: origin, text, count=1, flags=re.MULTILINE)

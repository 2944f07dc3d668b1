"""What the user asks for: flags first, then the template's answers, otherwise nothing."""

import re
from pathlib import Path
from typing import NamedTuple

from async_test_template import seen
from async_test_template.config import files
from async_test_template.disk import Disk
from async_test_template.errors import ParseError, UserError
from async_test_template.policy import Policy

BACKENDS = ("asyncio", "anyio")
MODES = ("auto", "strict")
GUARDS = ("vendored", "package", "none")
LOOP_SCOPES = ("function", "class", "module", "session")
ANSWERS_FILE = ".copier-answers.yml"
#: The answers file if another template uses the usual one, as the refusal says.
BESIDE = ".copier-answers.async-test.yml"

# Every project of this template has this answer, and hardly one of another template.
_OURS = rb"(?m)^loop_scope:"
#: No timeout has more digits; Python does not read numbers of any length.
_DIGITS = 10
_KEY = r"[A-Za-z_]\w*"


class Desired(NamedTuple):
    """The values that fixes write; None if nobody asked, so that behaviour is kept.

    Attributes:
        mode: the plugin's mode, one of MODES.
        loop_scope: loop scope of fixtures and tests, one of LOOP_SCOPES.
        timeout: seconds a test may take, 0 for no timeout.
        backend: whose plugin runs the tests, one of BACKENDS; only answers have it.
        guard: where the guard comes from, one of GUARDS; only answers have it.
        insisted: names of the fields that a flag gave; they replace settings with other values,
            while answers only supply values that a fix has to write.
        guarded: the user asks for the guard now, through `adopt`, and so wants it to be loaded.
        policy: what they want of the rules; None for what pyproject.toml says.

    """

    mode: str | None = None
    loop_scope: str | None = None
    timeout: int | None = None
    backend: str | None = None
    guard: str | None = None
    insisted: frozenset[str] = frozenset()
    guarded: bool = False
    policy: Policy | None = None

    @property
    def instead_of_legacy(self) -> str:
        """The mode for `legacy`: auto, which does the same, unless a flag asks for another."""
        return self.mode if self.mode and "mode" in self.insisted else "auto"


def decide(
    *,
    mode: str | None,
    loop_scope: str | None,
    timeout: int | None,
    answers: dict[str, str],
) -> Desired:
    """Take each value from the flags (None if not given), otherwise from the answers.

    Raises:
        UserError: an answer is not a valid value.

    """
    flags = {"mode": mode, "loop_scope": loop_scope, "timeout": timeout}
    given = answers.get("timeout")
    if given is not None and not (given.isdecimal() and len(given) < _DIGITS):
        raise UserError(f"the answer timeout: {given[:_DIGITS]} is not a number of seconds")
    return Desired(
        mode=mode or _choice(answers, "mode", MODES),
        loop_scope=loop_scope or _choice(answers, "loop_scope", LOOP_SCOPES),
        timeout=timeout if timeout is not None else (None if given is None else int(given)),
        backend=_choice(answers, "backend", BACKENDS),
        guard=_choice(answers, "guard", GUARDS),
        insisted=frozenset(name for name, value in flags.items() if value is not None),
    )


def read_answers(root: Path, answers_file: Path | None) -> dict[str, str]:
    """Read the answers that Copier wrote: flat `key: value` lines, values as text.

    Copier (9.19) also writes nested values; they and their lines are left out, because no answer of
    this template is nested.

    Args:
        root: where the answers to this template are looked for; see `find_answers`.
        answers_file: a file to read instead, which then must exist.

    Raises:
        UserError: the file cannot be read, or says the same key twice.

    """
    path = answers_file or find_answers(root)
    if path is None:
        return {}
    try:
        text = files.decode(seen.followed(str(path))).text
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", path=path) from error
    except ParseError as error:
        error.path = path
        raise
    answers: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith(("#", "---", "...")):
            continue
        if line[0] in " \t-":
            continue
        key, colon, value = line.partition(":")
        if not re.fullmatch(_KEY, key) or not colon or value[:1].strip():
            raise UserError("not a `key: value` line", path=path, line=number)
        if key in answers:
            raise UserError(f"the answer {key} is given twice", path=path, line=number)
        answers[key] = _scalar(value.strip())
    return answers


def find_answers(root: Path) -> Path | None:
    """Find the answers to this template: in Copier's usual file, in another, or in `.config`."""
    disk = Disk(root)
    usual = [n for n in disk.names() if n.startswith(".copier-answers") and n.endswith(".yml")]
    configured = Disk(root / ".config").names()
    others = [n for n in configured if "copier-answers" in n and n.endswith(".yml")]
    for name in (*sorted(usual, key=len), *(f".config/{n}" for n in sorted(others, key=len))):
        data = disk.read(name)
        if why := disk.left_out.get(name):
            raise UserError(f"these answers are not read: {why}", path=root / name)
        if data is not None and re.search(_OURS, data):
            return root / name
    return None


def _choice(answers: dict[str, str], name: str, choices: tuple[str, ...]) -> str | None:
    value = answers.get(name)
    if value is not None and value not in choices:
        raise UserError(f"the answer {name}: {value} is none of {', '.join(choices)}")
    return value


def _scalar(value: str) -> str:
    """Remove the quotes and the comment of a YAML scalar."""
    if value[:1] in {"'", '"'}:
        end = value.find(value[0], 1)
        return value[1:end] if end > 0 else value
    return re.split(r"(?<=\s)#", value, maxsplit=1)[0].rstrip()

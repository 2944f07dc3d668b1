"""Bring a repository to the template's set-up: infer the answers, and run Copier, untrusted."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import tempfile
from contextlib import contextmanager
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from async_test_template import HOME, __version__
from async_test_template.boundaries import is_project
from async_test_template.desired import ANSWERS_FILE, BESIDE, find_answers
from async_test_template.errors import UserError
from async_test_template.infer import Answer, infer
from async_test_template.rules.guard import CONTRACT, VENDORED
from async_test_template.rules.obstacles import obstacles
from async_test_template.shown import shown
from async_test_template.uncommitted import OF_REPOSITORY
from async_test_template.write import belongs_to_git

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from async_test_template.project import Project

_OF_TESTS = re.compile(r"test_.*\.py|.*_test\.py|conftest\.py")
#: The questions of the template; Copier would silently accept any other key.
QUESTIONS = (
    "project_kind",
    "project_name",
    "package_name",
    "description",
    "framework",
    "backend",
    "with_trio",
    "event_loop",
    "database",
    "mode",
    "loop_scope",
    "timeout",
    "guard",
    "contract_test",
    "pre_commit",
    "python_version",
    "ci",
    "ci_shards",
    "ci_pins",
    "own_files",
)


#: The file of a CI, by the answer.
_OF_CI = {"github": ".github/workflows/test.yml", "gitlab": ".gitlab-ci.yml"}
#: What the template adds to an existing project if it is missing; one entry is a folder.
FILES = (
    "tests/async_guard.py",
    VENDORED,
    "tests/conftest.py",
    f"tests/{CONTRACT}",
    *_OF_CI.values(),
)


def template_source() -> tuple[str, str]:
    """Return where the template is and its version: those of the engine, as others reach them."""
    try:
        origin = metadata.distribution("async-test-template").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        origin = None
    return template_of(origin)


def template_of(origin: str | None) -> tuple[str, str]:
    """Return the template's source and version for an installed engine's direct_url.json (PEP 610).

    A folder of this machine is none that an update by a colleague or a bot could use.
    """
    record = json.loads(origin) if origin else {}
    vcs = record.get("vcs_info", {})
    if vcs.get("vcs") == "git" and not record["url"].startswith("file:"):
        return f"git+{record['url']}", vcs["commit_id"]
    return HOME, __version__


def require_one_project(project: Project) -> None:
    """Require that the folder of a project is one, and does not only hold others.

    Raises:
        UserError: projects are below, and the folder itself has no configuration of pytest's, no
            package and no tests; names them.

    """
    # The walk through the Python files finds the projects.
    own = [file.rpartition("/")[2] for file in project.memory.disk.python_files]
    below = project.memory.boundaries.projects
    if not below or is_project(project.root) or any(map(_OF_TESTS.fullmatch, own)):
        return
    command = " ".join(shlex.quote(folder) for folder in below)
    raise UserError(
        f"is no project, and holds {len(below)}: run `adopt {command}` there, or name some of them",
        path=project.root,
    )


def decide_answers(project: Project, given: Mapping[str, str]) -> list[Answer]:
    """Infer the answers of a repository; answers that are given overrule the inferred ones.

    Raises:
        UserError: the repository was adopted before, a file of it cannot be read, or a given
            answer fits no question, or does not fit an existing project.

    """
    for key in given:
        if key not in QUESTIONS:
            raise UserError(f"the template has no question {key}, only {', '.join(QUESTIONS)}")
    kind = given.get("project_kind", "existing")
    if kind != "existing":
        raise UserError(
            f"the answer project_kind: {kind} is not for adopt, which only takes existing"
        )
    found = find_answers(project.root)
    if found is not None:
        raise UserError(
            "the template was here before; run `copier update`, or `migrate` for the settings",
            path=found,
        )
    _require_room(project.root)
    inferred = {answer.key: answer for answer in infer(project)}
    overruled = {key: Answer(key, value, "given") for key, value in given.items()}
    return list({**inferred, **overruled}.values())


def _require_room(root: Path) -> None:
    """Require that Copier would write its files where they belong: it writes through links.

    Raises:
        UserError: a folder of theirs leads elsewhere, or something else has the name of the
            answers.

    """
    if os.path.lexists(root / BESIDE):
        reason = "is where the answers go, and holds none of this template"
        raise UserError(reason, path=root / BESIDE)
    folders = {VENDORED, *(os.path.dirname(name) for name in FILES)}  # noqa: PTH120 - a text
    for folder in sorted(folders):
        target = Path(os.path.realpath(root / folder))
        if not target.is_relative_to(root) or belongs_to_git(target):
            reason = f"leads to {target}, and files of the template belong there"
            raise UserError(reason, path=root / folder)


def files_to_edit(project: Project) -> set[str]:
    """Return the edits of the project's own files that the template's files need."""
    conftest = project.root / "tests" / "conftest.py"
    found = {"tests/conftest.py"} if conftest.exists() else set()
    for obstacle in obstacles(project, f"tests/{CONTRACT}"):
        found |= {edit.file for edit in obstacle.edits}
    return found


def kept(there: Collection[str], answers: Iterable[Answer]) -> list[str]:
    """List the files that the answers ask for and that were not added, because they are there.

    The guard's are not among them: `require_adoptable` refuses what is none.
    """
    of_ci = {_OF_CI.get(answer.value) for answer in answers if answer.key == "ci"}
    return [name for name in there if name in {f"tests/{CONTRACT}", *of_ci}]


def added(root: Path, there: Collection[str]) -> list[Path]:
    """List the files of the template that exist now and did not exist before.

    Args:
        root: the project.
        there: which of FILES existed before.

    """
    new = [root / name for name in FILES if name not in there]
    return [file for path in new for file in (path, *path.glob("*")) if file.is_file()]


def table(answers: Iterable[Answer]) -> str:
    """Show the answers with their reasons, in columns."""
    rows = list(answers)
    keys = max(len(answer.key) for answer in rows)
    values = max(len(answer.value) for answer in rows)
    lines = (f"{a.key:{keys}}  {a.value:{values}}  {a.reason}" for a in rows)
    return "\n".join(map(shown, lines)) + "\n"


def confirm() -> bool:
    """Ask whether to go on.

    Raises:
        UserError: there is no terminal to ask on.
        KeyboardInterrupt: the user pressed Ctrl-C.

    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UserError("adopt asks before it writes, and there is no terminal: pass --yes")
    # Imported here: it takes 0.3 s, and only this asks anything.
    import questionary

    return bool(questionary.confirm("Add the files of the template?").unsafe_ask())


def require_copier() -> None:
    """Say that Copier is missing before anything is asked.

    Raises:
        UserError: Copier is not installed.

    """
    if find_spec("copier") is None:
        raise UserError("adopt needs Copier: run it as `uvx --with copier …`, or install copier")


def copy_template(given: str | None, project: Project, answers: Iterable[Answer]) -> str:
    """Run `copier copy` without trust; in an existing project it only adds what is missing.

    Args:
        given: a source of the template, whose newest release is taken; None for the engine's own.
        project: where its files belong.
        answers: what to answer.

    Returns:
        The file with the answers, which is a separate one if another template has answers here.

    Raises:
        UserError: Copier refuses an answer or the template, or cannot get it.

    """
    # Imported here: of all commands only this needs Copier, which is not a dependency.
    import copier
    from copier.errors import CopierError

    answers_file = BESIDE if (project.root / ANSWERS_FILE).exists() else ANSWERS_FILE
    template, version = (given, None) if given else template_source()
    # Resolved here, because Copier starts in another folder.
    local = Path(template).expanduser().resolve()
    source = str(local) if local.exists() else template
    try:
        with _away():
            copier.run_copy(
                source,
                project.root,
                data={answer.key: answer.value for answer in answers},
                answers_file=answers_file,
                vcs_ref=version,
                defaults=True,
                quiet=True,
                unsafe=False,
            )
    except (ValueError, CopierError) as error:
        raise UserError(f"Copier refuses: {error}") from error
    except OSError as error:  # for example plumbum's, if git fails
        said = str(getattr(error, "stderr", "")).strip().splitlines()
        # Git says first what it is about to do.
        reason = next((line for line in said if line.startswith("fatal: ")), "".join(said[:1]))
        reason = reason or error.strerror or type(error).__name__
        raise UserError(f"Copier cannot copy {template}: {reason}") from error
    if local.exists():
        print(
            shown(f"Others do not have {local}: write the template's URL into {answers_file}."),
            file=sys.stderr,
        )
    return answers_file


@contextmanager
def _away() -> Iterator[None]:
    """Make Copier start git in an empty folder outside of any repository.

    `git ls-remote` obeys the configuration of the repository in which it starts. That may name a
    program for every URL (`url.insteadOf` with `protocol.ext.allow`, `core.sshCommand`,
    `credential.helper`).
    """
    # The function by which Copier (9.17) starts git; it copies the environment itself.
    from plumbum import local

    with tempfile.TemporaryDirectory(prefix="async-test-template-") as folder:
        empty = Path(folder).resolve() / "empty"
        empty.mkdir()
        above = os.environ.get("GIT_CEILING_DIRECTORIES")
        ceilings = os.pathsep.join(filter(None, [str(empty.parent), above]))
        handed_on = {name: os.environ.pop(name) for name in OF_REPOSITORY & os.environ.keys()}
        try:
            with local.cwd(empty), local.env(GIT_CEILING_DIRECTORIES=ceilings):
                for name in handed_on.keys() & local.env.keys():
                    del local.env[name]
                yield
        finally:
            os.environ.update(handed_on)

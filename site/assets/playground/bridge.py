"""What the playground calls in the browser: the command line, on files in memory."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from pathlib import Path

from async_test_template.cli import main

ROOT = Path("/project")


def empty() -> None:
    """Begin with a folder that has no file."""
    os.chdir("/")
    shutil.rmtree(ROOT, ignore_errors=True)
    ROOT.mkdir()
    os.chdir(ROOT)


def check(options: str) -> str:
    """Check the files, and return what `--format json` has, with the sentences around it.

    Args:
        options: more options of the command, as a JSON list.

    """
    status, output, said = _run("check", "--format", "json", *json.loads(options))
    report = json.loads(output) if output.strip() else None
    return json.dumps({"status": status, "report": report, "said": said})


def fix(options: str) -> str:
    """Return the fixes as a diff that `git apply` takes."""
    status, output, said = _run("migrate", "--diff", *json.loads(options))
    return json.dumps({"status": status, "diff": output, "said": said})


def _run(*arguments: str) -> tuple[int, str, str]:
    output = io.TextIOWrapper(io.BytesIO(), "utf-8", errors="surrogateescape", newline="")
    said = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(said):
        status = main(arguments)
    output.flush()
    return status, output.buffer.getvalue().decode(errors="replace"), said.getvalue()

# /// script
# requires-python = ">=3.11"
# ///
"""Write the name of this repository into every file that has to contain it.

    uv run release/repository.py

The name is in pyproject.toml, as the URL `Source`. Whoever owns a fork changes that line and
runs this script. The name of the owner is free, that of the repository is not: the preset for
Renovate knows the template by it.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import tomllib

ROOT = Path(__file__).parents[1]
NAME = "async-test-template"
#: Tests have names of their own, and the past keeps its names.
KEPT = ("tests/", "guard/tests/", "CHANGELOG.md")
_URL = re.compile(rf"https://github\.com/([\w-]+)/{NAME}")
#: What the documents and the code write before the owner, and after.
_OWNER = re.compile(
    r"(?P<before>github\.com/|githubusercontent\.com/|gh:|github>|uses: |--repo )"
    rf"[\w-]+(?P<after>/{NAME}(?![\w-]))"
)
#: The same in the address of the site.
_SITE = re.compile(rf"(?<=https://)[\w-]+(?=\.github\.io/{NAME}(?![\w-]))")


def main() -> None:
    """Write the name into all files that are shipped."""
    name = owner()
    for file in shipped():
        data = file.read_bytes()
        if NAME.encode() in data and (text := data.decode()) != (new := named(text, name)):
            file.write_text(new, encoding="utf-8", newline="")
            print(f"wrote {file.relative_to(ROOT)}")


def owner() -> str:
    """Return the owner that pyproject.toml names.

    Raises:
        SystemExit: the URL there is not that of a repository of this name on GitHub.

    """
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    url = metadata["project"]["urls"]["Source"]
    found = _URL.fullmatch(url)
    if found is None:
        sys.exit(f"error: Source in pyproject.toml is {url}, not https://github.com/OWNER/{NAME}")
    return found[1]


def shipped() -> list[Path]:
    """List the files of this repository that others see."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode()
    files = (ROOT / name for name in listed.split("\0") if name and not name.startswith(KEPT))
    return [file for file in files if file.is_file()]


def named(text: str, name: str) -> str:
    """Return a text with the owner in every mention of the repository."""
    return _SITE.sub(name, _OWNER.sub(rf"\g<before>{name}\g<after>", text))


if __name__ == "__main__":
    main()

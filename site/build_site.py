"""Build the site: site/build/html gets everything that a server has to serve.

    npm ci --ignore-scripts --prefix site
    uv run site/build_site.py

The first command brings Pyodide; after that, nothing needs a network.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

import tomlkit

sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))
sys.path.insert(0, str(Path(__file__).parents[1] / "hooks"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from async_test_template import SITE as ADDRESS
from browser import MissingError, write_examples, write_python
from checkout import BUILD, ROOT, SITE
from copies import Copies
from markdown_pages import LinkError, page
from sitemap import all_pages, navigation


def main() -> None:
    """Build it.

    Raises:
        SystemExit: a link leads nowhere, the generator fails, or npm has not brought Pyodide.

    """
    parser = argparse.ArgumentParser(description="Build the site.")
    parser.add_argument("--folder", type=Path, default=BUILD, help="default: %(default)s")
    build(parser.parse_args().folder.resolve())


def build(folder: Path, switches: int | None = None) -> Path:
    """Build the site in a folder, which is replaced, and return where it is.

    Args:
        folder: the folder.
        switches: how many questions have a switch on the start page, None for all.

    Raises:
        SystemExit: a link leads nowhere, or the generator fails.

    """
    shutil.rmtree(folder, ignore_errors=True)
    docs = folder / "docs"
    write_pages(docs)
    shutil.copytree(SITE / "assets", docs / "assets")
    (docs / "pictures").mkdir()
    for picture in (ROOT / "docs").glob("*.svg"):
        shutil.copy(picture, docs / "pictures")
    (folder / "zensical.toml").write_text(configuration(), encoding="utf-8")
    zensical = Path(sys.executable).with_name("zensical")
    done = subprocess.run([zensical, "build", "--strict"], cwd=folder, check=False)
    if done.returncode:
        sys.exit("error: the generator failed")
    html = folder / "html"
    write_examples(html / "examples")
    copies = json.dumps(Copies(switches).as_data())
    (html / "copies.json").write_text(copies, encoding="utf-8")
    try:
        write_python(html)
    except MissingError as error:
        sys.exit(f"error: {error}")
    return html


def write_pages(folder: Path) -> None:
    """Write the Markdown of all pages."""
    pages = all_pages()
    try:
        for source, place in pages.items():
            path = folder / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(page(source, pages), encoding="utf-8")
    except LinkError as error:
        sys.exit(f"error: {error}")


def configuration() -> str:
    """Return the configuration of the generator."""
    config = tomlkit.parse((SITE / "zensical.toml").read_text(encoding="utf-8")).unwrap()
    config["project"] |= {
        "site_url": f"{ADDRESS}/",
        "docs_dir": "docs",
        "site_dir": "html",
        "nav": navigation(),
    }
    return tomlkit.dumps(config)


if __name__ == "__main__":
    main()

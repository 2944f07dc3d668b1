"""The site as a server has it, and a browser."""

from __future__ import annotations

import functools
import shutil
from http.server import SimpleHTTPRequestHandler
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from helpers import serving, skip_outside_ci

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

BROWSERS = ("chromium", "google-chrome")
#: The questions that have a switch in these tests. With all of them, a build makes 120 copies.
SWITCHES = 4


@pytest.fixture(scope="session")
def built(shared_folder: Path) -> Path:
    """Return the site, built once for all workers."""
    from checkout import MODULES

    if not MODULES.is_dir():
        skip_outside_ci(
            "npm has not brought what the site needs: npm ci --ignore-scripts --prefix site"
        )
    # Imported here: not every Python that runs other tests has the generator.
    from build_site import build

    folder = shared_folder / "site"
    with FileLock(f"{folder}.lock"):
        if not (folder / "html" / "pyodide" / "archives.json").exists():
            build(folder, SWITCHES)
    return folder / "html"


@pytest.fixture(scope="session")
def address(built: Path) -> Iterator[str]:
    """Serve the site on this machine, and return its address."""
    handler = functools.partial(Quiet, directory=str(built))
    with serving(handler) as address:
        yield address


class Quiet(SimpleHTTPRequestHandler):
    """Prints no line for each request."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Print nothing."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start a real browser."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        skip_outside_ci("this machine has no browser: get it by `apt-get install chromium`")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """Return a page of a new profile, and require that it asked no other host and had no error."""
    context = browser.new_context(base_url=address, accept_downloads=True)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    asked: list[str] = []
    errors: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.on("console", lambda message: errors.append(message.text) if is_bad(message) else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []
    assert asked
    assert [url for url in asked if not url.startswith((address, "blob:", "data:"))] == []


def is_bad(message: object) -> bool:
    """Tell whether a message on the console is an error or a warning."""
    return getattr(message, "type", "") in {"error", "warning"}

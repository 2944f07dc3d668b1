"""The playground and the start page work in a real browser, and ask no other host for anything."""

from __future__ import annotations

import _imp
import json
import re
import zipfile
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from async_test_template import HOME, SITE
from checkout import MODULES
from copies import NAME
from helpers import git, render, run

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

SLEEPS = "import time\n\n\nasync def test_it():\n    time.sleep(1)\n"
READY = re.compile(r"\d+ findings? in|Nothing found in")
DIFF = "#pg-diff[aria-busy=false] :is(pre, p)"
#: The pages whose accessibility is tested, beside the playground, with what has to be there first.
JUDGED = {
    "/": "h1",
    "/rules/at601/": "h1",
    "/messages/event_loop_is_closed/": "h1",
    "/start/": "#st-content span",
}
#: The commands whose text is behind the button that copies them.
COVERED = """() => [...document.querySelectorAll(".language-text")].filter((block) => {
  const button = block.querySelector("button")?.getBoundingClientRect();
  const text = document.createRange();
  text.selectNodeContents(block.querySelector("code"));
  return [...text.getClientRects()].some(
    (line) => line.right > button?.left && line.top < button.bottom && line.bottom > button.top,
  );
}).map((block) => block.innerText)"""


def wait_for_result(page: Page) -> None:
    """Wait until the findings and the fixes of what is in the page are there."""
    from playwright.sync_api import expect

    expect(page.locator("#pg-status")).to_have_text(READY, timeout=120_000)
    page.locator(DIFF).wait_for()


# site.yml runs it before the site is published.
@pytest.mark.full
def test_the_playground_checks_and_fixes(page: Page, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    page.goto("/rules/at601/")
    page.get_by_role("link", name="Try it").first.click()
    wait_for_result(page)
    text = page.get_by_label("Content of the file")
    before = text.input_value()
    assert '@pytest.mark.asyncio(scope="module")' in before
    finding = page.get_by_role("listitem").filter(has_text="AT601 mark-scope-argument")
    assert "fix: safe" in finding.inner_text()
    # Beside the line, and the place leads to it.
    assert page.locator("#pg-gutter .warning").inner_text() == "4"
    finding.get_by_role("button", name="test_it.py:4").press("Enter")
    assert page.evaluate("getSelection().toString()").startswith("@pytest.mark.asyncio")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download the patch").click()
    patch = tmp_path / "one.patch"
    saved.value.save_as(patch)
    (tmp_path / "test_it.py").write_text(before)
    git(tmp_path, "apply", str(patch))
    assert 'asyncio(loop_scope="module")' in (tmp_path / "test_it.py").read_text()
    # What is typed is checked.
    text.fill(SLEEPS)
    expect(page.locator("#pg-findings")).to_contain_text("AT514 blocking-sleep")
    page.locator(DIFF).wait_for()
    # A folder: what does not belong to the project is left aside.
    folder = tmp_path / "chosen"
    for name in ("tests/test_a.py", "pytest.ini", "node_modules/x/test_b.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("[pytest]\nasyncio_mode = legacy\n" if "ini" in name else before)
    page.get_by_label("Choose a folder").set_input_files(folder)
    expect(page.locator("#pg-findings")).to_contain_text("AT101 asyncio-mode-legacy")
    names = (
        page.get_by_label("File", exact=True)
        .locator("option")
        .evaluate_all("options => options.map(option => option.value)")
    )
    assert names == ["pytest.ini", "tests/test_a.py"]
    # With unsafe fixes the diff may hold more; the choice is made by keyboard.
    page.locator(DIFF).wait_for()
    page.get_by_role("radio", name=re.compile("^safe")).press("ArrowRight")
    expect(page.get_by_role("radio", name=re.compile("^unsafe"))).to_be_checked()
    page.locator(DIFF).wait_for()
    assert "+asyncio_mode = " in page.get_by_role("region", name="Diff").inner_text()
    # Here, because it takes seconds of work to load the playground once more.
    assert_accessible(page)


# As above.
@pytest.mark.full
def test_a_link_carries_what_is_in_the_playground(page: Page) -> None:
    from playwright.sync_api import expect

    page.goto("/rules/at601/")
    page.get_by_role("link", name="Try it").first.click()
    wait_for_result(page)
    page.get_by_label("Content of the file").fill(SLEEPS)
    expect(page.locator("#pg-findings")).to_contain_text("AT514 blocking-sleep")
    page.locator(DIFF).wait_for()
    page.get_by_role("button", name="Copy a link to this").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    page.goto("about:blank")
    page.goto(link)
    wait_for_result(page)
    assert "time.sleep(1)" in page.get_by_label("Content of the file").input_value()


def test_the_start_page_makes_what_copier_makes(page: Page, template: Path, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    page.goto("/start/")
    page.locator("#st-content span").first.wait_for()
    trio = page.get_by_role("radio", name=re.compile("^asyncio and trio"))
    assert trio.is_disabled()
    assert "pytest-asyncio needs asyncio" in page.locator("#st-switches .off").first.inner_text()
    page.get_by_role("radio", name=re.compile("^SQLite")).check()
    assert page.locator("#st-content .added").count() > 1
    expect(page.locator("#st-content .added").first).to_be_in_viewport()
    assert page.get_by_role("button", name="tests/test_database.py new").is_visible()
    # What a library cannot have goes back to the default, by keyboard alone.
    page.get_by_role("radio", name=re.compile("^FastAPI")).press("ArrowUp")
    expect(page.get_by_role("radio", name=re.compile("^a library"))).to_be_focused()
    expect(page.locator("#st-status")).to_contain_text("database went back to the default")
    page.get_by_role("radio", name=re.compile("^AnyIO")).check()
    assert trio.is_enabled()
    trio.check()
    command = page.locator("#st-command").inner_text()
    given = {"framework": "library", "backend": "anyio", "with_trio": True}
    data = " ".join(f"--data {key}={str(value).lower()}" for key, value in given.items())
    source = HOME.replace("https://github.com/", "gh:")
    assert command == f"uvx copier copy --defaults {data} {source} {NAME}"
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download as zip").click()
    saved.value.save_as(tmp_path / "saved.zip")
    copied = render(tmp_path / NAME, template, **given)
    expected = {p.relative_to(tmp_path).as_posix(): p for p in copied.rglob("*") if p.is_file()}
    with zipfile.ZipFile(tmp_path / "saved.zip") as archive:
        assert archive.testzip() is None
        assert {*archive.namelist()} == expected.keys()
        for name, path in expected.items():
            assert known(archive.read(name).decode()) == known(path.read_text()), name
        origin = archive.read(f"{NAME}/.copier-answers.yml").decode()
    assert f"_src_path: {HOME}\n" in origin


def known(text: str) -> str:
    """Return a file without what depends on where the template is."""
    return re.sub(r"^(_commit|_src_path): .*\n", "", text, flags=re.MULTILINE)


def test_axe_finds_nothing_on_a_phone(page: Page) -> None:
    for path, there in JUDGED.items():
        page.goto(path)
        page.locator(there).first.wait_for()
        assert_accessible(page)


def assert_accessible(page: Page) -> None:
    """Require that axe finds nothing in the page on a phone, in both colours, and that it fits."""
    page.set_viewport_size({"width": 390, "height": 800})
    page.evaluate((MODULES / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    schemes: dict[Literal["light", "dark"], str] = {"light": "default", "dark": "slate"}
    for scheme, palette in schemes.items():
        page.emulate_media(color_scheme=scheme)
        page.locator(f"body[data-md-color-scheme={palette}]").wait_for()
        # Each block of code has a button of the theme, in a landmark without a name.
        outside = "{exclude: ['.md-code__nav']}"
        found = page.evaluate(f"async () => (await axe.run({outside})).violations")
        told = [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found]
        assert told == [], (page.url, scheme)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, page.url
    assert page.evaluate(COVERED) == [], page.url


class Links(HTMLParser):
    """Collects where a page leads, and where one can be led in it."""

    def __init__(self) -> None:
        """Start with none."""
        super().__init__()
        self.targets: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        """Read a tag."""
        for name, value in attrs:
            if name in {"href", "src"} and value:
                self.targets.append(value)
            if name in {"id", "name"} and value:
                self.anchors.add(value)


def test_every_link_of_the_site_leads_somewhere(built: Path) -> None:
    pages: dict[str, Links] = {}
    for path in built.rglob("*.html"):
        links = Links()
        links.feed(path.read_text(encoding="utf-8"))
        pages[path.relative_to(built).as_posix()] = links
    assert len(pages) > 250
    for name, links in pages.items():
        for target in links.targets:
            # The page for what is not found is shown at any address.
            url = urlsplit(urljoin(f"{SITE}/{name}", target))
            if not url.geturl().startswith(f"{SITE}/") or name == "404.html":
                continue
            place = unquote(url.geturl().removeprefix(f"{SITE}/").partition("#")[0]).split("?")[0]
            file = f"{place}index.html" if place.endswith("/") or not place else place
            assert (built / file).is_file(), f"{name} leads to {target}"
            if url.fragment and file in pages:
                assert unquote(url.fragment) in pages[file].anchors, f"{name} leads to {target}"


def test_the_playground_has_the_wheel_as_it_is_built(built: Path, tmp_path: Path) -> None:
    *wheels, _ = json.loads((built / "pyodide" / "archives.json").read_text())
    assert {wheel.partition("-")[0] for wheel in wheels} == {
        "async_test_template",
        "packaging",
        "tomlkit",
    }
    # Without what an environment has, they are enough.
    folder = tmp_path / "unpacked"
    for wheel in wheels:
        with zipfile.ZipFile(built / "pyodide" / wheel) as archive:
            archive.extractall(folder)
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = legacy\n")
    program = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); from async_test_template.cli import main"
    )
    done = run(
        *("python3", "-I", "-S", "-c", f"{program}; sys.exit(main())", folder, "check"),
        cwd=tmp_path,
    )
    assert "AT101" in done.stdout, done.stdout


def test_the_playground_has_bytecode_of_just_this_source(built: Path) -> None:
    """Without it, a browser compiles all of it at each visit."""
    *wheels, bytecode = json.loads((built / "pyodide" / "archives.json").read_text())
    sources: dict[str, bytes] = {}
    for wheel in wheels:
        with zipfile.ZipFile(built / "pyodide" / wheel) as archive:
            sources |= {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(built / "pyodide" / bytecode) as archive:
        compiled = {
            re.sub(r"__pycache__/(.+)\.cpython-\d+\.pyc$", r"\1.py", name): archive.read(name)[:16]
            for name in archive.namelist()
        }
    # The flags say that an import compares the hash, whose key is the version of the bytecode.
    (magic,) = {head[:4] for head in compiled.values()}
    start = magic + (3).to_bytes(4, "little")
    assert compiled == {
        name: start + _imp.source_hash(int.from_bytes(magic, "little"), source)
        for name, source in sources.items()
        if name.endswith(".py")
    }
    with zipfile.ZipFile(built / "pyodide" / "python_stdlib.zip") as archive:
        names = {*archive.namelist()}
    assert {"argparse.pyc", "asyncio/events.pyc", "zipfile/__init__.pyc", "pdb.py"} <= names
    assert "argparse.py" not in names

"""Every file becomes a page, every link leads to one, and addresses that are printed are pages."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from async_test_template import HOME, SITE
from async_test_template.addresses import message_address, rule_address
from async_test_template.messages import all_messages
from async_test_template.plan import Plan
from async_test_template.repo_review import FamilyCheck
from async_test_template.report.documents import as_sarif
from async_test_template.rules import CODES, FIRST_STATIC
from build_site import write_pages
from copies import switches
from helpers import QUESTIONS, ROOT, choices
from markdown_pages import LinkError, page
from sitemap import all_pages, message_pages, rule_pages

if TYPE_CHECKING:
    from pathlib import Path

PAGES = {re.sub(r"(index)?\.md$", "", place).rstrip("/") for place in all_pages().values()}
#: Documents that are read in the repository alone.
ONLY_THERE = {"README.md"}


def place_of(address: str) -> str:
    """Return the path of a page from its address."""
    assert address.startswith(f"{SITE}/"), address
    return address.removeprefix(f"{SITE}/").partition("#")[0].rstrip("/")


def test_every_document_is_on_the_site() -> None:
    documents = {
        path.relative_to(ROOT).as_posix()
        for folder in ("docs", "guard", "fleet", "renovate", "site/pages", ".")
        for path in (ROOT / folder).glob("**/*.md" if folder == "docs" else "*.md")
    }
    assert documents - ONLY_THERE <= {*all_pages()}
    assert len({*all_pages().values()}) == len(all_pages())


@pytest.mark.slow
def test_all_pages_can_be_written(tmp_path: Path) -> None:
    """A link to a file that is not there would end it."""
    write_pages(tmp_path)
    assert {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.md")} == {
        *all_pages().values()
    }


def test_the_page_of_a_rule_has_links_titles_and_examples_to_try() -> None:
    (source,) = (path for path, place in rule_pages().items() if place == "rules/at601.md")
    text = page(source, all_pages())
    assert text.startswith('---\ntitle: "AT601 mark-scope-argument: `mark.asyncio(scope=...)` is ')
    assert '```python title="test_it.py"\nimport pytest\n' in text
    assert text.count('href="../../playground/?example=AT601.') == 5
    assert 'href="../../playground/?example=AT601.4"' in text


def test_the_title_of_a_message_is_the_message() -> None:
    (source,) = (path for path, place in message_pages().items() if "requires_aiter" in place)
    text = page(source, all_pages())
    said = "TypeError: 'async for' requires an object with __aiter__ method, got ..."
    assert text.startswith(f"---\ntitle: {json.dumps(said)}\n")
    assert r"requires an object with \_\_aiter\_\_ method" in text
    rules = page("docs/how-to/anyio-and-trio.md", all_pages())
    assert '[AT113](../rules/at113.md "auto-mode-with-anyio")' in rules
    assert f"]({HOME}/tree/main/benchmarks)" in page("docs/speed.md", all_pages())


def test_a_link_that_leads_nowhere_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.md").write_text("[a](two.md)\n")
    monkeypatch.setattr("markdown_pages.ROOT", tmp_path)
    with pytest.raises(LinkError, match=r"one\.md links to two\.md, and there is no such file"):
        page("one.md", {"one.md": "one.md"})


def test_every_printed_address_is_a_page() -> None:
    assert all(place_of(rule_address(code)) in PAGES for code in CODES)
    assert all(place_of(message_address(message.name)) in PAGES for message in all_messages())
    assert place_of(FamilyCheck.url) in PAGES
    (run,) = json.loads(as_sarif(Plan()))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert {rule["helpUri"] for rule in rules} == {rule_address(code) for code in CODES}
    assert min(CODES) < FIRST_STATIC


def test_every_question_with_choices_that_copier_asks_has_a_switch() -> None:
    """If the combinations become too many, the last questions have none, and this has to say so."""
    asked = {
        key: {"help": question["help"], "values": choices(key)}
        for key, question in QUESTIONS.items()
        if "choices" in question and question.get("ask") is not False
    }
    offered = {
        switch["key"]: {
            "help": switch["help"],
            "values": [choice["value"] for choice in switch["choices"]],
        }
        for switch in switches()
    }
    assert offered == asked


def test_the_start_page_names_the_questions_that_have_no_switch() -> None:
    """With each value that it gives, which has to be one."""
    text = (ROOT / "site/pages/start.md").read_text()
    named = dict(re.findall(r"--data (\w+)=([^`]+)`", text))
    # These follow from the folder, and from the release of the template.
    decided = {"project_kind", "project_name", "package_name", "ci_pins", "own_files"}
    assert named.keys() == QUESTIONS.keys() - {switch["key"] for switch in switches()} - decided
    for key, value in named.items():
        if "choices" in QUESTIONS[key]:
            assert value in {str(choice).lower() for choice in choices(key)}, key


def test_the_readme_leads_to_pages_and_begins_with_the_picture() -> None:
    readme = (ROOT / "README.md").read_text()
    assert len(readme.splitlines()) <= 150
    targets = re.findall(r"\]\(([^)]+)\)", readme)
    # On an index a relative one would lead nowhere.
    assert all(target.startswith("https://") for target in targets)
    ours = [target for target in targets if target.startswith(SITE)]
    assert len(ours) > 10
    assert all(place_of(target) in PAGES for target in ours)
    files = [re.sub(r".*?/main/", "", t) for t in targets if "/main/" in t]
    assert files[0] == "docs/diff.svg"
    assert all((ROOT / file).is_file() for file in files)

"""Write what is made from the rules: docs/rules.md, docs/schema.json, rules/known.py, each frame.

    uv run docs/write_rules.py

A rule that has no page yet gets one to fill in.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "hooks"))

from async_test_template.documentation import TO_WRITE, framed, index, known, messages_index  # noqa: E402
from async_test_template.rules import CODES, head_of, load, page_of  # noqa: E402
from async_test_template.rules.pages import PageError  # noqa: E402
from async_test_template.schema import schema_file  # noqa: E402


def main() -> None:
    """Write them all.

    Raises:
        PageError: the beginning of a page has the wrong form.

    """
    for code in CODES:
        page = page_of(code)
        if page.exists():
            text = framed(load(code), head_of(code), page.read_text(encoding="utf-8"))
        else:
            text = framed(load(code), TO_WRITE)
        page.write_text(text, encoding="utf-8")
    (ROOT / "hooks/async_test_template/rules/known.py").write_text(known(), encoding="utf-8")
    (ROOT / "docs/rules.md").write_text(index(), encoding="utf-8")
    (ROOT / "docs/messages.md").write_text(messages_index(), encoding="utf-8")
    (ROOT / "docs/schema.json").write_text(schema_file(), encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except PageError as error:
        sys.exit(str(error))

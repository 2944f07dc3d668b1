"""The checkout that the site is made from."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
SITE = ROOT / "site"
#: What is made, and what npm has brought; git ignores both.
BUILD = SITE / "build"
MODULES = SITE / "node_modules"

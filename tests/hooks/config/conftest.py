"""Settings of Hypothesis: half a minute for all, and no deadline on a shared machine."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("editors", max_examples=25, deadline=None)
settings.load_profile("editors")

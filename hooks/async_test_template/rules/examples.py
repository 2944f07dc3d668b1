"""Projects that are examples: nobody runs their tests every day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.boundaries import EXAMPLES, is_below
from async_test_template.findings import Severity
from async_test_template.rules import load

if TYPE_CHECKING:
    from async_test_template.findings import Finding


def in_example(finding: Finding) -> Finding:
    """Make advice of a warning in a folder of examples; an error breaks an example too."""
    severity = finding.severity or load(finding.code).severity
    if severity is Severity.WARNING and is_below(finding.file, EXAMPLES):
        return finding._replace(severity=Severity.ADVICE)
    return finding

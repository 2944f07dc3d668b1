"""The premises of a rule, as far as they are data: where it may report, and where it may fix."""

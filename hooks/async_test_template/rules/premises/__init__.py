"""The premises of a rule, as far as they are data: where it may speak, and where it may fix."""

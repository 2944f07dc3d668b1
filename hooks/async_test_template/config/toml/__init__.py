"""TOML: what a document means, where a value is, how it is laid out, and the edits."""

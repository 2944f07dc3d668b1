"""TOML: what a document means, where a value stands, how it is laid out, and the edits."""

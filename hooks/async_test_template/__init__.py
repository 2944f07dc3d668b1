"""Bring an existing repository's asynchronous tests up to date, without losing a byte."""

__version__ = "1.9.0"
#: Where this project lives. release/repository.py writes it.
HOME = "https://github.com/org/async-test-template"
#: Its documentation. release/repository.py writes it.
SITE = "https://org.github.io/async-test-template"

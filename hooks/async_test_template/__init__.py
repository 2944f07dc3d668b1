"""Bring an existing repository's asynchronous tests up to date, without losing a byte."""

__version__ = "1.2.0"

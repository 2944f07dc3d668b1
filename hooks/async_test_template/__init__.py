"""Bring an existing repository's asynchronous tests up to date, without losing a byte."""

__version__ = "0.1.0"

"""Editors that change one value of a configuration file and leave every other byte alone."""

"""The command line's face: ``mixtura fit faithful.csv -k 2``."""

from .entry import main

__all__ = ["main"]

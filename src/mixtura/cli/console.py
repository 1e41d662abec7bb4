"""Consoles: tables on standard output, progress on standard error."""

from __future__ import annotations

import sys
from typing import NoReturn, TextIO

from rich.console import Console


class _Console(Console):
    def on_broken_pipe(self) -> NoReturn:
        """Leave a closed pipe to `entry.main`, where rich would end the process itself."""
        raise


def out() -> Console:
    """Return the console for people on standard output as it is now."""
    return to(sys.stdout)


def err() -> Console:
    """Return the console on standard error as it is now."""
    return to(sys.stderr)


def to(file: TextIO) -> Console:
    """Return a console that prints into a file, names with [brackets] and :colons: as they are."""
    return _Console(file=file, highlight=False, markup=False, emoji=False)

"""Consoles: tables on standard output, progress on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, NoReturn, TextIO

from rich.console import Console
from rich.segment import Segment

from .printing import printable


class _Console(Console):
    def on_broken_pipe(self) -> NoReturn:
        """Leave a closed pipe to `entry.main`, where rich would end the process itself."""
        raise

    def render(self, *arguments: Any, **options: Any) -> Iterable[Segment]:
        """Yield what is printed, without commands to a terminal in names that others wrote."""
        for text, style, control in super().render(*arguments, **options):
            yield Segment(text if control else printable(text), style, control)


def out() -> Console:
    """Return the console for people on standard output as it is now."""
    return to(sys.stdout)


def err() -> Console:
    """Return the console on standard error as it is now."""
    return to(sys.stderr)


def to(file: TextIO) -> Console:
    """Return a console that prints into a file, names with [brackets] and :colons: as they are."""
    return _Console(file=file, highlight=False, markup=False, emoji=False)


def note(sentence: str) -> None:
    """Tell a person on standard error what a program need not know."""
    err().print(f"mixtura: note: {sentence}", soft_wrap=True)

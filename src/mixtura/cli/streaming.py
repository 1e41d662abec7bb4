"""Streaming: files too large to be read as a table are read a part at a time."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ..sources import Source, open_source
from ..sources.asked import Asked
from ..sources.files import batches_of
from ..sources.keeping import kept
from ..sources.paths import File, found
from ..sources.reading import Reading
from . import console, digits

LARGE = 50_000_000  # bytes of files, from which on they are read so


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where rows of large files may stay, and who is told how far a read has come."""

    memory: str | None
    scratch: str | None
    threads: int | None
    compress: bool
    say: Callable[[str], None]


def large(patterns: Sequence[str]) -> list[File]:
    """Return the files that patterns stand for if they are large, else none; standard input never is."""
    if not patterns or "-" in patterns or any(os.path.isdir(pattern) for pattern in patterns):
        return []
    files = found(patterns)
    return files if sum(os.path.getsize(file.path) for file in files) >= LARGE else []


def opened(
    files: Sequence[File], keeping: Keeping, *, columns: Sequence[str], weights: str | None, sql: str | None
) -> Source:
    """Return the source of large files, or of a query over them.

    Rows that fit into the memory allowed stay there.

    Raises
    ------
    ValueError
        If the data cannot be read or are not numbers, with the place and the cure.
    """

    def told(state: Reading) -> None:
        keeping.say(sentence(state))

    asked = Asked.of(columns, weights, None, keeping.memory, keeping.scratch, keeping.threads, None, told)
    with _said():
        source = kept(batches_of(files, asked, sql), asked)
    return open_source(source, compress="auto" if keeping.compress else False)


class _AtTheTerminal(logging.Handler):
    """Tells whoever sits at the terminal, and nobody else."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a sentence."""
        screen = console.err()
        if screen.is_terminal:
            screen.print(f"mixtura: {record.getMessage()}", soft_wrap=True)


@contextmanager
def _said() -> Iterator[None]:
    """Say what is copied meanwhile, and how large that becomes."""
    logger, handler = logging.getLogger("mixtura"), _AtTheTerminal()
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


def sentence(state: Reading) -> str:
    """Word how far a read has come.

    Examples
    --------
    >>> sentence(Reading(2, 3_000_000, 12_000_000, 1.5))
    'read 2: 25%, 2,000,000 rows a second, 4.5 s left'
    >>> sentence(Reading(0, 1_000_000, None, 2.0))
    'first look: 1,000,000 rows, 500,000 rows a second'
    """
    lead = f"read {state.read}" if state.read else "first look"
    far = f"{state.rows:,} rows"
    if state.n_rows:
        far = f"{min(1.0, state.rows / state.n_rows):.0%}"
    pace = f", {round(state.rows / state.seconds):,} rows a second" if state.seconds > 0 else ""
    left = "" if state.left is None else f", {digits.general(state.left)} s left"
    return f"{lead}: {far}{pace}{left}"

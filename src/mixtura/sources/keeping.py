"""Keeping: where the rows of batches are to stay: in memory, in a copy on the disk, or where they are."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import closing

import numpy as np

from .ahead import ahead
from .array import ArraySource
from .asked import Asked
from .base import Source
from .batches import Batches, size_text
from .reading import Reading
from .scratch import Scratch
from .stream import StreamSource
from .tabular import Piece

MUCH = 2.0  # times the memory: what seems as large as that is not tried to be kept

logger = logging.getLogger("mixtura")


def kept(batches: Batches, asked: Asked) -> Source:
    """Return the source of batches: an array's if they fit into the memory that is allowed, else a stream's.

    A copy is made, of what does not fit, where it is dear to read again.
    """
    most = asked.memory if batches.n_rows is not None else MUCH * asked.memory
    larger = batches.size is not None and batches.size > most
    if larger and not batches.dear:
        return _streamed(batches, asked)
    copy = _begun(batches, asked) if larger else None
    room = Room(batches, 0 if larger else asked.memory)
    began, rows = time.monotonic(), 0
    with closing(ahead(batches.pieces, cancel=batches.cancel)) as pieces:
        for piece in pieces:
            rows += len(piece[0])
            if asked.told is not None:
                asked.told(Reading(0, rows, batches.expected, time.monotonic() - began))
            if copy is not None:
                copy.add(piece)
            elif not room.take(piece):
                if not batches.dear:
                    return _streamed(batches, asked)
                copy = _begun(batches, asked)
                for held in (*room.pieces(), piece):
                    copy.add(held)
                room.clear()
    if copy is not None:
        return _streamed(copy, asked)
    x, weights = room.rows()
    if not len(x):
        raise ValueError(f"{batches.name}: the data are empty, there is no row")
    return ArraySource(x, weights, n_threads=asked.n_threads, names=batches.names)


def copied(batches: Batches, asked: Asked) -> Scratch:
    """Return a copy of batches on the disk."""
    copy = _begun(batches, asked)
    for piece in batches.pieces():
        copy.add(piece)
    return copy


def _streamed(batches: Batches, asked: Asked) -> Source:
    return StreamSource(batches, asked.memory, n_threads=asked.n_threads, told=asked.told)


def _begun(batches: Batches, asked: Asked) -> Scratch:
    """Return an empty copy, its size said before it is made."""
    copy = Scratch(batches, asked.scratch)
    about = "" if batches.size is None else f", about {size_text(batches.size)}"
    logger.info("copying %s to %s%s", batches.name, copy.folder, about)
    return copy


class Room:
    """Memory for rows, of which as much is used as rows come.

    All of it is asked for at once, and the system gives what is written to: so that rows need not be moved
    as they become more.
    """

    def __init__(self, batches: Batches, memory: int) -> None:
        most = memory // batches.row_bytes
        self._most = most if batches.n_rows is None else min(most, batches.n_rows)
        self._x = np.empty((self._most, len(batches.names)), batches.dtype)
        self._weights = np.empty(self._most) if batches.weighted else None
        self._used = 0

    def take(self, piece: Piece) -> bool:
        """Keep rows if there is room for all of them."""
        x, weights = piece
        end = self._used + len(x)
        if end > self._most:
            return False
        self._x[self._used : end] = x
        if self._weights is not None:
            self._weights[self._used : end] = weights
        self._used = end
        return True

    def rows(self) -> Piece:
        """Return the rows (n, d) so far, and their weights (n,)."""
        weights = None if self._weights is None else self._weights[: self._used]
        return self._x[: self._used], weights

    def pieces(self, size: int = 2**16) -> Iterator[Piece]:
        """Yield the rows so far, so many at a time."""
        x, weights = self.rows()
        for start in range(0, len(x), size):
            here = slice(start, start + size)
            yield x[here], None if weights is None else weights[here]

    def clear(self) -> None:
        """Give the memory back."""
        self._x, self._weights, self._used = self._x[:0].copy(), None, 0

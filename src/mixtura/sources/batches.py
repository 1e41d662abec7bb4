"""Batches: rows that lie elsewhere, and come in pieces whenever they are asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np

from .tabular import Piece, Rows

BYTES = 2**22  # of a piece: small beside any memory, large beside what a piece costs by itself
LEAST, MOST = 1024, 2**17  # rows of a piece


class Batches(ABC):
    """A place where rows lie: what is known of them before they are read, and the reading.

    The same rows come in the same order in every read, numbers of one type.
    """

    name: str  # what a person calls the data
    names: tuple[str, ...]  # of the variables, d
    dtype: np.dtype[Any]  # float64 or float32
    weighted: bool  # a column weighs the rows
    n_rows: int | None = None  # where that is known without a read
    guess: float | None = None  # rows, about, where they are not known
    dear: bool = False  # to read again: a copy pays where the rows do not stay in memory
    pace: float = 3.0  # nanoseconds, about, to read a number

    @abstractmethod
    def pieces(self) -> Iterator[Piece]:
        """Yield rows and weights, from the first to the last."""

    def cancel(self) -> None:  # noqa: B027  # most have nothing that takes long
        """Break off a read that nobody waits for any more."""

    @property
    def row_bytes(self) -> int:
        """Return the bytes of a row, its weight included."""
        return len(self.names) * self.dtype.itemsize + (8 if self.weighted else 0)

    @property
    def expected(self) -> float | None:
        """Return the rows, about, that will come, None where nobody knows."""
        return self.guess if self.n_rows is None else self.n_rows

    @property
    def size(self) -> float | None:
        """Return the bytes, about, of all rows, None where nobody knows."""
        return None if self.expected is None else self.expected * self.row_bytes


class Tabled(Batches):
    """Rows that come as record batches of Arrow's."""

    rows: Rows

    @abstractmethod
    def batches(self) -> Iterator[Any]:
        """Yield record batches that hold the columns needed, from the first to the last."""

    def pieces(self) -> Iterator[Piece]:
        """Yield the rows of each batch (b, d), and their weights (b,)."""
        for batch in self.batches():
            if batch.num_rows:
                yield self.rows.of(batch)


def piece_rows(row_bytes: int) -> int:
    """Return how many rows make a piece."""
    return int(np.clip(BYTES // row_bytes // LEAST * LEAST, LEAST, MOST))


def size_text(size: float) -> str:
    """Return a number of bytes as people write it.

    Examples
    --------
    >>> size_text(1.6e9), size_text(2500), size_text(12)
    ('1.6 GB', '2.5 kB', '12 bytes')
    """
    for unit, name in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size:.0f} bytes"

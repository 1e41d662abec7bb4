"""The stream source: rows that do not fit into memory, read anew for every pass, as few times as can be."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.random import Generator

from .. import _core
from ..model.parameters import Array
from .ahead import ahead
from .array import ArraySource
from .batches import Batches
from .checks import check_summary
from .cost import Cost
from .pieces import PieceSource
from .reading import Reading
from .summary import Summary
from .tabular import Piece
from .thinned import Thinned

KEPT_SHARE = 0.25  # of the memory, for the rows that the first read keeps
MOST_KEPT = 2**19  # rows
LEAST_KEPT = 2**12


class StreamSource(PieceSource):
    """Rows of batches, of which a thread reads ahead while those that have come are worked on.

    The first read sums up and keeps an even sample: starts, searches and all other questions about single
    rows are answered from it, so that they cost no read.

    Parameters
    ----------
    batches : Batches
        Where the rows come from.
    memory : int
        Bytes that rows may take, the sample's among them.
    n_threads : int, optional
        Threads for a pass; every core by default.
    told : callable, optional
        Called with a `Reading` after each piece.
    """

    def __init__(
        self,
        batches: Batches,
        memory: int,
        *,
        n_threads: int | None = None,
        told: Callable[[Reading], None] | None = None,
    ) -> None:
        super().__init__(n_threads=n_threads)
        self.batches = batches
        self.names = list(batches.names)
        room = int(KEPT_SHARE * memory / batches.row_bytes)
        self._most = 2 * (int(np.clip(room, LEAST_KEPT, MOST_KEPT)) // 2)
        self.n_reads: int = 0
        self.told = told

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces, read ahead."""
        self.n_reads += 1
        began, rows = time.monotonic(), 0
        for x, weights in ahead(self.batches.pieces, cancel=self.batches.cancel):
            yield x, weights
            rows += len(x)
            if self.told is not None:
                known = self.batches.expected if self._n_given is None else self._n_given
                self.told(Reading(self.n_reads, rows, known, time.monotonic() - began))

    @cached_property
    def _first(self) -> tuple[Summary, Thinned]:
        """Read once: sum up, and keep a sample."""
        description = _core.kernels().Description(len(self.batches.names))
        thinned = Thinned(self._most)
        for rows, weights in self._rows(look=True):
            description.feed(rows, weights, self.n_threads)
            thinned.feed(rows, weights)
        if not thinned.n_rows:
            raise ValueError(f"{self.batches.name}: the data are empty, there is no row of positive weight")
        summary = Summary.of(description.finish(), self.batches.dtype)
        check_summary(summary, self.names)
        return summary, thinned

    @cached_property
    def summary(self) -> Summary:
        """Return what is known of the rows, from one read."""
        return self._first[0]

    @cached_property
    def kept(self) -> ArraySource:
        """Return the sample that the first read has kept: one row of each of many runs, or all."""
        rows, weights = self._first[1].rows()
        return ArraySource(np.ascontiguousarray(rows), weights, n_threads=self.n_threads)

    @property
    def holds_all(self) -> bool:
        """Say whether the sample is all rows."""
        return self._first[1].run == 1

    @cached_property
    def cost(self) -> Cost:
        """Return what passes cost."""
        n, d = self.summary.n_rows, self.summary.n_features
        return Cost(n, d, self.batches.pace * n * d)

    def sample(self, size: int, rng: Generator) -> Array:
        """Return at most ``size`` distinct rows (size, d) drawn by weight, from those kept if they do."""
        if self.holds_all or size <= self.kept.n_rows // 4:
            return self.kept.sample(size, rng)
        return super().sample(size, rng)

    def subsample(self, size: int, rng: Generator) -> ArraySource:
        """Return a source of about ``size`` rows, one from each of as many runs: no more than are kept."""
        return self.kept.subsample(size, rng)

    def rows(self, most: int, rng: Generator) -> tuple[Array, Array | None]:
        """Return all rows (n, d) as float64 with their weights, or about ``most``, each of a run of its own.

        Where not all are asked for, they are no more than are kept.
        """
        if most >= self.n_rows and not self.holds_all:
            return super().rows(most, rng)
        return self.kept.rows(most, rng)

    def n_distinct(self, most: int) -> int:
        """Return how many distinct rows there are, or ``most`` if there are so many or more."""
        found = self.kept.n_distinct(most)
        return found if found >= most or self.holds_all else super().n_distinct(most)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle no thread's callback."""
        return {**self.__dict__, "told": None}

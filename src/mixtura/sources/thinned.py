"""Thinned: an even sample of rows that come in pieces, without knowing how many there will be."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..model.parameters import Array


class Thinned:
    """One row of each of equal runs of all the rows that have come so far.

    Runs are as long as it takes for at most ``most`` rows to be kept: where there would be more, each two
    neighbouring runs become one, which keeps the row of either. So every row has the same chance, and what is
    drawn does not depend on how the rows were cut into pieces. As long as there are no more rows than may be
    kept, all are.

    Parameters
    ----------
    most : int
        Rows that may be kept, even.
    seed : int
        What is drawn with.
    """

    def __init__(self, most: int, seed: int = 0) -> None:
        self.most = most
        self.run = 1  # rows of which one is kept
        self._rng = np.random.default_rng(seed)
        self._before = 0  # rows that have come
        self._places = np.arange(most)  # of the rows to keep that have not come yet
        self._kept: list[tuple[np.ndarray[Any, Any], Array | None]] = []

    def feed(self, x: np.ndarray[Any, Any], weights: Array | None) -> None:
        """Go through the next rows (b, d) and their weights (b,)."""
        end = self._before + len(x)
        while True:
            reached = np.searchsorted(self._places, end)
            here, self._places = self._places[:reached] - self._before, self._places[reached:]
            self._kept.append((x[here], None if weights is None else weights[here]))
            if end <= self.most * self.run:
                break
            self._halve()
        self._before = end

    def _halve(self) -> None:
        """Make one run of each two."""
        x, weights = self.rows()
        half = self.most // 2
        kept = 2 * np.arange(half) + self._rng.integers(2, size=half)
        self._kept = [(x[kept], None if weights is None else weights[kept])]
        self.run *= 2
        self._places = self.run * np.arange(half, self.most) + self._rng.integers(self.run, size=half)

    @property
    def n_rows(self) -> int:
        """Return how many rows have come."""
        return self._before

    def rows(self) -> tuple[np.ndarray[Any, Any], Array | None]:
        """Return the rows that are kept (m, d), in their order, and their weights (m,)."""
        x = np.concatenate([x for x, _ in self._kept])
        weights = [w for _, w in self._kept if w is not None]
        return x, np.concatenate(weights) if weights else None

"""Rows that come in pieces, for the NumPy twin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .twin_checks import check_rows

Array = NDArray[np.float64]
BLOCK = 4096  # rows at a time, to bound memory


class Pieces:
    """Rows (n, d) that come in pieces, cut into blocks by their place among all rows.

    So sums over the blocks have the same bits for any pieces. A block's weights (n,) are None where rows have
    none.
    """

    def __init__(self, d: int) -> None:
        self.d = d
        self.kind: tuple[np.dtype[Any], bool] | None = None  # of the first piece: its type, whether weighted
        self.finished = False
        self._rows, self._weights = np.empty((0, d)), np.empty(0)

    def feed(self, x: Array, sample_weight: Array | None) -> Iterator[tuple[Array, Array | None]]:
        """Add a piece; yield the blocks that it fills."""
        check_rows(x, sample_weight, self.d)
        self._check_kind(x, sample_weight)
        start = 0
        while start < len(x):
            stop = start + BLOCK - len(self._rows)
            self._rows = np.concatenate([self._rows, x[start:stop]])
            if sample_weight is not None:
                self._weights = np.concatenate([self._weights, sample_weight[start:stop]])
            if len(self._rows) == BLOCK:
                yield self._block()
            start = stop

    def finish(self) -> Iterator[tuple[Array, Array | None]]:
        """Yield the rows left over, if there are any."""
        self._check_open()
        self.finished = True
        if len(self._rows):
            yield self._block()

    def _check_open(self) -> None:
        if self.finished:
            raise ValueError("this one is finished; begin another")

    def _check_kind(self, x: Array, sample_weight: Array | None) -> None:
        self._check_open()
        dtype, weighted = self.kind or (x.dtype, sample_weight is not None)
        if x.dtype != dtype:
            raise ValueError("x holds float32 or float64 where the pieces before it held the other")
        if sample_weight is None and weighted:
            raise ValueError("sample_weight is None, but the pieces before it had weights")
        if sample_weight is not None and not weighted:
            raise ValueError("sample_weight is given, but the pieces before it had none")
        self.kind = dtype, weighted

    def _block(self) -> tuple[Array, Array | None]:
        weights = self._weights if len(self._weights) else None
        block = self._rows, weights
        self._rows, self._weights = np.empty((0, self.d)), np.empty(0)
        return block

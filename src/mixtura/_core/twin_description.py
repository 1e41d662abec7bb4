"""The NumPy twin's description of rows before any mixture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .described import Described
from .twin_checks import ANY, check
from .twin_pieces import Pieces

Array = NDArray[np.float64]


class Description:
    """A description that is begun, fed with pieces of rows (n, d) and finished.

    It has the same bits for any pieces, of any sizes, of the same rows.

    Raises
    ------
    ValueError
        If shapes do not fit, or pieces are of different kinds, or come after the end.
    """

    def __init__(self, d: int) -> None:
        if d < 1:
            raise ValueError(f"d is {d}; wanted is 1 or more")
        self.pieces = Pieces(d)
        self.weight, self.n_rows, self.finite = 0.0, 0, True
        self.centre: Array | None = None  # the first row in use, which moments are about
        self.first, self.second = np.zeros(d), np.zeros(d)
        self.minimum, self.maximum = np.full(d, np.inf), np.full(d, -np.inf)

    def feed(self, x: Array, sample_weight: Array | None = None, n_threads: int = 1) -> None:
        """Add a piece: rows x (n, d) and their weights (n,)."""
        for rows, omega in self.pieces.feed(x, sample_weight):
            self._add(rows, omega)

    def finish(self) -> Described:
        """Return what the rows are like; nothing can be fed then."""
        for rows, omega in self.pieces.finish():
            self._add(rows, omega)
        centre = np.zeros(self.pieces.d) if self.centre is None else self.centre
        shift = self.first / (self.weight if self.n_rows else 1.0)
        variance = np.maximum(0.0, self.second / (self.weight if self.n_rows else 1.0) - shift**2)
        minimum, maximum = self.minimum + 0.0, self.maximum + 0.0  # of two zeros the one without a sign
        return Described(centre + shift, variance, minimum, maximum, self.weight, self.n_rows, self.finite)

    def _add(self, rows: Array, omega: Array | None) -> None:
        self.finite = self.finite and bool(np.isfinite(rows).all())
        omega = np.ones(len(rows)) if omega is None else omega
        used, omega = rows[omega != 0], omega[omega != 0]
        if not self.finite or not len(used):
            return
        if self.centre is None:
            self.centre = used[0]
        self.weight += float(omega.sum())
        self.n_rows += len(used)
        self.first += omega @ (used - self.centre)
        self.second += omega @ (used - self.centre) ** 2
        self.minimum = np.minimum(self.minimum, used.min(axis=0))
        self.maximum = np.maximum(self.maximum, used.max(axis=0))


def describe(
    x: Array, sample_weight: Array | None, n_threads: int = 1
) -> tuple[Array, Array, Array, Array, bool]:
    """Return weighted mean, variance, minimum and maximum, each (d,), of the rows whose weight is not zero.

    The fifth value says whether every number of x, rows of weight zero included, is finite; when it is not,
    the others mean nothing.

    Raises
    ------
    ValueError
        If there is no such row.
    """
    check("x", x, ANY, ANY)
    if x.shape[1] < 1:
        raise ValueError("x has columns, whose number is 0; wanted is 1 or more")
    one = Description(x.shape[1])
    one.feed(x, sample_weight, n_threads)
    return one.finish().of_rows()

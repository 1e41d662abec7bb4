"""What rows are like before any mixture, and how the descriptions of parts become that of the whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """Mean, variance and range of rows, each (d,), by weight; rows of weight zero are no rows.

    Of no rows mean and variance are 0, the minimum is infinity and the maximum its negative.
    """

    mean: Array
    variance: Array  # about the mean, over the weight
    minimum: Array
    maximum: Array
    weight: float  # of all rows
    n_rows: int  # of weight other than zero
    finite: bool  # every number, in rows of weight zero too; where not, the others mean nothing

    def merged(self, other: Described) -> Described:
        """Return the description of the rows of both."""
        weight = self.weight + other.weight
        share = other.weight / weight if other.n_rows else 0.0
        shift = other.mean - self.mean if self.n_rows else 0.0 * self.mean
        mean = self.mean + share * shift if self.n_rows else other.mean
        # Chan, Golub and LeVeque (1983), The American Statistician 37, equation 2.1
        within = (1.0 - share) * self.variance + share * other.variance
        return Described(
            mean,
            within + share * (1.0 - share) * shift**2,
            np.minimum(self.minimum, other.minimum),
            np.maximum(self.maximum, other.maximum),
            weight,
            self.n_rows + other.n_rows,
            self.finite and other.finite,
        )

    def of_rows(self) -> tuple[Array, Array, Array, Array, bool]:
        """Return mean, variance, minimum, maximum and whether all is finite.

        Raises
        ------
        ValueError
            If there was no row of weight other than zero.
        """
        if self.n_rows == 0 and self.finite:
            raise ValueError("x has no row, or none of weight other than zero; nothing can be described")
        return self.mean, self.variance, self.minimum, self.maximum, self.finite

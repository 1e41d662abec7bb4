"""Summary: what one read of the data tells before any fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._core.described import Described
from ..model.parameters import Array


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """Rows that count, their weight, mean, variance and range; those of two parts of the data add."""

    n_rows: int  # of positive weight: a row of weight zero is none
    total_weight: float  # the sum of the row weights, n_rows without weights
    mean: Array  # (d,), weighted
    variance: Array  # (d,), weighted, about the mean
    minimum: Array  # (d,)
    maximum: Array  # (d,)
    unit: float  # the relative rounding of the stored numbers

    @classmethod
    def of(cls, described: Described, dtype: np.dtype[Any]) -> Summary:
        """Return the summary of rows that the core has described, stored in numbers of this type."""
        return cls(
            described.n_rows,
            described.weight,
            described.mean,
            described.variance,
            described.minimum,
            described.maximum,
            float(np.finfo(dtype).eps),
        )

    @property
    def n_features(self) -> int:
        """Return d."""
        return len(self.mean)

    def __add__(self, other: Summary) -> Summary:
        """Merge two parts of the data (Chan, Golub and LeVeque 1983, The American Statistician 37)."""
        total = self.total_weight + other.total_weight
        share = other.total_weight / total
        shift = other.mean - self.mean
        with np.errstate(over="ignore"):  # a column whose squares are lost is refused by its name
            between = share * (1.0 - share) * shift**2
        within = (1.0 - share) * self.variance + share * other.variance
        return Summary(
            self.n_rows + other.n_rows,
            total,
            self.mean + share * shift,
            within + between,
            np.minimum(self.minimum, other.minimum),
            np.maximum(self.maximum, other.maximum),
            max(self.unit, other.unit),
        )

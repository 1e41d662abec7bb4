"""Estimates: a number, how sure it is, and the interval that this makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..model.mixture import Mixture
from ..model.parameters import Array
from .scales import half_width

Function = Callable[[Mixture], Any]  # of a mixture, to a number or an array of numbers


@dataclass(frozen=True, eq=False)
class Estimate:
    """What a function of the mixture is at the fit, with its standard error: a number, or an array of them.

    An error that cannot be told is NaN.
    """

    value: Any
    error: Any
    replicates: Array | None = field(default=None, repr=False)  # (replicates, ...), where there are any

    def interval(self, level: float = 0.95) -> tuple[Any, Any]:
        """Return the ends of an interval: normal around the value, or percentiles of replicates."""
        reach = half_width(level) * self.error
        if self.replicates is None:
            return self.value - reach, self.value + reach
        ends = percentiles(self.replicates, level)
        known = np.isfinite(self.error)
        return np.where(known, ends[0], np.nan)[()], np.where(known, ends[1], np.nan)[()]

    def __str__(self) -> str:
        if np.ndim(self.value):
            return f"Estimate(value={self.value}, error={self.error})"
        low, high = self.interval()
        if not np.isfinite(self.error):
            return f"{self.value:.6g}, error cannot be told"
        return f"{self.value:.6g}, standard error {self.error:.3g}, 95% from {low:.6g} to {high:.6g}"


def percentiles(replicates: Array, level: float) -> Array:
    """Return the ends (2, ...) between which so large a share of replicates (b, ...) lies."""
    half_width(level)  # which refuses what is no level
    return np.asarray(np.quantile(replicates, [0.5 - 0.5 * level, 0.5 + 0.5 * level], axis=0))


def checked_value(function: Function, mixture: Mixture) -> Array:
    """Return the function's value as an array.

    Raises
    ------
    ValueError
        If it is no finite number, nor an array of them.
    """
    value = np.asarray(function(mixture), dtype=np.float64)
    if not np.isfinite(value).all():
        raise ValueError(f"the function is {value} at the fit; it must be a finite number, or an array")
    return value

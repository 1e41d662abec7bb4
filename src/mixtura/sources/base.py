"""What a source is: a place where data live, that knows its size, hands out rows and makes passes."""

from __future__ import annotations

from typing import Protocol

from numpy.random import Generator

from ..model.moments import Form, Moments
from ..model.parameters import Array, Parameters


class Source(Protocol):
    """All that the loop, the starts and the inference ever ask of data."""

    n_rows: int
    n_features: int
    total_weight: float  # the sum of the row weights, n_rows without weights
    mean: Array  # (d,), weighted
    variance: Array  # (d,), weighted, about the mean
    minimum: Array  # (d,), over rows of positive weight
    maximum: Array  # (d,)
    unit: float  # the relative rounding of the stored numbers

    def moments(self, parameters: Parameters, form: Form) -> Moments:
        """Make one pass under a mixture, or under each of a stack of mixtures (m,)."""
        ...

    def sample(self, size: int, rng: Generator) -> Array:
        """Return at most ``size`` distinct rows (size, d) drawn by weight without replacement."""
        ...


def pass_rows(source: Source) -> int:
    """Return the rows that a pass reads, which a compressed source has fewer of than it stands for."""
    return int(getattr(source, "pass_rows", source.n_rows))


def evaluation_time(source: Source, k: int) -> float:
    """Return the nanoseconds, about, that a pass takes on one thread for each mixture of k components."""
    return pass_rows(source) * k * (1.0 + 0.05 * source.n_features**2)

"""The array source: rows in memory, read in place."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from .. import _core
from ..model.forms import Form, cheapest_form
from ..model.moments import Moments
from ..model.parameters import Array, Parameters
from .base import Source
from .checks import (
    check_rows,
    check_weights,
    column_names,
    explain_constant_columns,
    explain_not_finite,
    explain_out_of_range,
)
from .cost import Cost
from .sampling import draw_rows, one_of_each
from .summary import Summary

READING = 0.1  # nanoseconds for a number


class ArraySource(Source):
    """Rows of an array (n, d), float64 or float32, in any memory order, never copied but to leave out some.

    Parameters
    ----------
    x : array_like of shape (n, d) or (n,)
        The rows; one dimension may be given flat. Other number types are converted to float64.
    sample_weight : array_like of shape (n,), optional
        Non-negative weights; weight 2 is a row twice. Rows of weight 0 are left out: where there are any, the
        others are copied, so that all that follows is to the bit as if they had never been given.
    n_threads : int, optional
        Threads for a pass; every core by default. The results are the same bits for any number.

    Raises
    ------
    ValueError
        If a number is not finite, the weights are negative or all zero, or a column is constant
        or so large or small that its variance is no floating-point number.
    """

    def __init__(
        self, x: ArrayLike, sample_weight: ArrayLike | None = None, *, n_threads: int | None = None
    ) -> None:
        rows = check_rows(x)
        weights = check_weights(sample_weight, len(rows))
        self._n_given = len(rows)
        self.kept: np.ndarray[Any, Any] | None = None  # which of the given rows count, if not all do
        self.n_threads = _core.n_threads(n_threads)
        if weights is not None and not weights.all():
            self.kept = np.flatnonzero(weights)
            left_out = rows[weights == 0]
            if not np.isfinite(left_out).all():
                raise ValueError(explain_not_finite(rows, column_names(x)))
            rows, weights = rows[self.kept], weights[self.kept]
        self.x, self.sample_weight = rows, weights
        mean, variance, minimum, maximum, finite = _core.kernels().describe(rows, weights, self.n_threads)
        if not finite:
            raise ValueError(explain_not_finite(check_rows(x), column_names(x)))
        if not (minimum < maximum).all():
            raise ValueError(explain_constant_columns(minimum, maximum, column_names(x)))
        with np.errstate(over="ignore"):
            span = maximum - minimum
        if (lost := explain_out_of_range(variance, span, column_names(x))) is not None:
            raise ValueError(lost)
        total = float(len(rows) if weights is None else weights.sum())
        unit = float(np.finfo(rows.dtype).eps)
        self._summary = Summary(len(rows), total, mean, variance, minimum, maximum, unit)
        self._cost = Cost(len(rows), len(mean), READING * rows.size)

    @property
    def summary(self) -> Summary:
        """Return what is known of the rows."""
        return self._summary

    @property
    def n_given(self) -> int:
        """Return the number of rows that were given, those of weight zero included."""
        return self._n_given

    @property
    def cost(self) -> Cost:
        """Return what passes cost."""
        return self._cost

    def moments(self, parameters: Parameters, form: Form) -> Moments:
        """Make one pass under a mixture, or under each of a stack of mixtures (m,)."""
        means, spreads = parameters.means, form.spreads(parameters.covariances)
        counts, sums, scatters, loglik = _core.kernels().moments(
            self.x, self.sample_weight, parameters.weights, means, spreads, form.name, self.n_threads
        )
        return Moments(means, counts, sums, scatters, loglik, form)

    def sample(self, size: int, rng: Generator) -> Array:
        """Return at most ``size`` distinct rows (size, d) drawn by weight without replacement."""
        size = min(size, self.n_rows)
        if self.sample_weight is None:
            chosen = np.sort(rng.choice(self.n_rows, size=size, replace=False, shuffle=False))
        else:
            chosen = draw_rows(self.sample_weight, size, rng)
        return np.asarray(self.x[chosen], dtype=np.float64)

    def subsample(self, size: int, rng: Generator) -> ArraySource:
        """Return a source of one row from each of ``size`` equal runs, with its weight."""
        if size >= self.n_rows:
            return self
        rows = one_of_each(self.n_rows, size, rng)
        weights = None if self.sample_weight is None else self.sample_weight[rows]
        return ArraySource(self.x[rows], weights, n_threads=self.n_threads)

    def evaluate(self, parameters: Parameters, want: str) -> np.ndarray[Any, Any]:
        """Return the "log_density" (n,), "responsibilities" (n, k) or "labels" (n,) of the rows."""
        form, spreads = cheapest_form(parameters)
        found: np.ndarray[Any, Any] = _core.kernels().densities(
            self.x, parameters.weights, parameters.means, spreads, form.name, want, self.n_threads
        )
        return found

    def n_distinct(self, most: int) -> int:
        """Return how many distinct rows there are, or ``most`` if there are so many or more.

        Comparing whole rows is slow, and only needed when no column of a sample has so many distinct values.
        """
        values = self.sample(max(1000, 4 * most), np.random.default_rng(0))
        if any(len(np.unique(column)) >= most for column in values.T):
            return most
        return min(most, len(np.unique(self.x, axis=0)))

    def assigned(self, responsibilities: Array, form: Form) -> Moments:
        """Return the moments that given responsibilities (n, k) make of the rows, about the means they give.

        Centred first: about the data's mean a far and narrow component would lose its variance to rounding.
        """
        if len(responsibilities) != self.n_given:
            raise ValueError(
                f"there are {self.n_given} rows but responsibilities for {len(responsibilities)}; "
                "give one row of them per row"
            )
        r = responsibilities if self.kept is None else responsibilities[self.kept]
        if self.sample_weight is not None:
            r = r * self.sample_weight[:, None]
        k, d = r.shape[1], self.n_features
        counts = r.sum(0)
        means, scatters = np.tile(self.mean, (k, 1)), np.empty((k, d, d))
        difference = self.x - self.mean
        for c in range(k):
            shift = r[:, c] @ difference / counts[c] if counts[c] > 0 else np.zeros(d)
            centred = difference - shift
            means[c] += shift
            scatters[c] = (centred * r[:, c, None]).T @ centred
        return Moments(means, counts, np.zeros((k, d)), form.kept(scatters), np.array(0.0), form)

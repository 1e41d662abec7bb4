"""The array source: rows in memory, read in place."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from .. import _core
from ..model.moments import Form, Moments
from ..model.parameters import Array, Parameters
from ..structures import spreads
from .checks import (
    check_rows,
    check_weights,
    column_names,
    explain_constant_columns,
    explain_not_finite,
    explain_out_of_range,
)
from .sampling import draw_rows, one_of_each


class ArraySource:
    """Rows of an array (n, d), float64 or float32, in any memory order, never copied.

    Parameters
    ----------
    x : array_like of shape (n, d) or (n,)
        The rows; one dimension may be given flat. Other number types are converted to float64.
    sample_weight : array_like of shape (n,), optional
        Non-negative weights; weight 2 is a row twice, weight 0 is no row.
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
        self.x = check_rows(x)
        self.sample_weight = check_weights(sample_weight, len(self.x))
        self.n_threads = _core.n_threads(n_threads)
        self.n_rows, self.n_features = self.x.shape
        self.mean, self.variance, self.minimum, self.maximum, finite = _core.kernels().describe(
            self.x, self.sample_weight, self.n_threads
        )
        if not finite:
            raise ValueError(explain_not_finite(self.x, column_names(x)))
        if not (self.minimum < self.maximum).all():
            raise ValueError(explain_constant_columns(self.minimum, self.maximum, column_names(x)))
        with np.errstate(over="ignore"):
            span = self.maximum - self.minimum
        if (lost := explain_out_of_range(self.variance, span, column_names(x))) is not None:
            raise ValueError(lost)
        self.total_weight = float(self.n_rows if self.sample_weight is None else self.sample_weight.sum())
        self.unit = float(np.finfo(self.x.dtype).eps)

    def moments(self, parameters: Parameters, form: Form) -> Moments:
        """Make one pass under a mixture, or under each of a stack of mixtures (m,)."""
        means, covariances = parameters.means, spreads(parameters.covariances, form)
        counts, sums, scatters, loglik = _core.kernels().moments(
            self.x, self.sample_weight, parameters.weights, means, covariances, form, self.n_threads
        )
        return Moments(means, counts, sums, scatters, loglik, form)

    def sample(self, size: int, rng: Generator) -> Array:
        """Return at most ``size`` distinct rows (size, d) drawn by weight without replacement."""
        if self.sample_weight is None:
            size = min(size, self.n_rows)
            chosen = np.sort(rng.choice(self.n_rows, size=size, replace=False, shuffle=False))
        else:
            size = min(size, int(np.count_nonzero(self.sample_weight)))
            chosen = draw_rows(self.sample_weight, size, rng)
        return np.asarray(self.x[chosen], dtype=np.float64)

    def thinned(self, part: int, rng: Generator) -> ArraySource:
        """Return a source of one row in ``part``, drawn from each run of so many, with its weight."""
        rows = one_of_each(self.n_rows, self.n_rows // part, rng)
        weights = None if self.sample_weight is None else self.sample_weight[rows]
        return ArraySource(self.x[rows], weights, n_threads=self.n_threads)

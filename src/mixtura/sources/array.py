"""The array source: rows in memory, read in place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from .. import _core
from ..model.density import at_rows
from ..model.forms import Form, cheapest_form
from ..model.moments import Moments
from ..model.parameters import Array, Parameters
from .assigned import Blocks, assigned_moments
from .base import Source
from .cells import Cells
from .checks import (
    check_rows,
    check_summary,
    check_weights,
    column_names,
    explain_not_finite,
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
        self,
        x: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        n_threads: int | None = None,
        names: Sequence[str] | None = None,
    ) -> None:
        rows = check_rows(x)
        self.names = columns = column_names(x) if names is None else list(names)
        weights = check_weights(sample_weight, len(rows))
        self._n_given = len(rows)
        self.kept: np.ndarray[Any, Any] | None = None  # which of the given rows count, if not all do
        self.n_threads = _core.n_threads(n_threads)
        if weights is not None and not weights.all():
            self.kept = np.flatnonzero(weights)
            left_out = rows[weights == 0]
            if not np.isfinite(left_out).all():
                raise ValueError(explain_not_finite(rows, columns))
            rows, weights = rows[self.kept], weights[self.kept]
        if weights is not None and (weights == 1.0).all():
            weights = None  # to the bit as if none had been given
        self.x, self.sample_weight = rows, weights
        description = _core.kernels().Description(rows.shape[1])
        description.feed(rows, weights, self.n_threads)
        found = description.finish()
        if not found.finite:
            raise ValueError(explain_not_finite(check_rows(x), columns))
        self._summary = Summary.of(found, rows.dtype)
        check_summary(self._summary, columns)
        self._cost = Cost(len(rows), rows.shape[1], READING * rows.size)

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

    def weighted_moments(self, parameters: Parameters, form: Form, weights: Sequence[Array]) -> Moments:
        """Make one pass under each of a stack of mixtures (m,), each with row weights (n,) of its own."""
        spreads = form.spreads(parameters.covariances)
        made = []
        for i, w in enumerate(weights):
            mixture = parameters.weights[i], parameters.means[i], spreads[i]
            try:
                made.append(_core.kernels().moments(self.x, w, *mixture, form.name, self.n_threads))
            except _core.NotPositiveDefinite as failure:
                raise _core.NotPositiveDefinite(i, failure.component) from None
        counts, sums, scatters, logliks = (np.stack(parts) for parts in zip(*made))
        return Moments(parameters.means, counts, sums, scatters, logliks, form)

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

    def rows(self, most: int, rng: Generator) -> tuple[Array, Array | None]:
        """Return all rows (n, d) as float64 with their weights, or one from each of ``most`` equal runs."""
        if most >= self.n_rows:
            return np.asarray(self.x, dtype=np.float64), self.sample_weight
        chosen = one_of_each(self.n_rows, most, rng)
        weights = None if self.sample_weight is None else self.sample_weight[chosen]
        return np.asarray(self.x[chosen], dtype=np.float64), weights

    def blocks(self, size: int) -> Iterator[tuple[Array, Array | None]]:
        """Yield all rows (size, d) as float64, with their weights (size,), so many at a time."""
        for start in range(0, self.n_rows, size):
            rows = slice(start, start + size)
            weights = None if self.sample_weight is None else self.sample_weight[rows]
            yield np.asarray(self.x[rows], dtype=np.float64), weights

    def in_cells(self, edges: Array) -> Cells:
        """Return the sums of one dimension's rows in cells with these edges (m + 1,)."""
        return Cells.of(self.x, self.sample_weight, edges, self.n_threads)

    def evaluate(self, parameters: Parameters, want: str) -> np.ndarray[Any, Any]:
        """Return the "log_density" (n,), "responsibilities" (n, k) or "labels" (n,) of the rows."""
        return at_rows(parameters, cheapest_form(parameters), self.x, want, self.n_threads)

    def n_distinct(self, most: int) -> int:
        """Return how many distinct rows there are, or ``most`` if there are so many or more.

        Comparing whole rows is slow, and only needed when no column of a sample has so many distinct values.
        """
        values = self.sample(max(1000, 4 * most), np.random.default_rng(0))
        if any(len(np.unique(column)) >= most for column in values.T):
            return most
        return min(most, len(np.unique(self.x, axis=0)))

    def assigned(self, responsibilities: Blocks, k: int, form: Form) -> Moments:
        """Return the moments that blocks of given responsibilities (b, k) make, about the means they give."""
        return assigned_moments(
            self.x, self.sample_weight, self._counted(responsibilities), k, form, self.mean
        )

    def _counted(self, blocks: Blocks) -> Blocks:
        """Yield the blocks less the rows of weight zero."""
        for block, r in blocks:
            if self.kept is None:
                yield block, r
            else:
                first, last = np.searchsorted(self.kept, [block.start, block.stop])
                yield slice(first, last), r[self.kept[first:last] - block.start]

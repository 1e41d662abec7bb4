"""Products: what the scores of single rows sum to, squared, in one read and never side by side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from ..em import Problem
from ..em.degenerate import rows_in
from ..model.density import at_rows
from ..model.forms import Form, cheapest_form
from ..model.moments import Moments
from ..model.parameters import Array, Parameters, stacked
from ..structures import Parametrisation

BLOCK_NUMBERS = 1e5  # of rows' statistics that are held at a time


def score_products(problem: Problem, chart: Parametrisation, *, sampling: bool) -> Array:
    r"""Return the covariance (q, q) of the rows' mean score at a chart's anchor.

    With :math:`W = \sum \omega_i` it is :math:`\sum_i \omega_i s_i s_i^T / W n` where a row of weight 2 is
    two rows, and :math:`\sum_i \omega_i^2 s_i s_i^T / W^2` where one row stands for two (``sampling``).
    A row's score is that of its own moments, and a chart's score is linear in moments. So it is the products
    of the moments, few numbers a row, that are summed, and they are made the scores' in the end. The mean
    score, which vanishes at a maximum, is taken off.
    """
    source, anchor = problem.source, chart.anchor
    statistics = _Statistics(problem.structure.form, *anchor.means.shape)
    size = max(1, int(BLOCK_NUMBERS / statistics.size))
    products, sums, total = source.added(partial(_of_block, statistics, anchor, sampling), size)
    slopes = _slopes(problem, chart, statistics)
    mean = sums @ slopes / total
    unit = source.total_weight * (source.total_weight if sampling else rows_in(source))
    return np.asarray((slopes.T @ products @ slopes - total * np.outer(mean, mean)) / unit)


def _of_block(
    statistics: _Statistics, anchor: Parameters, sampling: bool, rows: Array, weights: Array | None
) -> tuple[Array, Array, float]:
    """Return the sums over rows of products of statistics (s, s), of statistics (s,), and of the weights."""
    r = at_rows(anchor, cheapest_form(anchor), rows, "responsibilities", 1)
    values = statistics.of(rows, r, anchor.means)
    powers = np.ones(len(rows)) if weights is None else weights
    powers = powers**2 if sampling else powers
    return values.T @ (values * powers[:, None]), powers @ values, float(powers.sum())


def _slopes(problem: Problem, chart: Parametrisation, statistics: _Statistics) -> Array:
    """Return the score (s, q) that each statistic adds, the penalty's part in it included."""
    anchor = chart.anchor
    stack = stacked([anchor] * statistics.size)
    scores = [
        chart.score(stack, problem.penalised(statistics.moments(rows, stack.means)), 1.0)
        for rows in (np.eye(statistics.size), np.zeros((statistics.size, statistics.size)))
    ]
    return np.asarray(scores[0] - scores[1])


@dataclass(frozen=True)
class _Statistics:
    """The moments of single rows, flat: of matrices their lower triangles."""

    form: Form
    k: int
    d: int

    @property
    def _shape(self) -> tuple[int, ...]:
        return self.form.shape(self.k, self.d)

    @property
    def _lower(self) -> tuple[np.ndarray, np.ndarray]:
        return np.tril_indices(self.d)

    @property
    def size(self) -> int:
        """Return how many there are, s."""
        own = int(np.prod(self._shape))
        if self.form.matrices:
            own = own // self.d**2 * len(self._lower[0])
        return self.k + self.k * self.d + own

    def of(self, rows: Array, r: Array, means: Array) -> Array:
        """Return those (b, s) of rows (b, d) with responsibilities (b, k)."""
        away = rows[:, None, :] - means
        sums = r[..., None] * away
        scatters = self.form.product(sums, away)
        if self.form.matrices:
            scatters = scatters[..., self._lower[0], self._lower[1]]
        return np.concatenate([r, sums.reshape(len(rows), -1), scatters.reshape(len(rows), -1)], axis=1)

    def moments(self, values: Array, means: Array) -> Moments:
        """Return the moments (b,), about means (b, k, d), that statistics (b, s) stand for."""
        k, d, b = self.k, self.d, len(values)
        counts, sums, own = np.split(values, [k, k + k * d], axis=1)
        if self.form.matrices:
            flat = own.reshape(b, *self._shape[:-2], -1)
            own = np.zeros((b, *self._shape))
            own[..., self._lower[0], self._lower[1]] = flat
            own[..., self._lower[1], self._lower[0]] = flat
        scatters = np.ascontiguousarray(own.reshape(b, *self._shape))
        counts, sums = np.ascontiguousarray(counts), np.ascontiguousarray(sums.reshape(b, k, d))
        return Moments(means, counts, sums, scatters, np.zeros(b), self.form)

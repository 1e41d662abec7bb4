"""The native chart as Python calls it: the methods of the NumPy twin, same arguments, same results."""

from __future__ import annotations

import numpy as np

from . import _native
from .twin_chart import Array
from .twin_density import NotPositiveDefinite


class Chart:
    """Coordinates of the mixtures near an anchor: see `twin_chart.Chart`."""

    def __init__(self, form: str, weights: Array, means: Array, spreads: Array) -> None:
        self._made_of = form, weights, means, spreads
        self._native = _native.Chart(form, weights, means, spreads)
        if self._native.component >= 0:
            raise NotPositiveDefinite(0, self._native.component)
        self.size = self._native.size
        self._shapes = weights.shape, means.shape, spreads.shape

    def __reduce__(self) -> tuple[type, tuple[str, Array, Array, Array]]:
        """Pickle what it is made of."""
        return Chart, self._made_of

    def coordinates(self, weights: Array, means: Array, spreads: Array) -> Array:
        """Return y (m, q)."""
        y = np.empty((len(weights), self.size))
        _check(self._native.coordinates(weights, means, spreads, y))
        return y

    def mixtures(self, y: Array) -> tuple[Array, Array, Array]:
        """Return weights, means and spreads at y (m, q)."""
        weights, means, spreads = (np.empty((len(y), *shape)) for shape in self._shapes)
        self._native.mixtures(y, weights, means, spreads)
        return weights, means, spreads

    def growth(self, y: Array) -> Array:
        """Return the logarithms (k,) of what weights grow by at y (q,), before they are made to sum to 1."""
        logs = np.empty(self._shapes[0])
        self._native.growth(y, logs)
        return logs

    def score(
        self,
        weights: Array,
        spreads: Array,
        counts: Array,
        covariance_counts: Array,
        sums: Array,
        scatters: Array,
        total: float,
    ) -> Array:
        """Return the gradient (m, q) of the log-likelihood by y, over the total weight."""
        y = np.empty((len(weights), self.size))
        _check(self._native.score(weights, spreads, counts, covariance_counts, sums, scatters, total, y))
        return y


def _check(mixture: int) -> None:
    if mixture >= 0:
        raise np.linalg.LinAlgError(f"mixture {mixture} has a covariance that is not positive definite")

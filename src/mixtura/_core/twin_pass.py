"""The NumPy twin's pass: the moments of rows under a stack of mixtures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .twin_checks import check_mixtures
from .twin_density import factor, log_joint, normalise
from .twin_pieces import Pieces

Array = NDArray[np.float64]


class Pass:
    """A pass that is begun with its mixtures, fed with pieces of rows and finished.

    Factors are made once. The sums have the same bits for any pieces, of any sizes, of the same rows.

    Parameters
    ----------
    form : str
        Of the spreads: "full", "tied", "diagonal" or "spherical".
    weights, means, spreads : array
        A stack of mixtures, (m, k), (m, k, d) and (m, by form), or one without the axis m.

    Raises
    ------
    NotPositiveDefinite
        If a covariance has no Cholesky factor.
    ValueError
        If shapes do not fit, from the beginning or of a piece; or pieces are of different kinds, or come
        after the end.
    """

    def __init__(self, form: str, weights: Array, means: Array, spreads: Array) -> None:
        check_mixtures(form, weights, means, spreads)
        self.form, self.single = form, weights.ndim == 1
        if self.single:
            weights, means, spreads = weights[None], means[None], spreads[None]
        self.means = means
        self.mixtures = [factor(w, m, s, form, i) for i, (w, m, s) in enumerate(zip(weights, means, spreads))]
        self.pieces = Pieces(means.shape[-1])
        self.counts, self.sums = np.zeros(weights.shape), np.zeros(means.shape)
        self.scatters, self.loglik = np.zeros(spreads.shape), np.zeros(len(weights))

    def feed(self, x: Array, sample_weight: Array | None = None, n_threads: int = 1) -> None:
        """Add a piece: rows x (n, d) and their weights (n,)."""
        for rows, omega in self.pieces.feed(x, sample_weight):
            self._add(rows, omega)

    def finish(self) -> tuple[Array, Array, Array, Array]:
        """Return counts, sums, scatters and log-likelihoods as `moments` does; nothing can be fed then."""
        for rows, omega in self.pieces.finish():
            self._add(rows, omega)
        if self.single:
            return self.counts[0], self.sums[0], self.scatters[0], self.loglik[0]
        return self.counts, self.sums, self.scatters, self.loglik

    def _add(self, rows: Array, omega: Array | None) -> None:
        for i, components in enumerate(self.mixtures):
            log_density, r = normalise(log_joint(rows, components))
            if omega is not None:
                r = r * omega[:, None]
                log_density = np.where(omega > 0, log_density, 0.0) * omega
            self.loglik[i] += log_density.sum()
            self.counts[i] += r.sum(axis=0)
            for c, mean in enumerate(self.means[i]):
                difference = rows - mean
                weighted = r[:, c, None] * difference
                self.sums[i, c] += weighted.sum(axis=0)
                if self.form == "full":
                    self.scatters[i, c] += weighted.T @ difference
                elif self.form == "tied":
                    self.scatters[i] += weighted.T @ difference
                elif self.form == "diagonal":
                    self.scatters[i, c] += (weighted * difference).sum(axis=0)
                else:
                    self.scatters[i, c] += (weighted * difference).sum()


def moments(
    x: Array,
    sample_weight: Array | None,
    weights: Array,
    means: Array,
    spreads: Array,
    form: str,
    n_threads: int = 1,
) -> tuple[Array, Array, Array, Array]:
    """Make one pass: return counts (m, k), sums (m, k, d), scatters (m, by form) and log-likelihoods (m,).

    Of a single mixture, without the axis m, moments come back without it too.
    """
    one = Pass(form, weights, means, spreads)
    one.feed(x, sample_weight, n_threads)
    return one.finish()

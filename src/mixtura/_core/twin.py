"""The native core's NumPy twin: the same functions, written to be read and to be tested against.

Shapes: x (n, d); sample_weight (n,) or None; a stack of m mixtures has weights (m, k), means (m, k, d) and
spreads: what the form says of the covariances, full (m, k, d, d), diagonal (m, k, d) variances, spherical
(m, k) variances, tied (m, d, d). Scatters come back in the shape of the spreads.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from .twin_chart import Chart as Chart
from .twin_compress import gauss_nodes as gauss_nodes
from .twin_compress import sum_cells as sum_cells

Array = NDArray[np.float64]
BLOCK = 4096  # rows at a time, to bound memory


class NotPositiveDefinite(np.linalg.LinAlgError):
    """A covariance matrix has no Cholesky factor."""

    def __init__(self, mixture: int, component: int) -> None:
        super().__init__(
            f"the covariance of component {component} (mixture {mixture}) is not positive definite"
        )
        self.mixture, self.component = mixture, component


def _log_joint(x: Array, weights: Array, means: Array, spreads: Array, form: str, mixture: int) -> Array:
    """Return log(weight) + log N(x; mean, covariance) for one mixture, shape (n, k)."""
    n, d = x.shape
    joint = np.empty((n, len(weights)))
    with np.errstate(divide="ignore"):
        log_weights = np.log(weights)
    for c in range(len(weights)):
        difference = x - means[c]
        spread = spreads if form == "tied" else spreads[c]
        if form in ("full", "tied"):
            try:
                factor = np.linalg.cholesky(spread)
            except np.linalg.LinAlgError:
                raise NotPositiveDefinite(mixture, c) from None
            whitened = solve_triangular(factor, difference.T, lower=True, check_finite=False).T
            half_log_det = np.log(np.diagonal(factor)).sum()
        else:
            variances = np.broadcast_to(spread, (d,))
            if not (variances > 0).all():
                raise NotPositiveDefinite(mixture, c)
            whitened = difference / np.sqrt(variances)
            half_log_det = 0.5 * np.log(variances).sum()
        squares = np.einsum("ij,ij->i", whitened, whitened)
        joint[:, c] = log_weights[c] - half_log_det - 0.5 * d * np.log(2 * np.pi) - 0.5 * squares
    return joint


def _normalise(joint: Array) -> tuple[Array, Array]:
    """Return the log-densities (n,) and responsibilities (n, k) of log-joint densities (n, k)."""
    top = joint.max(axis=1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    likelihoods = np.exp(joint - top)
    total = likelihoods.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        log_density = (np.log(total) + top)[:, 0]
    return log_density, likelihoods / np.where(total > 0, total, 1.0)


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
    if weights.ndim == 1:
        counts, sums, scatters, loglik = moments(
            x, sample_weight, weights[None], means[None], spreads[None], form, n_threads
        )
        return counts[0], sums[0], scatters[0], loglik[0]
    (m, k, d) = means.shape
    counts, sums, scatters, loglik = (
        np.zeros((m, k)),
        np.zeros((m, k, d)),
        np.zeros_like(spreads),
        np.zeros(m),
    )
    for start in range(0, len(x), BLOCK):
        rows = np.asarray(x[start : start + BLOCK], dtype=np.float64)
        omega = None if sample_weight is None else sample_weight[start : start + BLOCK]
        for i in range(m):
            joint = _log_joint(rows, weights[i], means[i], spreads[i], form, i)
            log_density, r = _normalise(joint)
            if omega is not None:
                r = r * omega[:, None]
                log_density = np.where(omega > 0, log_density, 0.0) * omega
            loglik[i] += log_density.sum()
            counts[i] += r.sum(axis=0)
            for c in range(k):
                difference = rows - means[i, c]
                weighted = r[:, c, None] * difference
                sums[i, c] += weighted.sum(axis=0)
                if form == "full":
                    scatters[i, c] += weighted.T @ difference
                elif form == "tied":
                    scatters[i] += weighted.T @ difference
                elif form == "diagonal":
                    scatters[i, c] += (weighted * difference).sum(axis=0)
                else:
                    scatters[i, c] += (weighted * difference).sum()
    return counts, sums, scatters, loglik


def densities(
    x: Array, weights: Array, means: Array, spreads: Array, form: str, want: str, n_threads: int = 1
) -> Array:
    """Evaluate one mixture (k, d) at every row.

    want "log_density" gives (n,), "log_joint" (n, k), "responsibilities" (n, k), "labels" (n,) int64.
    """
    joint = _log_joint(np.asarray(x, dtype=np.float64), weights, means, spreads, form, 0)
    if want == "log_joint":
        return joint
    if want == "labels":
        return joint.argmax(axis=1)
    log_density, responsibilities = _normalise(joint)
    return log_density if want == "log_density" else responsibilities


def describe(
    x: Array, sample_weight: Array | None, n_threads: int = 1
) -> tuple[Array, Array, Array, Array, bool]:
    """Return weighted mean, variance, minimum and maximum, each (d,), of the rows whose weight is not zero.

    The fifth value says whether every number of x, rows of weight zero included, is finite; when it is not,
    the others mean nothing.
    """
    rows = np.asarray(x, dtype=np.float64)
    if not np.isfinite(rows).all():
        nothing = np.full(rows.shape[1], np.nan)
        return nothing, nothing, nothing, nothing, False
    omega = np.ones(len(rows)) if sample_weight is None else sample_weight
    used = rows[omega > 0]
    total = omega.sum()
    mean = used[0] + omega @ (rows - used[0]) / total
    variance = omega @ (rows - mean) ** 2 / total - (omega @ (rows - mean) / total) ** 2
    return mean, variance, used.min(axis=0), used.max(axis=0), True

r"""Orthants: the probability that all coordinates of a normal vector lie below their bounds.

Genz's separation of variables makes of :math:`P(X_1 \le b_1, \ldots, X_d \le b_d)` an integral over the unit
cube in d - 1 dimensions, whose integrand is taken at the points of a lattice. The lattice is fixed, so that
the same question has the same answer, bit for bit, in every call and with every version of SciPy.

References
----------
Genz (1992), Numerical computation of multivariate normal probabilities, Journal of Computational and
Graphical Statistics 1, 141-149. The order of the variables is that of Gibson, Glasbey and Elston (1994),
Monte Carlo evaluation of multivariate normal integrals and sensitivity to variate ordering, in Advances in
Numerical Methods and Applications, 120-126.
"""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri

from .parameters import Array

SHIFTS = 8  # copies of the lattice, whose spread tells the error
BLOCK = 1024  # points of a copy that exist at the same time
DOUBLINGS = 8  # of so many points, at most
ACCURACY = 2e-6  # standard errors of the mean over the copies at which it is good enough
OPEN = np.finfo(np.float64).tiny, 1.0 - np.finfo(np.float64).epsneg  # the ends of what has a finite quantile


def probabilities(mean: Array, covariance: Array, bounds: Array) -> Array:
    """Return P(X <= b) for each row b (n, d) of bounds, of a normal vector with this mean and covariance.

    In two dimensions SciPy knows it to rounding; beyond, the error is about 1e-5 at most and mostly less.
    """
    if len(mean) > 2:
        return np.array([probability(mean, covariance, row) for row in bounds])
    from scipy.stats import multivariate_normal  # slow to import, and seldom needed

    if not len(bounds):
        return np.zeros(0)
    return np.reshape(multivariate_normal(mean, covariance).cdf(bounds), len(bounds))


def probability(mean: Array, covariance: Array, bounds: Array) -> float:
    """Return P(X <= bounds) of a normal vector with this mean (d,) and positive definite covariance (d, d).

    ``bounds`` (d,) may be infinite.
    """
    felt = bounds < np.inf
    deviations = np.sqrt(np.diagonal(covariance))
    standard = ((bounds - mean) / deviations)[felt]
    if (standard == -np.inf).any():
        return 0.0
    if len(standard) < 2:
        return float(ndtr(standard).prod())
    correlation = (covariance / (deviations[:, None] * deviations))[np.ix_(felt, felt)]
    factor, standard = _ordered_factor(correlation, standard)
    roots = np.sqrt(_primes(len(standard) - 1))
    shifts = np.random.default_rng(0).random((len(roots), SHIFTS, 1))
    total, size = np.zeros(SHIFTS), 0
    for doubling in range(DOUBLINGS):
        end = BLOCK << doubling
        for start in range(size, end, BLOCK):
            points = np.arange(start + 1, start + BLOCK + 1) * roots[:, None]
            total += _integrand(factor, standard, points[:, None] + shifts).sum(axis=1)
        size = end
        if (total / size).std() <= ACCURACY * np.sqrt(SHIFTS):
            break
    return float(total.mean() / size)


def _integrand(factor: Array, bounds: Array, points: Array) -> Array:
    """Return the integrand (...) at points (d - 1, ...), of which the places within the unit cube count."""
    value = np.full(points.shape[1:], ndtr(bounds[0]))
    inside = value
    quantiles = np.empty_like(points)
    for i, point in enumerate(points):
        # the tent makes the integrand periodic, which a lattice integrates faster
        place = np.abs(2.0 * (point - np.floor(point)) - 1.0)
        quantiles[i] = ndtri(np.clip(place * inside, *OPEN))
        reach = bounds[i + 1] - np.tensordot(factor[i + 1, : i + 1], quantiles[: i + 1], 1)
        inside = ndtr(reach / factor[i + 1, i + 1])
        value = value * inside
    return value


def _ordered_factor(correlation: Array, bounds: Array) -> tuple[Array, Array]:
    """Return the Cholesky factor (d, d) and bounds (d,) of the variables, the most confined one first.

    What remains of the others is small and smooth then.
    """
    d = len(bounds)
    c, b = correlation.copy(), bounds.copy()
    factor, expected = np.zeros((d, d)), np.zeros(d)
    for i in range(d):
        left = np.sqrt(np.diagonal(c)[i:] - (factor[i:, :i] ** 2).sum(axis=1))
        reach = (b[i:] - factor[i:, :i] @ expected[:i]) / left
        j = i + int(reach.argmin())
        order = np.arange(d)
        order[[i, j]] = j, i
        c, b, factor = c[np.ix_(order, order)], b[order], factor[order]
        pivot, limit = left[j - i], reach[j - i]
        factor[i, i] = pivot
        factor[i + 1 :, i] = (c[i + 1 :, i] - factor[i + 1 :, :i] @ factor[i, :i]) / pivot
        # the mean of a standard normal variable below the limit
        expected[i] = -np.exp(-0.5 * limit**2 - log_ndtr(limit)) / np.sqrt(2 * np.pi)
    return factor, b


def _primes(n: int) -> Array:
    """Return the first n primes: the fractions of multiples of their roots fill the cube evenly."""
    found: list[int] = []
    candidate = 2
    while len(found) < n:
        if all(candidate % prime for prime in found):
            found.append(candidate)
        candidate += 1
    return np.array(found, dtype=np.float64)

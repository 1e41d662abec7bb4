"""Validation of a mixture's three arrays, and the sentences that say what is wrong with them.

Whoever is handed weights, means or covariances, be they a mixture's or a start's, checks them here; a name
says whose they are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .numbers import real_numbers
from .parameters import Array, Parameters

# How far from 1 weights may sum, and a covariance be from symmetry in units of its features' deviations: as
# far as numbers in float32, or copied from print.
TOLERANCE = 1e-6
ROUNDING = 1e-14  # within this of 1 weights are kept to the bit, so that saving and loading change nothing


def validated(weights: ArrayLike, means: ArrayLike, covariances: ArrayLike) -> Parameters:
    """Return checked copies: weights (k,), means (k, d), symmetric positive definite covariances (k, d, d).

    In one dimension means and variances may be given flat, (k,). Weights that sum to 1 within 1e-6 are
    divided by their sum, covariances symmetric within 1e-6 are made exactly so.

    Raises
    ------
    ValueError
        If shapes do not fit together, a number is not finite, a weight is negative, the weights do not sum
        to 1, or a covariance is not symmetric positive definite.
    """
    w, m, c = (
        numbers(v, name) for v, name in ((weights, "weights"), (means, "means"), (covariances, "covariances"))
    )
    if w.ndim != 1 or len(w) == 0:
        raise ValueError(f"weights must have shape (k,) with k at least 1, not {w.shape}")
    k = len(w)
    m = m[:, None] if m.ndim == 1 else m
    if m.ndim != 2 or len(m) != k or m.shape[1] == 0:
        raise ValueError(
            f"there are {k} weights but means of shape {m.shape}; give one mean of d numbers per weight"
        )
    d = m.shape[1]
    c = c[:, None, None] if c.ndim == 1 and d == 1 else c
    if c.shape != (k, d, d):
        raise ValueError(f"covariances must have shape {(k, d, d)} to go with the means, not {c.shape}")
    w, m = proportions(w, "weights"), finite(m, "means")
    return Parameters(w, m, positive_definite(c, "covariances"))


def numbers(values: ArrayLike, name: str) -> Array:
    """Return a float64 copy, without negative zeros, which would equal zero and yet hash and print apart."""
    try:
        return real_numbers(values, "they").astype(np.float64) + 0.0
    except ValueError as error:
        raise ValueError(f"{name} must be an array of numbers: {error}") from None


def finite(values: Array, name: str) -> Array:
    """Return values with a component's in each row, (k, ...), if none of them is NaN or infinite."""
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        raise ValueError(f"{name} must be finite, but component {bad[0][0]} has {values[tuple(bad[0])]}")
    return values


def proportions(weights: Array, name: str) -> Array:
    """Return weights (k,) that sum to 1, of ones that are not negative and nearly do."""
    finite(weights, name)
    if (weights < 0).any():
        c = int(weights.argmin())
        raise ValueError(f"{name} must not be negative, but component {c} has {weights[c]:g}")
    total = weights.sum()
    if abs(total - 1) > TOLERANCE:
        raise ValueError(f"{name} must sum to 1, not {total:.10g}; divide them by their sum")
    return weights if abs(total - 1) <= ROUNDING else weights / total


def positive_definite(matrices: Array, name: str) -> Array:
    """Return covariances or precisions (k, d, d) made exactly symmetric, if they are positive definite.

    Both are asked whatever the units of the features: a Cholesky factor exists in all units or in none.
    """
    finite(matrices, name)
    transposed = np.swapaxes(matrices, 1, 2)
    variances = np.diagonal(matrices, axis1=1, axis2=2)
    if (variances <= 0).any():
        c, j = np.argwhere(variances <= 0)[0]
        raise ValueError(
            f"the diagonals of {name} must be positive, but component {c} has {variances[c, j]:g} in feature "
            f"{j}: it is not positive definite"
        )
    deviations = np.sqrt(variances)
    allowed = TOLERANCE * deviations[:, :, None] * deviations[:, None, :]
    asymmetric = (np.abs(matrices - transposed) > allowed).any(axis=(1, 2))
    if asymmetric.any():
        raise ValueError(f"{name}: that of component {int(asymmetric.argmax())} is not symmetric")
    # Halves are added, not the sum halved: a sum may overflow.
    symmetric = 0.5 * matrices + 0.5 * transposed
    try:
        np.linalg.cholesky(symmetric)
    except np.linalg.LinAlgError:
        smallest = np.linalg.eigvalsh(symmetric)[:, 0]
        c = int((smallest / variances.max(axis=1)).argmin())
        raise ValueError(
            f"{name}: that of component {c} is not positive definite: its smallest eigenvalue is "
            f"{smallest[c]:g}"
        ) from None
    return symmetric

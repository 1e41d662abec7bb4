"""The NumPy twin of looks at covariances: which lie at the floor, which are flat, and which are thin."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

LEAST_CORRELATION = 64 * np.finfo(np.float64).eps  # a correlation matrix's least eigenvalue, per feature
RETURN = 1.25  # a raised eigenvalue comes back with an error of a few times rounding


def touches(matrices: Array, least: Array) -> Flags:
    """Say which matrices (n, d, d) lie at the floor's variances ``least`` (d,), or under it: flags (n,).

    Either an eigenvalue in units of the floor's is at most 1, or the least one of the correlation matrix does
    not stand clear of rounding.
    """
    own = np.sqrt(np.maximum(np.diagonal(matrices, axis1=-2, axis2=-1), least))
    correlations = matrices / (own[..., :, None] * own[..., None, :])
    low = np.linalg.eigvalsh(_scaled(matrices, least))[..., 0] <= RETURN
    flat = np.linalg.eigvalsh(correlations)[..., 0] <= RETURN * len(least) * LEAST_CORRELATION
    return np.asarray(low | flat)


def flat(matrices: Array, least: Array, part: float) -> Flags:
    """Say of which matrices (n, d, d) the least variance over the largest is at most so small a part.

    Variances are eigenvalues in units of the floor's ``least`` (d,).
    """
    values = np.linalg.eigvalsh(_scaled(matrices, least))
    return np.asarray(values[..., 0] <= part * values[..., -1])


def thickness(weights: Array, covariances: Array) -> Array:
    """Return the least deviations (m, k) of covariances (m, k, d, d) in units of their means by weight.

    They are NaN where the mean of a mixture is not positive definite.
    """
    mean = np.einsum("mk,mkij->mij", weights, covariances)
    values, axes = np.linalg.eigh(mean)
    whole = np.where(values[:, :1] > 0.0, values, np.nan)
    roots = (axes / np.sqrt(whole)[:, None, :])[:, None]
    seen = np.swapaxes(roots, -1, -2) @ covariances @ roots
    least = np.full(weights.shape, np.nan)
    known = np.isfinite(whole).all(-1)
    least[known] = np.linalg.eigvalsh(seen[known])[..., 0]
    return np.asarray(np.sqrt(np.maximum(least, 0.0)))


def _scaled(matrices: Array, least: Array) -> Array:
    deviations = np.sqrt(least)
    return matrices / (deviations[:, None] * deviations)

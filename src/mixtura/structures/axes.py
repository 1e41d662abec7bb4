"""Axes: orthogonal matrices whose columns are the principal directions of covariances."""

from __future__ import annotations

from functools import cache

import numpy as np

from ..model.parameters import Array

GOLDEN = 0.6180339887498949  # multiples of it, less their whole parts, are numbers without pattern
EPSILON = float(np.finfo(np.float64).eps)


def resolved(variances: Array) -> Array:
    """Return variances (..., d), none under the rounding of the largest: the least may come out negative."""
    return np.maximum(variances, EPSILON * variances.max(-1, keepdims=True))


def composed(axes: Array, values: Array) -> Array:
    """Return the symmetric matrices (..., d, d) of axes, columns of (..., d, d), and variances (..., d)."""
    matrices = (axes * values[..., None, :]) @ np.swapaxes(axes, -1, -2)
    return np.asarray(0.5 * (matrices + np.swapaxes(matrices, -1, -2)))


def common_axes(covariances: Array) -> Array:
    """Return the axes (..., d, d), columns, that covariances (..., k, d, d) of one orientation share.

    They are those of a sum of them with factors without pattern, in which variances that differ in any of the
    matrices hardly ever agree.
    """
    k = covariances.shape[-3]
    traces = np.trace(covariances, axis1=-2, axis2=-1)
    factors = (0.5 + (GOLDEN * np.arange(1, k + 1)) % 1.0) / traces
    return np.asarray(np.linalg.eigh((covariances * factors[..., None, None]).sum(-3))[1])


def turned_by(skew: Array, d: int) -> tuple[Array, Array]:
    """Return (1 - K/2)^-1 and the turns (1 - K/2)^-1 (1 + K/2), (..., d, d), for skew matrices K.

    These are given by what is above their diagonals, (..., d (d - 1) / 2).
    """
    half = np.zeros((*skew.shape[:-1], d, d))
    first, second = planes(d)
    half[..., first, second] = 0.5 * skew
    half[..., second, first] = -0.5 * skew
    eye = np.eye(d)
    inverse = np.asarray(np.linalg.inv(eye - half), dtype=np.float64)
    return inverse, inverse @ (eye + half)


@cache
def planes(d: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and the second axis of the planes in which d axes turn, (d (d - 1) / 2,) each."""
    first, second = np.triu_indices(d, 1)
    return first, second

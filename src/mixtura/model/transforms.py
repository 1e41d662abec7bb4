"""Distributions that follow from a mixture: of some features, given some features, of a linear image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .numbers import real_numbers
from .parameters import Array, Parameters


def check_features(indices: int | Sequence[int] | ArrayLike, n_features: int) -> np.ndarray:
    """Return distinct feature indices (r,), counted from 0, negative ones from the end."""
    asked = np.atleast_1d(np.asarray(indices))
    if asked.ndim != 1 or asked.size == 0 or not np.issubdtype(asked.dtype, np.integer):
        raise ValueError(f"features must be one or more whole numbers, not {indices!r}")
    bad = asked[(asked < -n_features) | (asked >= n_features)]
    if bad.size:
        raise ValueError(f"feature {bad[0]} is not there: the mixture has {n_features}, counted from 0")
    positive = asked % n_features
    if len(np.unique(positive)) < len(positive):
        raise ValueError(f"features must be distinct, not {asked.tolist()}")
    return positive


def check_given(
    given: int | Sequence[int] | Mapping[int, float], values: ArrayLike | None, n_features: int
) -> tuple[np.ndarray, Array]:
    """Return the features (r,) and the values (r,) of a condition, given as a mapping or as two sequences."""
    if isinstance(given, Mapping):
        features, values = check_features(list(given), n_features), list(given.values())
    else:
        features = check_features(given, n_features)
    known = np.atleast_1d(real_numbers(np.nan if values is None else values, "the values")).astype(
        np.float64, copy=False
    )
    if known.shape != features.shape or not np.isfinite(known).all():
        raise ValueError(f"give one finite value for each of {len(features)} features, not {values!r}")
    if len(features) == n_features:
        raise ValueError("every feature is given, so that none is left to be distributed")
    return features, known


def marginal(p: Parameters, features: np.ndarray) -> Parameters:
    """Return the mixture of these features (r,), in this order."""
    return Parameters(p.weights, p.means[:, features], p.covariances[:, features[:, None], features])


def conditional(p: Parameters, features: np.ndarray, values: Array) -> Parameters:
    r"""Return the mixture of the other features, given the values (r,) of these.

    With B the given features and A the others, a component gets mean
    :math:`\mu_A + L_{AB} L_{BB}^{-1} (v - \mu_B)` and covariance :math:`L_{AA} L_{AA}^T`, where L is the
    Cholesky factor with B first: positive definite by its making, as the textbook difference of matrices may
    fail to be. Weights are multiplied by the density of v.
    """
    others = np.setdiff1d(np.arange(p.n_features), features)
    r, order = len(features), np.concatenate([features, others])
    factor: np.ndarray[Any, Any] = np.linalg.cholesky(p.covariances[:, order[:, None], order])
    given = factor[:, :r, :r]
    whitened = np.linalg.solve(given, (values - p.means[:, features])[:, :, None])
    means = p.means[:, others] + (factor[:, r:, :r] @ whitened)[:, :, 0]
    covariances = factor[:, r:, r:] @ np.swapaxes(factor[:, r:, r:], 1, 2)
    with np.errstate(divide="ignore"):
        joint = np.log(p.weights) - 0.5 * (whitened**2).sum(axis=(1, 2))
    joint -= np.log(np.diagonal(given, axis1=1, axis2=2)).sum(axis=1)
    likelihoods = np.exp(joint - joint.max())
    return Parameters(likelihoods / likelihoods.sum(), means, covariances)


def affine(p: Parameters, matrix: ArrayLike, shift: ArrayLike) -> Parameters:
    """Return the mixture of ``matrix @ x + shift``; a number as matrix multiplies every feature.

    Raises
    ------
    ValueError
        If shapes do not fit, or the image has no density: a zero, more rows than columns, dependent rows.
    """
    a = real_numbers(matrix, "the matrix").astype(np.float64, copy=False)
    a = a * np.eye(p.n_features) if a.ndim == 0 else a
    if a.ndim != 2 or a.shape[1] != p.n_features:
        raise ValueError(f"the matrix must be a number or of shape (r, {p.n_features}), not {a.shape}")
    if not np.isfinite(a).all():
        raise ValueError("the matrix holds NaN or infinity; give finite numbers")
    if np.linalg.matrix_rank(a) < a.shape[0]:
        raise ValueError(
            f"the matrix of shape {a.shape} has dependent rows, so that its image has no density"
        )
    b = real_numbers(shift, "the shift").astype(np.float64, copy=False)
    if b.shape not in ((), (a.shape[0],)):
        raise ValueError(f"the shift must be a number or of shape ({a.shape[0]},), not {b.shape}")
    return Parameters(p.weights, p.means @ a.T + b, a @ p.covariances @ a.T)

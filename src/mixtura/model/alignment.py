"""Alignment: which component of one mixture is which of another."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .parameters import Array, Parameters


class Alignment(NamedTuple):
    """How the components of another mixture match those of this one."""

    order: np.ndarray  # (k,): component c of this mixture is component order[c] of the other
    parameters: Parameters  # the other's, in the order of this mixture
    distances: Array  # (k,), of each matched pair, see `distances`


def canonical_order(weights: Array, means: Array) -> np.ndarray:
    """Return the order of components (k,): by mean, first feature first, ties by weight."""
    return np.lexsort((weights, *means.T[::-1]))


def distances(a: Parameters, b: Parameters) -> Array:
    r"""Return how far component i of a is from component j of b, (k_a, k_b).

    It is Bhattacharyya's distance, with :math:`\delta = \mu_i - \mu_j` and :math:`C = (C_i + C_j) / 2`,

    .. math:: \tfrac18 \delta^T C^{-1} \delta + \tfrac12 \log(|C| / \sqrt{|C_i| |C_j|})
        + \tfrac12 (\sqrt{w_i} - \sqrt{w_j})^2 ,

    the weights' term added to tell apart components that differ in nothing else. No affine map of the
    features changes it, so that their units do not matter, and it tells far components from farther ones.

    References
    ----------
    Bhattacharyya (1943), On a measure of divergence between two statistical populations defined by their
    probability distributions, Bulletin of the Calcutta Mathematical Society 35, 99-109.
    """
    middle = 0.5 * a.covariances[:, None] + 0.5 * b.covariances[None, :]
    difference = (a.means[:, None] - b.means[None, :])[..., None]
    factor = np.linalg.cholesky(middle)
    squares = (np.linalg.solve(factor, difference) ** 2).sum(axis=(-1, -2))
    half = _half_log_det(factor)
    own_a, own_b = (_half_log_det(np.linalg.cholesky(p.covariances)) for p in (a, b))
    shapes = half - 0.5 * (own_a[:, None] + own_b[None, :])
    weights = np.sqrt(a.weights)[:, None] - np.sqrt(b.weights)[None, :]
    return squares / 8 + np.maximum(shapes, 0.0) + 0.5 * weights**2


def align(a: Parameters, b: Parameters) -> Alignment:
    """Match the components of b with those of a, one to one, at the least sum of `distances`."""
    if a.means.shape != b.means.shape:
        raise ValueError(
            f"mixtures of {a.n_components} and {b.n_components} components in {a.n_features} and "
            f"{b.n_features} dimensions cannot be aligned; they must agree in both"
        )
    from scipy.optimize import linear_sum_assignment  # slow to import, and seldom needed

    cost = distances(a, b)
    rows, order = linear_sum_assignment(cost)
    return Alignment(order, b.at(order), cost[rows, order])


def close(a: Parameters, b: Parameters, tol: float) -> bool:
    """Say whether a and b, components aligned, agree to ``tol``: see `mixtura.Mixture.isclose`."""
    if a.means.shape != b.means.shape:
        return False
    b = align(a, b).parameters
    sd = np.sqrt(np.diagonal(a.covariances, axis1=1, axis2=2))
    covariances = (b.covariances - a.covariances) / (sd[:, :, None] * sd[:, None, :])
    return all(
        bool((np.abs(gap) <= tol).all())
        for gap in (b.weights - a.weights, (b.means - a.means) / sd, covariances)
    )


def _half_log_det(factor: np.ndarray[Any, Any]) -> Array:
    return np.log(np.diagonal(factor, axis1=-2, axis2=-1)).sum(axis=-1)

"""Soundness: whether a maximum says something of the data, or of a few rows that happen to lie in line."""

from __future__ import annotations

import numpy as np

from ...em import Problem
from ...em.degenerate import degenerate, rows_of
from ...model.parameters import Array, Parameters

THIN = 0.02  # of the components' mean deviation in a direction, below which few rows make a spurious peak
SOUND, SPURIOUS, DEGENERATE = 2, 1, 0


def soundness(problem: Problem, parameters: Parameters) -> np.ndarray:
    """Say of mixtures (...) of k components whether they are sound, spurious or degenerate.

    Spurious is a component of fewer rows than it has free parameters, and fifty times thinner in some
    direction than components are on average: among many rows a few always lie nearly in line, and the
    likelihood rewards their line or plane beyond measure (McLachlan and Peel 2000, Finite Mixture Models,
    section 3.10). Left to itself, a search that looks hard enough prefers such a peak to any cluster.
    """
    flat = degenerate(problem, parameters).any(-1)
    return np.where(flat, DEGENERATE, np.where(is_spurious(problem, parameters), SPURIOUS, SOUND))


def is_spurious(problem: Problem, parameters: Parameters) -> np.ndarray:
    """Say of which mixtures (...) a component of few rows is far thinner than components are on average."""
    k = parameters.n_components
    nothing = np.zeros(parameters.stack, dtype=bool)
    if k == 1 or problem.structure.form.shared:
        return nothing
    few = rows_of(problem, parameters) < problem.n_parameters(k) - problem.n_parameters(k - 1)
    some = few.any(-1)
    if not some.any():
        return nothing
    thin = np.zeros_like(few)
    thin[some] = thickness(parameters.at(some)) < THIN
    return np.asarray((few & thin).any(-1))


def thickness(parameters: Parameters) -> Array:
    """Return the least deviation (..., k) of components in units of their mean covariance's."""
    mean = np.einsum("...k,...kij->...ij", parameters.weights, parameters.covariances)
    inverse = np.linalg.inv(np.linalg.cholesky(mean))[..., None, :, :]
    seen = inverse @ parameters.covariances @ np.swapaxes(inverse, -1, -2)
    return np.asarray(np.sqrt(np.maximum(np.linalg.eigvalsh(seen)[..., 0], 0.0)))

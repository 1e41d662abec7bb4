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
    k = parameters.n_components
    flat = degenerate(problem, parameters).any(-1)
    if k == 1:
        return np.where(flat, DEGENERATE, SOUND)
    own = problem.n_parameters(k) - problem.n_parameters(k - 1)
    few = rows_of(problem, parameters) < own
    if not few.any() or problem.structure.form.shared:
        return np.where(flat, DEGENERATE, SOUND)
    some, thin = few.any(-1), np.zeros_like(few)
    thin[some] = thickness(parameters.at(some)) < THIN
    spurious = (few & thin).any(-1)
    return np.where(flat, DEGENERATE, np.where(spurious, SPURIOUS, SOUND))


def thickness(parameters: Parameters) -> Array:
    """Return the least deviation (..., k) of components in units of their mean covariance's."""
    mean = np.einsum("...k,...kij->...ij", parameters.weights, parameters.covariances)
    inverse = np.linalg.inv(np.linalg.cholesky(mean))[..., None, :, :]
    seen = inverse @ parameters.covariances @ np.swapaxes(inverse, -1, -2)
    return np.asarray(np.sqrt(np.maximum(np.linalg.eigvalsh(seen)[..., 0], 0.0)))

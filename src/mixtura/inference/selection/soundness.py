"""Soundness: whether a maximum says something of the data, or of a few rows that happen to lie in line."""

from __future__ import annotations

import numpy as np

from ... import _core
from ...em import Problem
from ...em.degenerate import degenerate, rows_of
from ...model.parameters import Parameters

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
    # of the others a component's least deviation in units of the mean covariance's is not asked for
    thin, asked = np.zeros_like(few), parameters.at(some)
    thin[some] = _core.kernels().thickness(asked.weights, asked.covariances) < THIN
    return np.asarray((few & thin).any(-1))

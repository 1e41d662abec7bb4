"""Information: what the data say of the parameters, from the scores of neighbouring mixtures in one read."""

from __future__ import annotations

import numpy as np

from ..model.parameters import Array, Parameters
from ..structures import Parametrisation
from .problem import Problem

STEP = 1e-4  # in the chart's unit: a standard deviation of one row, its component known
MOST_NUMBERS = 2e7  # of neighbours that exist at the same time; beyond it there is more than one read


def observed_information(problem: Problem, chart: Parametrisation, directions: Array | None = None) -> Array:
    """Return the observed information (q, q) at a chart's anchor, over the total weight, in one read.

    It is made of central differences of the scores of 2 q neighbours. At the anchor the information of a row
    whose component is known is the identity, so that eigenvalues are shares of it. Along some orthonormal
    ``directions`` (b, q) alone it is (b, b).
    """
    ways = np.eye(chart.size) if directions is None else directions
    k, d = chart.anchor.means.shape
    at_once = max(1, int(MOST_NUMBERS / (2 * k * (d * d + d + 1))))
    changes = [_change(problem, chart, ways[i : i + at_once]) for i in range(0, len(ways), at_once)]
    matrix = np.concatenate(changes) @ ways.T
    return np.asarray(0.5 * (matrix + matrix.T))


def _change(problem: Problem, chart: Parametrisation, ways: Array) -> Array:
    """Return what the score falls by along each way (b, q), by its length."""
    steps = STEP * ways
    scores = problem.score(chart, problem.evaluate(chart.mixtures(np.concatenate([steps, -steps]))))
    return np.asarray((scores[len(ways) :] - scores[: len(ways)]) / (2.0 * STEP))


def score_at(problem: Problem, chart: Parametrisation, mixture: Parameters) -> tuple[Array, float]:
    """Return the score (q,) in a chart, over the total weight, and the log-likelihood of a mixture (k,)."""
    evaluation = problem.evaluate(mixture.at(None))
    return problem.score(chart, evaluation)[0], float(evaluation.loglik[0])

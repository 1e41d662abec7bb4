"""Information: what the data say of the parameters, from the scores of neighbouring mixtures in one read."""

from __future__ import annotations

import numpy as np

from ..model.parameters import Array, Parameters
from ..structures import Parametrisation
from .problem import Problem

STEP = 1e-4  # in the chart's unit: a standard deviation of one row, its component known


def observed_information(problem: Problem, chart: Parametrisation) -> Array:
    """Return the observed information (q, q) at a chart's anchor, over the total weight, in one read.

    It is made of central differences of the scores of 2 q neighbours. At the anchor the information of a row
    whose component is known is the identity, so that eigenvalues are shares of it.
    """
    steps = STEP * np.eye(chart.size)
    scores = problem.score(chart, problem.evaluate(chart.mixtures(np.concatenate([steps, -steps]))))
    matrix = (scores[chart.size :] - scores[: chart.size]) / (2.0 * STEP)
    return np.asarray(0.5 * (matrix + matrix.T))


def score_at(problem: Problem, chart: Parametrisation, mixture: Parameters) -> tuple[Array, float]:
    """Return the score (q,) in a chart, over the total weight, and the log-likelihood of a mixture (k,)."""
    evaluation = problem.evaluate(mixture.at(None))
    return problem.score(chart, evaluation)[0], float(evaluation.loglik[0])

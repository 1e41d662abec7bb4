"""The ridge: what scikit-learn adds to every variance, and the slope of what that costs."""

import numpy as np
import pytest
from tests.helpers import climbed, fitted_a_little, overlapping, problem_of

from mixtura.em import Status
from mixtura.model.forms import FULL
from mixtura.model.moments import Moments
from mixtura.model.parameters import Parameters
from mixtura.structures import STRUCTURES, Ridge

CASES = [("VVV", 3, 2), ("EEE", 2, 3), ("VVI", 3, 2), ("VII", 2, 3), ("V", 3, 1), ("E", 2, 1)]
CASES += [("EII", 2, 3), ("EEI", 3, 2), ("VEI", 2, 3), ("EVI", 2, 3), ("VEE", 2, 3), ("EVE", 3, 2)]
CASES += [("VVE", 2, 3), ("EEV", 2, 3), ("VEV", 3, 2), ("EVV", 2, 3)]


def test_every_structure_is_tried():
    assert {name for name, _, _ in CASES} == set(STRUCTURES)


@pytest.mark.parametrize(("name", "k", "d"), [case for case in CASES if STRUCTURES[case[0]].adds_scatters])
def test_an_m_step_with_a_ridge_adds_it_to_every_variance(name, k, d):
    problem, at = fitted_a_little(name, k, d)
    ridged = problem_of(problem.source, name, reg_covar=0.5)
    free, step = (p.evaluate(at.at(None)).steps for p in (problem, ridged))
    np.testing.assert_array_equal(step.weights, free.weights)
    np.testing.assert_array_equal(step.means, free.means)
    np.testing.assert_allclose(step.covariances, free.covariances + 0.5 * np.eye(d), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(("name", "k", "d"), CASES)
def test_the_score_is_the_slope_of_the_loglik_less_the_penalty(name, k, d):
    """The rows that the penalty counts stay those of the mixture that one looks from."""
    problem, at = fitted_a_little(name, k, d)
    ridged = problem_of(problem.source, name, reg_covar=0.5)
    chart, here = ridged.parametrisation(at), ridged.evaluate(at.at(None))
    step = 1e-5 * np.eye(chart.size)
    sides = [ridged.evaluate(chart.mixtures(side * step)) for side in (1, -1)]
    values = [ridged.objective(evaluation, here.at(0)) for evaluation in sides]
    score = ridged.score(chart, here)[0] * ridged.source.total_weight
    np.testing.assert_allclose(score, (values[0] - values[1]) / 2e-5, rtol=1e-6, atol=1e-4)


def test_what_a_ridge_costs_by_hand():
    """Of 2 and 3 rows with variances 1 and 4 in two dimensions: half of 0.1 (2 * 2 + 3 * 2 / 4)."""
    counts, means = np.array([2.0, 3.0]), np.zeros((2, 2))
    variances = np.array([1.0, 4.0])[:, None, None] * np.eye(2)
    moments = Moments(means, counts, means, variances, np.array(0.0), FULL)
    mixture = Parameters(counts / 5, means, variances)
    assert Ridge(0.1).value(mixture, moments) == pytest.approx(0.05 * (2 * 2 + 3 * 0.5), rel=1e-14)


@pytest.mark.parametrize("variance", [1e-12, 1e-20, 1e-30])
def test_a_start_narrower_than_the_ridge_stops_where_any_other_does(variance):
    """The first gain was of the size of rows times ridge over variance, and doubles saw no other after it."""
    x, start = overlapping(400, 1, 2, seed=1)
    problem = problem_of(x, "V", reg_covar=1e-2)
    narrow = Parameters(start.weights, start.means, np.full((2, 1, 1), variance))
    run = climbed(problem, narrow)
    on = climbed(problem, run.parameters, accelerate=False, tol=0.0, max_iter=2_000)
    assert run.status is Status.CONVERGED
    assert on.loglik - run.loglik <= 2e-4
    assert run.remaining <= 1e-4

"""Newton steps: a likelihood that rises, curvatures that are the log-likelihood's own, saddles left."""

from dataclasses import replace

import numpy as np
import pytest
from tests.helpers import climbed, fitted_a_little, problem_of

from mixtura.em import Evaluation, Status
from mixtura.em.newton import Newton
from mixtura.em.quadratic import Quadratic
from mixtura.model.parameters import Parameters
from mixtura.structures import Floor


def newton_at(problem, at):
    """Return the solver where a mixture (k,) is, after its first look around."""
    newton = Newton(problem, problem.evaluate(at.at(None)).at(0))
    newton.learn(problem.evaluate(newton.propose()))
    return newton


def test_a_short_em_step_is_told_by_the_score_and_a_chart_serves_near_its_anchor():
    problem, at = fitted_a_little("VVI", 2, 3)
    newton = newton_at(problem, climbed(problem, at, tol=1e-5).parameters)
    chart = newton.chart
    for _ in range(2):
        step = chart.coordinates(newton.here.steps.at(None))[0]
        proposed = newton.propose()
        assert np.linalg.norm(newton.y[0] - step) < 0.05 * np.linalg.norm(step - newton.y_here)
        newton.learn(problem.evaluate(proposed))
        assert newton.chart is chart
        here = chart.coordinates(newton.here.mixtures.at(None))[0]
        np.testing.assert_allclose(here, newton.y_here, rtol=0, atol=1e-12)


def test_at_the_floor_probes_teach_nothing():
    problem, at = fitted_a_little("V", 2, 1)
    newton = newton_at(problem, at)
    before = newton.model.curvatures
    newton.problem = replace(problem, floor=Floor(10.0 * problem.source.variance))
    newton.learn(newton.problem.evaluate(newton.propose()))
    np.testing.assert_array_equal(newton.model.curvatures, before)


@pytest.mark.parametrize(("name", "k", "d"), [("VVI", 2, 3), ("VII", 3, 2), ("V", 3, 1), ("EEE", 2, 2)])
def test_at_a_maximum_the_curvatures_are_those_of_the_loglik(name, k, d):
    problem, at = fitted_a_little(name, k, d)
    run = climbed(problem, at, tol=1e-9)
    newton = newton_at(problem, run.parameters)
    chart = problem.parametrisation(run.parameters)
    for value, vector in zip(newton.model.curvatures, newton.vectors.T):
        sides = problem.evaluate(chart.mixtures(np.stack([1e-3 * vector, -1e-3 * vector]))).loglik
        second = (2 * run.loglik - sides.sum()) / 1e-6 / problem.source.total_weight
        assert value == pytest.approx(second, rel=1e-3, abs=1e-4)
    assert newton.certain


def test_when_newton_steps_fall_the_em_step_is_taken_and_no_pass_is_lost():
    problem, at = fitted_a_little("VVV", 2, 2)
    newton = newton_at(problem, at)
    flat = np.full_like(newton.model.curvatures, 1e-6)  # a model that promises the sky
    newton.model = Quadratic(newton.score, flat, newton.vectors)
    newton.radius, here = 1.9, newton.here
    evaluation = problem.evaluate(newton.propose())
    count = len(newton.lengths) + 1
    assert np.argmax(evaluation.loglik[:count]) == 0
    assert (evaluation.loglik[1:count] < here.loglik).all()
    newton.learn(evaluation)
    # the score is the step's first order
    np.testing.assert_allclose(newton.here.mixtures.means, here.steps.means, rtol=1e-3)
    assert newton.here.loglik > here.loglik
    assert newton.radius < 1.9


def test_after_candidates_that_all_fell_the_exact_em_step_is_the_next():
    problem, at = fitted_a_little("VVV", 2, 2)
    newton = newton_at(problem, at)
    here = newton.here
    found = problem.evaluate(newton.propose())
    lost = np.full_like(found.loglik, here.loglik - 1.0)
    newton.learn(Evaluation(problem, found.mixtures, replace(found.moments, loglik=lost)))
    assert not newton.rose
    assert newton.here.loglik == here.loglik
    np.testing.assert_array_equal(newton.here.mixtures.means, here.mixtures.means)
    proposed, expected = newton.propose(), here.steps
    np.testing.assert_allclose(proposed.means[0], expected.means, rtol=1e-12)
    np.testing.assert_allclose(proposed.covariances[0], expected.covariances, rtol=1e-11)
    score = newton.chart.mixtures((newton.y_here + newton.score)[None])
    assert np.abs(score.means[0] - expected.means).max() > 1e-6  # which is not what the score gives
    newton.learn(problem.evaluate(proposed))
    assert newton.here.loglik > here.loglik


def test_the_fallback_is_taken_on_the_way_to_a_maximum():
    taken = 0
    for seed in range(6):
        problem, at = fitted_a_little("VVV", 3, 2, seed=seed)
        newton = newton_at(problem, at)
        for _ in range(25):
            evaluation = problem.evaluate(newton.propose())
            before, count = newton.here.loglik, len(newton.lengths) + 1
            taken += count > 1 and int(np.argmax(evaluation.loglik[:count])) == 0
            newton.learn(evaluation)
            assert newton.here.loglik >= before - 1e-9
    assert taken > 0


def test_a_saddle_is_left():
    """Two equal components are a fixed point of EM, where the score vanishes."""
    x = np.r_[np.random.default_rng(0).normal(-2, 1, 200), np.random.default_rng(1).normal(2, 1, 200)]
    problem = problem_of(x, "V")
    same = Parameters(np.full(2, 0.5), np.zeros((2, 1)), np.ones((2, 1, 1)))
    stuck = climbed(problem, same, accelerate=False, max_iter=50)
    assert stuck.status is not Status.CONVERGED  # the probes see that it is none
    run = climbed(problem, same)
    assert run.status is Status.CONVERGED
    assert run.loglik > stuck.loglik + 20
    np.testing.assert_allclose(np.sort(run.parameters.means[:, 0]), [-2, 2], atol=0.2)


def test_far_from_the_origin_the_probes_keep_their_digits():
    problem, at = fitted_a_little("V", 2, 1, n=2_000)
    start = Parameters(at.weights, at.means + 1e7, at.covariances)
    run, other = climbed(problem, at), climbed(problem_of(problem.source.x + 1e7, "V"), start)
    assert other.status is Status.CONVERGED
    assert other.n_iter <= 2 * run.n_iter
    np.testing.assert_allclose(other.loglik, run.loglik, atol=1e-3)


def test_neighbours_that_were_raised_on_to_each_other_end_no_fit():
    """Three clusters of very different width and starts of many scales: of one the probes fell together."""
    rng = np.random.default_rng(11)
    g = int(rng.integers(3, 6))
    centres, deviations = 3 * rng.normal(size=(g, 2)), 10 ** rng.uniform(-0.6, 0.4, g)
    which = rng.choice(g, 600, p=rng.dirichlet(np.full(g, 3)))
    x = centres[which] + rng.normal(size=(600, 2)) * deviations[which][:, None]
    rng = np.random.default_rng(11)
    for _ in range(21):
        scales = 10 ** rng.uniform(-2, 0.5, 3)
        start = Parameters(
            np.full(3, 1 / 3), x[rng.choice(600, 3, replace=False)], np.cov(x.T) * scales[:, None, None]
        )
    run = climbed(problem_of(x), start)
    assert np.isfinite(run.loglik)
    assert run.status in (Status.CONVERGED, Status.DEGENERATE)

"""Coordinates and Newton steps: true gradients, valid mixtures, a likelihood that rises, saddles left."""

from dataclasses import replace

import numpy as np
import pytest

from mixtura import em
from mixtura.em.coordinates import Chart
from mixtura.em.newton import Newton
from mixtura.em.stopping import Status
from mixtura.model.parameters import Parameters
from mixtura.search.fitting import make_floor
from mixtura.sources import ArraySource
from mixtura.structures import Floor, Structure, structure

CASES = [("VVV", 3, 3), ("EEE", 3, 3), ("VVI", 2, 3), ("VII", 3, 2), ("V", 3, 1), ("E", 2, 1), ("VVV", 1, 2)]


def setting(name, k, d, n=300, seed=0):
    """Return source, structure, floor and a mixture that two EM steps have fitted a little."""
    rng = np.random.default_rng(seed)
    x = 1.5 * rng.normal(size=(k, d))[rng.integers(k, size=n)] + rng.normal(size=(n, d))
    source = ArraySource(x)
    family = structure(name, d)
    floor = make_floor(source)
    covariances = np.repeat(np.diag(source.variance)[None], k, axis=0)
    at = Parameters(np.full(k, 1 / k), x[rng.choice(n, k, replace=False)], covariances)
    for _ in range(2):
        at = family.maximise(source.moments(at, family.form), floor)
    return source, family, floor, at


def newton_at(source, family, floor, at):
    return Newton(family, floor, source.total_weight, at, source.moments(at, family.form), [])


@pytest.mark.parametrize(("name", "k", "d"), CASES)
def test_coordinates_and_mixtures_are_inverse(name, k, d):
    source, family, floor, at = setting(name, k, d)
    chart = Chart(family, floor, source.total_weight, at)
    assert chart.exact
    assert chart.size == family.n_parameters(k, d)
    np.testing.assert_allclose(chart.coordinates(at.at(None)), 0.0, atol=1e-13)
    y = 0.3 * np.random.default_rng(1).normal(size=(5, chart.size))
    mixtures = chart.mixtures(y)
    np.testing.assert_allclose(mixtures.weights.sum(axis=1), 1.0, rtol=1e-14)
    assert (np.linalg.eigvalsh(mixtures.covariances) > 0).all()
    np.testing.assert_allclose(chart.coordinates(mixtures), y, atol=1e-12)


@pytest.mark.parametrize(("name", "k", "d"), CASES)
def test_the_score_is_the_gradient_of_the_loglik(name, k, d):
    source, family, floor, at = setting(name, k, d)
    chart = Chart(family, floor, source.total_weight, at)
    y = 0.2 * np.random.default_rng(2).normal(size=(1, chart.size))  # away from the anchor too
    here = chart.mixtures(y)
    score = chart.score(here, source.moments(here, family.form))[0] * source.total_weight
    step = 1e-5 * np.eye(chart.size)
    sides = [source.moments(chart.mixtures(y + side * step), family.form).loglik for side in (1, -1)]
    np.testing.assert_allclose(score, (sides[0] - sides[1]) / 2e-5, rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize(("name", "k", "d"), CASES)
def test_at_the_anchor_an_em_step_is_the_score_to_first_order(name, k, d):
    source, family, floor, at = setting(name, k, d)
    at = em.fit(source, family, at, floor=floor, tol=1e-9).parameters
    chart = Chart(family, floor, source.total_weight, at)
    near = chart.mixtures(1e-4 * np.random.default_rng(3).normal(size=(1, chart.size)))
    chart = Chart(family, floor, source.total_weight, near.at(0))
    moments = source.moments(near, family.form)
    step, score = chart.coordinates(family.maximise(moments, floor)), chart.score(near, moments)
    assert np.linalg.norm(step - score) < 0.02 * np.linalg.norm(score)


def test_in_one_dimension_the_m_step_is_that_of_all_dimensions():
    source, family, floor, at = setting("V", 3, 1)
    for moments in (source.moments(at, "full"), source.moments(at.at(None), "full")):
        own, general = family.maximise(moments, floor), Structure.maximise(family, moments, floor)
        np.testing.assert_allclose(own.weights, general.weights, rtol=1e-14)
        np.testing.assert_allclose(own.means, general.means, rtol=1e-14)
        np.testing.assert_allclose(own.covariances, general.covariances, rtol=1e-13)


def test_a_short_em_step_is_told_by_the_score_and_a_chart_serves_near_its_anchor():
    source, family, floor, at = setting("VVI", 2, 3)
    at = em.fit(source, family, at, floor=floor, tol=1e-5).parameters
    newton = newton_at(source, family, floor, at)
    newton.learn(source.moments(newton.proposals(), family.form))
    chart = newton.chart
    for _ in range(2):
        step = chart.coordinates(family.maximise(newton.moments, floor).at(None))[0]
        newton.proposals()
        assert np.linalg.norm(newton.y[0] - step) < 0.05 * np.linalg.norm(step - newton.here)
        newton.learn(source.moments(newton.proposed, family.form))
        assert newton.chart is chart
        np.testing.assert_allclose(chart.coordinates(newton.at.at(None))[0], newton.here, atol=1e-12)


def test_at_the_floor_probes_teach_nothing():
    source, family, floor, at = setting("V", 2, 1)
    newton = newton_at(source, family, floor, at)
    newton.learn(source.moments(newton.proposals(), family.form))
    before = newton.curvatures
    newton.floor = Floor(10.0 * source.variance)
    newton.learn(source.moments(newton.proposals(), family.form))
    np.testing.assert_array_equal(newton.curvatures, before)


def test_coordinates_do_not_know_the_units():
    source, family, floor, at = setting("VVV", 2, 3)
    other = family.maximise(source.moments(at, family.form), floor)

    def moved(p, scale, shift):
        return Parameters(p.weights, scale * p.means + shift, scale**2 * p.covariances)

    y = Chart(family, floor, source.total_weight, at).coordinates(other.at(None))
    for scale, shift in ((1e-7, 0.0), (1e7, 3.0), (2.0, 1e5)):
        small = Floor(scale**2 * floor.variances)
        chart = Chart(family, small, source.total_weight, moved(at, scale, shift))
        np.testing.assert_allclose(chart.coordinates(moved(other, scale, shift).at(None)), y, atol=1e-9)


@pytest.mark.parametrize(("name", "k", "d"), [("VVI", 2, 3), ("VII", 3, 2), ("V", 3, 1), ("EEE", 2, 2)])
def test_at_a_maximum_the_curvatures_are_those_of_the_loglik(name, k, d):
    source, family, floor, at = setting(name, k, d)
    at = em.fit(source, family, at, floor=floor, tol=1e-9).parameters
    newton = newton_at(source, family, floor, at)
    newton.learn(source.moments(newton.proposals(), family.form))
    chart = Chart(family, floor, source.total_weight, at)
    loglik = float(source.moments(at, family.form).loglik)
    for value, vector in zip(newton.curvatures, newton.vectors.T):
        sides = source.moments(chart.mixtures(np.stack([1e-3 * vector, -1e-3 * vector])), family.form).loglik
        second = (2 * loglik - sides.sum()) / 1e-6 / source.total_weight
        assert value == pytest.approx(second, rel=1e-3, abs=1e-4)
    assert newton.certain


def test_when_newton_steps_fall_the_em_step_is_taken_and_no_pass_is_lost():
    source, family, floor, at = setting("VVV", 2, 2)
    newton = newton_at(source, family, floor, at)
    newton.learn(source.moments(newton.proposals(), family.form))
    newton.aim(np.full_like(newton.curvatures, 1e-6))  # a model that promises the sky
    newton.radius, before, here = 1.9, newton.loglik, newton.at
    moments = source.moments(newton.proposals(), family.form)
    count = len(newton.lengths) + 1
    assert np.argmax(moments.loglik[:count]) == 0
    assert (moments.loglik[1:count] < before).all()
    expected = family.maximise(source.moments(here, family.form), floor)
    newton.learn(moments)
    np.testing.assert_allclose(newton.at.means, expected.means, rtol=1e-3)  # the score is its first order
    assert newton.loglik > before
    assert newton.radius < 1.9


def test_after_candidates_that_all_fell_the_exact_em_step_is_the_next():
    source, family, floor, at = setting("VVV", 2, 2)
    newton = newton_at(source, family, floor, at)
    newton.learn(source.moments(newton.proposals(), family.form))
    here, loglik = newton.at, newton.loglik
    moments = source.moments(newton.proposals(), family.form)
    lost = replace(moments, loglik=np.full_like(moments.loglik, loglik - 1.0))
    newton.learn(lost)
    assert not newton.rose
    assert newton.loglik == loglik
    np.testing.assert_array_equal(newton.at.means, here.means)
    proposed = newton.proposals()
    expected = family.maximise(source.moments(here, family.form), floor)
    np.testing.assert_allclose(proposed.means[0], expected.means, rtol=1e-12)
    np.testing.assert_allclose(proposed.covariances[0], expected.covariances, rtol=1e-11)
    score = newton.chart.mixtures((newton.here + newton.score)[None])
    assert np.abs(score.means[0] - expected.means).max() > 1e-6  # which is not what the score gives
    newton.learn(source.moments(proposed, family.form))
    assert newton.loglik > loglik


def test_the_fallback_is_taken_on_the_way_to_a_maximum():
    taken = 0
    for seed in range(6):
        source, family, floor, at = setting("VVV", 3, 2, seed=seed)
        newton = newton_at(source, family, floor, at)
        for _ in range(25):
            logliks = (moments := source.moments(newton.proposals(), family.form)).loglik
            before, count = newton.loglik, len(newton.lengths) + 1
            taken += count > 1 and int(np.argmax(logliks[:count])) == 0
            newton.learn(moments)
            assert newton.loglik >= before - 1e-9
    assert taken > 0


def test_a_saddle_is_left():
    """Two equal components are a fixed point of EM, where the score vanishes."""
    x = np.r_[np.random.default_rng(0).normal(-2, 1, 200), np.random.default_rng(1).normal(2, 1, 200)]
    source, family = ArraySource(x), structure("V", 1)
    floor = Floor.relative_to(source.variance, np.abs(source.maximum), source.unit)
    same = Parameters(np.full(2, 0.5), np.zeros((2, 1)), np.ones((2, 1, 1)))
    stuck = em.fit(source, family, same, floor=floor, accelerate=False, max_iter=50)
    assert stuck.status is not Status.CONVERGED  # the probes see that it is none
    run = em.fit(source, family, same, floor=floor)
    assert run.status is Status.CONVERGED
    assert run.loglik > stuck.loglik + 20
    np.testing.assert_allclose(np.sort(run.parameters.means[:, 0]), [-2, 2], atol=0.2)


def test_far_from_the_origin_the_probes_keep_their_digits():
    source, family, floor, at = setting("V", 2, 1, n=2_000)
    x = source.x + 1e7
    moved = ArraySource(x)
    far = Floor.relative_to(moved.variance, np.abs(moved.maximum), moved.unit)
    start = Parameters(at.weights, at.means + 1e7, at.covariances)
    run, other = em.fit(source, family, at, floor=floor), em.fit(moved, family, start, floor=far)
    assert other.status is Status.CONVERGED
    assert other.n_iter <= 2 * run.n_iter
    np.testing.assert_allclose(other.loglik, run.loglik, atol=1e-3)

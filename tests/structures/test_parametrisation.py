"""Parametrisation: coordinates that invert, true gradients, EM steps that are scores, for any family."""

import numpy as np
import pytest
from tests.helpers import climbed, fitted_a_little

from mixtura import Status
from mixtura.model.forms import DIAGONAL
from mixtura.model.parameters import Parameters
from mixtura.structures import ConstrainedChart, Floor, FormChart, Structure
from mixtura.structures.parametrisation import Family

CASES = [("VVV", 3, 3), ("EEE", 3, 3), ("VVI", 2, 3), ("VII", 3, 2), ("V", 3, 1), ("E", 2, 1), ("VVV", 1, 2)]
CASES += [("EII", 3, 2), ("EEI", 2, 3), ("VEI", 3, 3), ("EVI", 2, 3), ("EVI", 3, 2), ("VEE", 3, 3)]
CASES += [("EVV", 2, 3), ("EEV", 3, 2), ("EEV", 2, 3), ("VEV", 2, 3), ("EVE", 2, 3), ("VVE", 3, 3)]
CASES += [("VVE", 2, 2), ("EVE", 1, 3)]
# Their covariances are no flat part of all: where the rows' own differ from what the family has of them, that
# is felt as curvature.
BENT = ("EVI", "VEI", "VEE", "EVV", "EEV", "VEV", "EVE", "VVE")
every_case = pytest.mark.parametrize(
    ("name", "k", "d"), CASES, ids=[f"{name}-{k}-{d}" for name, k, d in CASES]
)


@every_case
def test_coordinates_and_mixtures_are_inverse(name, k, d):
    problem, at = fitted_a_little(name, k, d)
    chart = problem.parametrisation(at)
    assert chart.size == problem.n_parameters(k)
    np.testing.assert_allclose(chart.coordinates(at.at(None)), 0.0, rtol=0, atol=1e-13)
    y = 0.3 * np.random.default_rng(1).normal(size=(5, chart.size))
    mixtures = chart.mixtures(y)
    np.testing.assert_allclose(mixtures.weights.sum(axis=1), 1.0, rtol=1e-14, atol=0)
    assert (np.linalg.eigvalsh(mixtures.covariances) > 0).all()
    np.testing.assert_allclose(chart.coordinates(mixtures), y, rtol=0, atol=1e-12)


@every_case
def test_the_score_is_the_gradient_of_the_loglik(name, k, d):
    problem, at = fitted_a_little(name, k, d)
    chart = problem.parametrisation(at)
    y = 0.2 * np.random.default_rng(2).normal(size=(1, chart.size))  # away from the anchor too
    score = problem.score(chart, problem.evaluate(chart.mixtures(y)))[0] * problem.source.total_weight
    step = 1e-5 * np.eye(chart.size)
    sides = [problem.evaluate(chart.mixtures(y + side * step)).loglik for side in (1, -1)]
    np.testing.assert_allclose(score, (sides[0] - sides[1]) / 2e-5, rtol=1e-6, atol=1e-4)


@every_case
def test_at_the_anchor_an_em_step_is_the_score_to_first_order(name, k, d):
    problem, at = fitted_a_little(name, k, d)
    chart = problem.parametrisation(climbed(problem, at, tol=1e-9).parameters)
    near = chart.mixtures(1e-4 * np.random.default_rng(3).normal(size=(1, chart.size)))
    chart = problem.parametrisation(near.at(0))
    evaluation = problem.evaluate(near)
    step, score = chart.coordinates(evaluation.steps), problem.score(chart, evaluation)
    share = 0.1 if name in BENT else 0.02
    assert np.linalg.norm(step - score) < share * np.linalg.norm(score)


@every_case
def test_coordinates_do_not_know_the_units(name, k, d):
    problem, at = fitted_a_little(name, k, d)
    other = problem.evaluate(at.at(None)).steps

    def moved(p, scale, shift):
        return Parameters(p.weights, scale * p.means + shift, scale**2 * p.covariances)

    y = problem.parametrisation(at).coordinates(other)
    for scale, shift in ((1e-7, 0.0), (1e7, 3.0), (2.0, 1e5)):
        small = Floor(scale**2 * problem.floor.variances)
        chart = problem.structure.parametrisation(moved(at, scale, shift), small)
        np.testing.assert_allclose(chart.coordinates(moved(other, scale, shift)), y, rtol=0, atol=1e-9)


@every_case
def test_strides_are_lengths_in_each_components_own_unit(name, k, d):
    """A component's mean that moves by half of its own deviation is half a stride, however few its rows."""
    problem, at = fitted_a_little(name, k, d)
    chart = problem.parametrisation(at)
    moved = Parameters(at.weights, at.means.copy(), at.covariances)
    moved.means[0] += 0.5 * np.linalg.cholesky(at.covariances[0])[:, 0]
    strides = chart.strides(chart.coordinates(moved.at(None))[0])
    np.testing.assert_allclose(strides, [0.5, *np.zeros(k - 1)], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["VEE", "EVE", "VVE", "EEV", "VEV", "EVV"])
def test_many_parameters_are_climbed_too(name):
    """With more than a pass has neighbours for the way is Anderson's, confirmed by blocks of directions."""
    problem, at = fitted_a_little(name, 4 if name[2] == "V" else 14, 14 if name[2] == "V" else 12, n=2_000)
    assert problem.n_parameters(at.n_components) > 256
    run = climbed(problem, at)
    assert run.status is Status.CONVERGED
    assert run.state.accelerated > 0  # passes of Anderson


@every_case
def test_a_climb_ends_where_plain_em_does(name, k, d):
    problem, at = fitted_a_little(name, k, d)
    run = climbed(problem, at, tol=1e-9)
    plain = climbed(problem, run.parameters, accelerate=False, tol=0.0, max_iter=500)
    assert run.remaining <= 1e-9
    assert plain.loglik - run.loglik <= 2e-9


def test_a_constrained_chart_of_all_diagonals_is_the_forms_own():
    """A family that constrains nothing measures lengths and slopes as the diagonal form itself does."""

    class Free(Family):
        form = DIAGONAL
        owners = np.arange(2).repeat(3)

        def __init__(self, weights):
            self.units = np.sqrt(0.5 * weights).repeat(3)

        def flatten(self, spreads):
            return np.log(spreads).reshape(*spreads.shape[:-2], -1)

        def spreads(self, flat):
            return np.exp(flat).reshape(*flat.shape[:-1], 2, 3)

        def pull_back(self, flat, gradients):
            return np.exp(flat) * gradients.reshape(flat.shape)

    problem, at = fitted_a_little("VVI", 2, 3)
    raised = problem.structure.raised
    own = FormChart(DIAGONAL, raised, problem.floor, at)
    other = ConstrainedChart(Free(at.weights), raised, problem.floor, at)
    evaluation = problem.evaluate(at.at(None))
    one, two = problem.score(own, evaluation)[0], problem.score(other, evaluation)[0]
    np.testing.assert_allclose(one @ one, two @ two, rtol=1e-8, atol=0)
    y = 1e-6 * own.coordinates(evaluation.steps)
    z = other.coordinates(own.mixtures(y))
    np.testing.assert_allclose(z[0] @ z[0], y[0] @ y[0], rtol=1e-4, atol=0)
    np.testing.assert_allclose(other.strides(z[0]), own.strides(y[0]), rtol=1e-4, atol=0)


def test_one_dimension_makes_its_m_step_as_all_dimensions_do():
    problem, at = fitted_a_little("V", 3, 1)
    family = problem.structure
    for moments in (problem.evaluate(at.at(None)).moments, problem.evaluate(at.at(None)).moments.at(0)):
        own = family.maximise(moments, problem.floor)
        general = Structure.maximise(family, moments, problem.floor)
        np.testing.assert_allclose(own.weights, general.weights, rtol=1e-14, atol=0)
        np.testing.assert_allclose(own.means, general.means, rtol=1e-14, atol=0)
        np.testing.assert_allclose(own.covariances, general.covariances, rtol=1e-13, atol=0)

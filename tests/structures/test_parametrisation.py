"""Parametrisation: coordinates that invert, true gradients, EM steps that are scores, for any family."""

import numpy as np
import pytest
from tests.helpers import climbed, fitted_a_little

from mixtura.model.forms import DIAGONAL
from mixtura.model.parameters import Parameters
from mixtura.structures import ConstrainedChart, Floor, FormChart, Structure
from mixtura.structures.parametrisation import Family


class EqualRounds(Family):
    """One variance for all components and features, as its logarithm: mclust's EII in the diagonal form."""

    form = DIAGONAL

    def __init__(self, k, d):
        self.k, self.d = k, d

    def flatten(self, spreads):
        return np.log(spreads).mean((-2, -1))[..., None]

    def spreads(self, flat):
        return np.exp(flat)[..., None] * np.ones((self.k, self.d))

    def pull_back(self, flat, gradients):
        return np.exp(flat) * gradients.sum((-2, -1))[..., None]


class EqualVolumes(Family):
    """Diagonals of one volume and shapes of their own: mclust's EVI.

    They are the logarithms of the volume and of the first d - 1 variances of each component: what is left of
    the volume falls to the last feature.
    """

    form = DIAGONAL

    def __init__(self, k, d):
        self.k, self.d = k, d

    def flatten(self, spreads):
        logs = np.log(spreads)
        shapes = logs[..., :-1].reshape(*logs.shape[:-2], -1)
        return np.concatenate([logs.sum(-1).mean(-1)[..., None], shapes], axis=-1)

    def spreads(self, flat):
        shapes = flat[..., 1:].reshape(*flat.shape[:-1], self.k, self.d - 1)
        last = flat[..., :1, None] - shapes.sum(-1, keepdims=True)
        return np.exp(np.concatenate([shapes, last], axis=-1))

    def pull_back(self, flat, gradients):
        slopes = self.spreads(flat) * gradients
        volume = slopes[..., -1].sum(-1)[..., None]
        shapes = slopes[..., :-1] - slopes[..., -1:]
        return np.concatenate([volume, shapes.reshape(*flat.shape[:-1], -1)], axis=-1)


class Constrained(Structure):
    """A structure of diagonal matrices that a family constrains further."""

    description = "of this test alone"
    form = DIAGONAL

    def __init__(self, name, family):
        self.name, self.family = name, family

    def covariances(self, counts, scatters, floor):
        if self.name == "EII":
            k, d = scatters.shape[-2:]
            shared = scatters.sum((-2, -1)) / (d * counts.sum(-1))
            spreads = shared[..., None, None] * np.ones((k, d))
        else:  # Celeux and Govaert 1995, Pattern Recognition 28, section 4.1
            shapes = scatters / np.exp(np.log(scatters).mean(-1, keepdims=True))
            roots = np.exp(np.log(scatters).mean(-1)).sum(-1) / counts.sum(-1)
            spreads = roots[..., None, None] * shapes
        return DIAGONAL.covariances(self.raised(spreads, floor), *scatters.shape[-2:])

    def raised(self, spreads, floor):
        return floor.raise_variances(spreads)

    def n_covariance_parameters(self, k, d):
        return 1 if self.name == "EII" else 1 + k * (d - 1)

    def parametrisation(self, anchor, floor):
        return ConstrainedChart(self.family(*anchor.means.shape), self.raised, floor, anchor)


EII, EVI = Constrained("EII", EqualRounds), Constrained("EVI", EqualVolumes)
CASES = [("VVV", 3, 3), ("EEE", 3, 3), ("VVI", 2, 3), ("VII", 3, 2), ("V", 3, 1), ("E", 2, 1), ("VVV", 1, 2)]
CASES += [(EII, 3, 2), (EVI, 2, 3), (EVI, 3, 2)]
every_case = pytest.mark.parametrize(
    ("name", "k", "d"), CASES, ids=[f"{getattr(name, 'name', name)}-{k}-{d}" for name, k, d in CASES]
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
    # equal volumes bend the family: where the rows' own volumes differ, that is felt as curvature
    share = 0.1 if name is EVI else 0.02
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

        def flatten(self, spreads):
            return np.log(spreads).reshape(*spreads.shape[:-2], -1)

        def spreads(self, flat):
            return np.exp(flat).reshape(*flat.shape[:-1], 2, 3)

        def pull_back(self, flat, gradients):
            return np.exp(flat) * gradients.reshape(flat.shape)

    problem, at = fitted_a_little("VVI", 2, 3)
    raised = problem.structure.raised
    own = FormChart(DIAGONAL, raised, problem.floor, at)
    other = ConstrainedChart(Free(), raised, problem.floor, at)
    evaluation = problem.evaluate(at.at(None))
    one, two = problem.score(own, evaluation)[0], problem.score(other, evaluation)[0]
    np.testing.assert_allclose(one @ one, two @ two, rtol=1e-8, atol=0)
    y = 1e-6 * own.coordinates(evaluation.steps)
    z = other.coordinates(own.mixtures(y))
    np.testing.assert_allclose(z[0] @ z[0], y[0] @ y[0], rtol=1e-4, atol=0)


def test_one_dimension_makes_its_m_step_as_all_dimensions_do():
    problem, at = fitted_a_little("V", 3, 1)
    family = problem.structure
    for moments in (problem.evaluate(at.at(None)).moments, problem.evaluate(at.at(None)).moments.at(0)):
        own = family.maximise(moments, problem.floor)
        general = Structure.maximise(family, moments, problem.floor)
        np.testing.assert_allclose(own.weights, general.weights, rtol=1e-14, atol=0)
        np.testing.assert_allclose(own.means, general.means, rtol=1e-14, atol=0)
        np.testing.assert_allclose(own.covariances, general.covariances, rtol=1e-13, atol=0)

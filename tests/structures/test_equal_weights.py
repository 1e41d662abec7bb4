"""Equal weights: 1 / k each from the start to the end, no parameters, exact scores without coordinates."""

import pickle

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm
from tests.helpers import FAMILIES, climbed, fitted_a_little, overlapping

from mixtura import GaussianMixture, Mixture, Status, datasets, fit_mixture
from mixtura.em import Problem
from mixtura.sources import ArraySource
from mixtura.structures import STRUCTURES, structure

every_family = pytest.mark.parametrize("name", FAMILIES)


def equal_problem(name, k=3, d=3):
    """Return a problem of overlapping components with equal weights, and a mixture fitted a little."""
    problem, at = fitted_a_little(name, k, d)
    problem = Problem.of(problem.source, structure(name, d, equal_weights=True))
    return problem, problem.evaluate(problem.structure.restricted(at).at(None)).steps.at(0)


@every_family
def test_weights_are_no_parameters(name):
    free, equal = STRUCTURES[name], structure(name, 4, equal_weights=True)
    for k in (1, 2, 5):
        assert free.n_parameters(k, 4) - equal.n_parameters(k, 4) == k - 1
    assert repr(equal).endswith("equal weights>")
    assert pickle.loads(pickle.dumps(equal)).equal_weights


@every_family
def test_the_score_is_the_gradient_of_the_loglik(name):
    problem, at = equal_problem(name)
    chart = problem.parametrisation(at)
    assert chart.size == problem.n_parameters(3)
    y = 0.2 * np.random.default_rng(2).normal(size=(1, chart.size))
    np.testing.assert_allclose(chart.coordinates(chart.mixtures(y)), y, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(chart.mixtures(y).weights, 1.0 / 3.0)
    score = problem.score(chart, problem.evaluate(chart.mixtures(y)))[0] * problem.source.total_weight
    step = 1e-5 * np.eye(chart.size)
    sides = [problem.evaluate(chart.mixtures(y + side * step)).loglik for side in (1, -1)]
    np.testing.assert_allclose(score, (sides[0] - sides[1]) / 2e-5, rtol=1e-6, atol=1e-4)


@every_family
def test_a_climb_keeps_them_and_ends_where_plain_em_does(name):
    problem, at = equal_problem(name)
    run = climbed(problem, at, tol=1e-9)
    plain = climbed(problem, run.parameters, accelerate=False, tol=0.0, max_iter=300)
    assert run.status is Status.CONVERGED
    np.testing.assert_array_equal(run.parameters.weights, 1.0 / 3.0)
    assert plain.loglik - run.loglik <= 2e-9


def test_the_maximum_is_that_of_a_direct_search():
    x = datasets.faithful().data[:, 1]
    fit = fit_mixture(x, 2, equal_weights=True, tol=1e-9)

    def negative(theta):
        each = norm.pdf(x[:, None], theta[:2], np.exp(theta[2:]))
        return -np.log(0.5 * each.sum(1)).sum()

    parameters = fit.mixture
    at = np.r_[parameters.means[:, 0], 0.5 * np.log(parameters.covariances[:, 0, 0])]
    assert -negative(at) == pytest.approx(fit.loglik, abs=1e-8)
    found = minimize(negative, at + 0.1, method="BFGS", options={"gtol": 1e-4})
    assert -found.fun == pytest.approx(fit.loglik, abs=1e-6)


@pytest.mark.parametrize("name", ["VVV", "EEE", "VII", "VEV", "EVE"])
def test_the_search_keeps_them_through_its_moves(name):
    x = datasets.iris().data
    free, equal = (fit_mixture(x, 4, structure=name, equal_weights=e) for e in (False, True))
    assert not equal.degenerate
    np.testing.assert_array_equal(equal.mixture.weights, 0.25)
    assert equal.n_parameters == free.n_parameters - 3
    assert equal.loglik == pytest.approx(equal.mixture.logpdf(x).sum(), rel=1e-12)
    again = climbed(Problem.of(ArraySource(x), free.structure), equal._parameters)
    assert again.loglik >= equal.loglik


def test_they_are_exchanged_where_passes_are_dear():
    x, _ = overlapping(20_000, 8, 12, apart=2.0)
    fit = fit_mixture(x, 12, equal_weights=True)
    np.testing.assert_array_equal(fit.mixture.weights, 1.0 / 12.0)
    assert fit.converged


def test_what_is_given_of_a_start_is_made_equal():
    x = datasets.faithful().data
    for start in (
        {"labels": (x[:, 0] > 3).astype(int)},
        Mixture([0.9, 0.1], x[:2], np.stack([np.eye(2), 100 * np.eye(2)])),
    ):
        fit = fit_mixture(x, 2, start=start, equal_weights=True, max_iter=1)
        np.testing.assert_array_equal(fit.mixture.weights, 0.5)


def test_the_estimator_fits_predicts_and_goes_on_with_them(tmp_path):
    x = datasets.iris().data
    model = GaussianMixture(3, covariance_type="VEV", equal_weights=True, random_state=0).fit(x)
    np.testing.assert_array_equal(model.weights_, 1.0 / 3.0)
    assert model.bic(x) == pytest.approx(-model.fit_.bic, rel=1e-9)
    assert model.fit_.n_parameters == structure("VEV", 4).n_parameters(3, 4) - 2
    labels = model.predict(x)
    assert (pickle.loads(pickle.dumps(model)).predict(x) == labels).all()
    model.mixture_.save(tmp_path / "model.json")
    assert (Mixture.load(tmp_path / "model.json").predict(x) == model.mixture_.predict(x)).all()
    model.set_params(equal_weights=False, warm_start=True).fit(x)
    assert model.fit_.loglik > fit_mixture(x, 3, structure="VEV", equal_weights=True).loglik
    model.set_params(equal_weights=True).fit(x)
    np.testing.assert_array_equal(model.weights_, 1.0 / 3.0)

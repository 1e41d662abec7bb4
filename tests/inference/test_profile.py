"""Profiles: exact where there is a formula, the same as a direct climb, wide where nothing can be told."""

import math
import pickle

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import chi2, norm

from mixtura import datasets, fit_mixture

WAITING = datasets.faithful().data[:, 1]


def separation(mixture):
    """Return how far apart two means lie."""
    return mixture.means[1, 0] - mixture.means[0, 0]


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95])
def test_the_mean_of_one_normal_has_the_profile_of_the_textbook(level):
    """The log-likelihood at a mean c falls by n log(1 + (c - m)^2 / s^2) / 2."""
    x = np.random.default_rng(0).normal(2.0, 3.0, size=40)
    found = fit_mixture(x, 1).inference().profile(lambda mixture: mixture.means[0, 0]).interval(level)
    reach = x.std() * math.sqrt(math.expm1(chi2.ppf(level, 1) / len(x)))
    assert found == pytest.approx((x.mean() - reach, x.mean() + reach), rel=5e-3)


def test_points_of_a_profile_are_maxima_on_their_levels():
    fit = fit_mixture(WAITING, 2, structure="V", tol=1e-9)
    found = fit.inference().profile(separation)
    start = fit.mixture
    for value, loglik in list(zip(found.values, found.logliks, strict=True))[::4]:

        def loss(theta, value=value):
            w, low = 1 / (1 + np.exp(-theta[0])), theta[1]
            first = w * norm.pdf(WAITING, low, np.exp(theta[2]))
            return -np.log(first + (1 - w) * norm.pdf(WAITING, low + value, np.exp(theta[3]))).sum()

        sd = np.log(np.sqrt(start.covariances[:, 0, 0]))
        theta = [np.log(start.weights[0] / start.weights[1]), start.means[0, 0], *sd]
        wanted = -minimize(loss, theta, method="Nelder-Mead", options={"xatol": 1e-7, "maxiter": 5_000}).fun
        assert loglik == pytest.approx(wanted, abs=2e-3)


def test_a_profile_agrees_with_the_curvature_where_the_likelihood_is_a_parabola():
    inference = fit_mixture(WAITING, 2).inference()
    low, high = inference.profile(separation).interval()
    wanted = inference.of(separation).interval()
    assert (low, high) == pytest.approx(wanted, rel=5e-3)
    assert "95% profile interval from 23.9" in str(inference.profile(separation))


def test_the_profile_of_the_alphas_says_that_their_means_may_be_the_same():
    inference = fit_mixture(datasets.alphas().data.ravel(), 2).inference()
    low, high = inference.profile(separation).interval()
    assert low < 0.0 < high
    assert high - low > 0.005  # five standard deviations of all rows: anything goes


def test_two_components_that_stand_apart_do_not_contain_nothing():
    assert fit_mixture(WAITING, 2).inference().profile(separation).interval(0.99)[0] > 20.0


def test_replicates_have_the_profile_of_the_fit():
    inference = fit_mixture(WAITING, 2).inference("bootstrap", n=5)
    wanted = fit_mixture(WAITING, 2).inference().profile(separation)
    np.testing.assert_array_equal(inference.profile(separation).logliks, wanted.logliks)


def test_a_stored_inference_has_its_errors_and_no_profile():
    inference = fit_mixture(WAITING, 2).inference()
    loaded = pickle.loads(pickle.dumps(inference))
    np.testing.assert_array_equal(loaded.errors, inference.errors)
    with pytest.raises(ValueError, match="ask the fit anew, with x="):
        loaded.profile(separation)


def test_what_has_no_profile_is_refused():
    inference = fit_mixture(WAITING, 2).inference()
    with pytest.raises(ValueError, match="does not move with the mixture"):
        inference.profile(lambda mixture: 1.0)
    with pytest.raises(ValueError, match="a profile is of one number"):
        inference.profile(lambda mixture: mixture.means)
    with pytest.raises(ValueError, match="followed for intervals of up to 99%"):
        inference.profile(separation).interval(0.999)
    x = np.random.default_rng(0).normal(size=(300, 12))
    with pytest.raises(ValueError, match="at most 60"):
        fit_mixture(x, 1).inference().profile(lambda mixture: mixture.means[0, 0])

"""What is drawn from a Mixture and what follows from it: marginals, conditionals, affine images."""

import numpy as np
import pytest
from scipy import stats

from mixtura import Mixture

PLAIN = Mixture([0.3, 0.7], [-1.0, 2.0], [1.0, 0.25])


def test_draws_follow_the_distribution():
    x = PLAIN.rvs(20_000, np.random.default_rng(5))
    assert stats.kstest(x, PLAIN.cdf).pvalue > 0.01
    # A control that must fail: the test can tell a distribution a twentieth of a deviation away.
    assert stats.kstest(x, PLAIN.affine(1.0, 0.08).cdf).pvalue < 1e-4


def test_draws_have_the_mean_and_covariance_and_tell_their_components(random_mixture):
    mixture, n = random_mixture(3, 4), 40_000
    x, components = mixture.rvs(n, np.random.default_rng(3), return_components=True)
    assert x.shape == (n, 3)
    np.testing.assert_allclose(
        x.mean(axis=0), mixture.mean, rtol=0, atol=5 * np.sqrt(np.diagonal(mixture.cov).max() / n)
    )
    np.testing.assert_allclose(np.cov(x.T), mixture.cov, rtol=0, atol=0.04 * np.diagonal(mixture.cov).max())
    shares = np.bincount(components, minlength=4) / n
    np.testing.assert_allclose(shares, mixture.weights, rtol=0, atol=5 * 0.5 / np.sqrt(n))
    for c in range(4):
        own, drawn = mixture.covariances[c], np.count_nonzero(components == c)
        np.testing.assert_allclose(
            np.cov(x[components == c].T), own, rtol=0, atol=5 * np.diagonal(own).max() * np.sqrt(2 / drawn)
        )


def test_a_seed_repeats_and_a_generator_moves_on(random_mixture):
    np.testing.assert_array_equal(PLAIN.rvs(5, 1), PLAIN.rvs(5, 1))
    rng = np.random.default_rng(1)
    assert not np.array_equal(PLAIN.rvs(5, rng), PLAIN.rvs(5, rng))
    assert PLAIN.rvs((2, 3), 0).shape == (2, 3)
    assert random_mixture(4, 2).rvs((2, 3), 0).shape == (2, 3, 4)


def test_mean_and_covariance_by_hand():
    mixture = Mixture([0.25, 0.75], [0.0, 4.0], [1.0, 2.0])
    assert mixture.mean == 3.0
    np.testing.assert_allclose(mixture.cov, [[0.25 * (1 + 9) + 0.75 * (2 + 1)]], rtol=1e-15, atol=0)


def test_marginal_integrates_the_others_out(random_mixture):
    mixture = random_mixture(3, 2)
    marginal = mixture.marginal([2, 0])
    np.testing.assert_allclose(marginal.mean, mixture.mean[[2, 0]], rtol=1e-15, atol=0)
    np.testing.assert_allclose(marginal.cov, mixture.cov[np.ix_([2, 0], [2, 0])], rtol=1e-14, atol=0)
    grid = np.linspace(-60, 60, 6001)
    rows = np.column_stack([np.full_like(grid, 0.4), grid, np.full_like(grid, -0.2)])
    integral = mixture.pdf(rows).sum() * (grid[1] - grid[0])
    np.testing.assert_allclose(marginal.pdf([-0.2, 0.4]), integral, rtol=1e-10, atol=0)
    assert mixture.marginal(-1).n_features == 1


def test_conditional_is_the_ratio_of_densities(random_mixture):
    mixture = random_mixture(4, 3)
    given = mixture.conditional({3: 0.5, 1: -0.2})
    x = np.array([[0.1, 0.7], [2.0, -1.0]])
    whole = np.column_stack([x[:, 0], np.full(2, -0.2), x[:, 1], np.full(2, 0.5)])
    wanted = mixture.logpdf(whole) - mixture.marginal([1, 3]).logpdf([-0.2, 0.5])
    np.testing.assert_allclose(given.logpdf(x), wanted, rtol=1e-11, atol=1e-11)
    assert given == mixture.conditional([3, 1], [0.5, -0.2])


def test_conditional_on_a_value_where_every_density_underflows():
    mixture = Mixture([0.5, 0.5], [[-1, 0], [1, 5]], [np.eye(2)] * 2)
    given = mixture.conditional({0: 500.0})
    np.testing.assert_array_equal(given.weights, [0.0, 1.0])


def test_affine_maps_densities_and_moments(random_mixture):
    mixture = random_mixture(3, 2)
    a, b = np.array([[1.0, 2.0, 0.0], [0.0, -1.0, 3.0], [0.5, 0.0, 1.0]]), np.array([1.0, -2.0, 0.5])
    image = mixture.affine(a, b)
    x = mixture.rvs(5, 0)
    wanted = mixture.logpdf(x) - np.log(abs(np.linalg.det(a)))
    np.testing.assert_allclose(image.logpdf(x @ a.T + b), wanted, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(
        mixture.affine(a[:2]).cov, a[:2] @ mixture.cov @ a[:2].T, rtol=1e-12, atol=1e-12
    )
    assert mixture.affine(1.0) == mixture
    assert mixture.affine(-2.0, 1.0).affine(-0.5, 0.5).isclose(mixture)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda m: m.marginal(3), "feature 3 is not there: the mixture has 3"),
        (lambda m: m.marginal([0, 0]), "distinct"),
        (lambda m: m.marginal([0.5]), "whole numbers"),
        (lambda m: m.marginal([]), "whole numbers"),
        (lambda m: m.conditional([0, 1], [1.0]), "one finite value for each of 2"),
        (lambda m: m.conditional({0: np.nan}), "one finite value for each of 1"),
        (lambda m: m.conditional([0, 1, 2], [1, 2, 3]), "every feature is given"),
        (lambda m: m.affine(0.0), "dependent rows"),
        (lambda m: m.affine(np.ones((2, 2))), r"of shape \(r, 3\), not \(2, 2\)"),
        (lambda m: m.affine(1.0, [1.0, 2.0]), r"of shape \(3,\), not \(2,\)"),
        (lambda m: m.align(PLAIN), "cannot be aligned"),
    ],
)
def test_impossible_requests_say_why(call, sentence, random_mixture):
    with pytest.raises(ValueError, match=sentence):
        call(random_mixture(3, 2))

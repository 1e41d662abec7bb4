"""The density and the tails of a Mixture, against mpmath and SciPy."""

import mpmath as mp
import numpy as np
import pytest
from scipy import special, stats

from mixtura import Mixture

EPS = np.finfo(float).eps
PLAIN = Mixture([0.3, 0.7], [-1.0, 2.0], [1.0, 0.25])
ONE_DIMENSION = {
    "one component": Mixture([1.0], [3.0], [4.0]),
    "two": PLAIN,
    "far apart": Mixture([0.4, 0.6], [0.0, 1e6], [1.0, 1.0]),
    "needle on a plain": Mixture([0.99999, 1e-5], [0.0, 1.0], [1e4, 1e-6]),
    "alphas": Mixture([0.49, 0.51], [5.7e-4, 5.9e-4], [9.5e-7, 9.5e-7]),
    "far from zero": Mixture([0.2, 0.3, 0.5], [1e8, 1e8 + 1, 1e8 + 5], [1.0, 0.1, 3.0]),
    "a dead component": Mixture([0.0, 0.4, 0.6], [50.0, 0.0, 1.0], [1e-4, 1.0, 2.0]),
}


def exact(mixture):
    """Return weights, means and deviations as mpmath's numbers, without dead components.

    Weights are divided by their sum: 0.3 and 0.7 in binary miss 1 by a tenth of the tail of 1 - 1e-16.
    """
    parts = zip(mixture.weights, mixture.means[:, 0], mixture.covariances[:, 0, 0])
    total = mp.fsum(map(float, mixture.weights))
    return [
        (mp.mpf(float(w)) / total, mp.mpf(float(m)), mp.sqrt(mp.mpf(float(v)))) for w, m, v in parts if w > 0
    ]


def exact_pdf(mixture, x):
    return mp.fsum(w * mp.npdf(x, m, s) for w, m, s in exact(mixture))


def exact_cdf(mixture, x, sign=1):
    return mp.fsum(w * mp.ncdf(sign * (x - m) / s) for w, m, s in exact(mixture))


def exact_logpdf(mixture, row):
    """Evaluate the density's logarithm at a row (d,) with mpmath's own linear algebra."""
    joint = []
    for w, m, c in zip(mixture.weights, mixture.means, mixture.covariances):
        difference = mp.matrix([mp.mpf(float(a)) - mp.mpf(float(b)) for a, b in zip(row, m)])
        covariance = mp.matrix(c.tolist())
        square = (difference.T * mp.lu_solve(covariance, difference))[0]
        scale = mp.sqrt((2 * mp.pi) ** len(row) * mp.det(covariance))
        joint.append(mp.mpf(float(w)) * mp.exp(-square / 2) / scale)
    return mp.log(mp.fsum(joint))


@pytest.mark.parametrize("name", ONE_DIMENSION)
def test_logpdf_in_one_dimension_against_mpmath(name):
    mixture = ONE_DIMENSION[name]
    centre, sd = mixture.means[0, 0], np.sqrt(mixture.covariances[0, 0, 0])
    x = np.concatenate([centre + sd * np.linspace(-6, 6, 41), mixture.means[:, 0]])
    with mp.workdps(50):
        wanted = np.array([float(mp.log(exact_pdf(mixture, mp.mpf(float(v))))) for v in x])
    np.testing.assert_allclose(mixture.logpdf(x), wanted, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("structure", ["full", "tied", "diagonal", "spherical"])
@pytest.mark.parametrize("d", [2, 3, 5])
def test_logpdf_against_mpmath(structure, d, random_mixture):
    mixture = random_mixture(d, 3, seed=d, structure=structure)
    x = mixture.rvs(20, np.random.default_rng(1))
    with mp.workdps(50):
        wanted = np.array([float(exact_logpdf(mixture, row)) for row in x])
    np.testing.assert_allclose(mixture.logpdf(x), wanted, rtol=1e-13, atol=0)


@pytest.mark.parametrize("d", [1, 2, 8])
def test_logpdf_is_finite_ten_thousand_deviations_out(d, random_mixture):
    mixture = random_mixture(d, 3)
    far = mixture.mean + 1e4 * np.sqrt(np.diagonal(mixture.cov)) * np.array([[1.0], [-1.0]])
    logpdf = mixture.logpdf(far)
    assert np.isfinite(logpdf).all()
    with mp.workdps(60):
        wanted = [float(exact_logpdf(mixture, row)) for row in far]
    np.testing.assert_allclose(logpdf, wanted, rtol=1e-11, atol=0)
    np.testing.assert_allclose(mixture.responsibilities(far).sum(axis=-1), 1.0, rtol=1e-15, atol=0)


@pytest.mark.parametrize("structure", ["full", "tied", "diagonal", "spherical"])
def test_density_and_responsibilities_against_scipy(structure, random_mixture):
    mixture = random_mixture(4, 3, structure=structure)
    x = mixture.rvs((5, 4), np.random.default_rng(0))
    parts = zip(mixture.weights, mixture.means, mixture.covariances)
    joint = np.stack([w * stats.multivariate_normal(m, c).pdf(x) for w, m, c in parts], axis=-1)
    np.testing.assert_allclose(mixture.pdf(x), joint.sum(axis=-1), rtol=1e-11, atol=0)
    responsibilities = joint / joint.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(mixture.responsibilities(x), responsibilities, rtol=1e-11, atol=1e-15)
    np.testing.assert_array_equal(mixture.predict(x), responsibilities.argmax(axis=-1))


def test_shapes_follow_the_argument(random_mixture):
    assert np.ndim(PLAIN.logpdf(0.5)) == 0
    assert PLAIN.pdf(np.zeros(7)).shape == (7,)
    assert PLAIN.pdf(np.zeros((4, 6))).shape == (4, 6)
    assert PLAIN.pdf(np.zeros((4, 1))).shape == (4,)
    assert PLAIN.cdf(np.zeros((4, 6))).shape == (4, 6)
    assert PLAIN.responsibilities(np.zeros((4, 6))).shape == (4, 6, 2)
    assert PLAIN.predict([1, 2, 3]).shape == (3,)
    assert PLAIN.logpdf([]).shape == (0,)
    assert PLAIN.responsibilities([]).shape == (0, 2)
    plane = random_mixture(2, 3)
    assert np.ndim(plane.logpdf([0.0, 1.0])) == 0
    assert plane.logpdf(np.zeros((5, 3, 2))).shape == (5, 3)
    with pytest.raises(ValueError, match=r"shape \(4, 3\) but the mixture has 2 features"):
        plane.logpdf(np.zeros((4, 3)))


@pytest.mark.parametrize("name", ONE_DIMENSION)
def test_tails_against_mpmath(name):
    mixture = ONE_DIMENSION[name]
    x = mixture.mean[0] + np.sqrt(mixture.cov[0, 0]) * np.array([-30.0, -8.0, -1.0, 0.0, 0.3, 8.0, 30.0])
    with mp.workdps(60):
        lower = [exact_cdf(mixture, mp.mpf(float(v))) for v in x]
        upper = [exact_cdf(mixture, mp.mpf(float(v)), sign=-1) for v in x]
        logs = [[float(mp.log(p)) for p in tail] for tail in (lower, upper)]
    lower, upper = np.array(lower, float), np.array(upper, float)
    # Rounding (x - mean) / sd by eps changes a tail z deviations out by z^2 eps, relative.
    np.testing.assert_allclose(mixture.cdf(x), lower, rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(mixture.sf(x), upper, rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(mixture.logcdf(x), logs[0], rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(mixture.logsf(x), logs[1], rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("name", ONE_DIMENSION)
def test_quantiles_against_mpmath_also_far_in_the_tails(name, upper):
    mixture = ONE_DIMENSION[name]
    p = np.array(
        [5e-324, 1e-300, 1e-100, 1e-16, 1e-5, 0.1, 0.25, 0.5, 0.501, 0.7, 0.999, 1 - 1e-10, 1 - 1e-16]
    )
    x = mixture.isf(p) if upper else mixture.ppf(p)
    with mp.workdps(60):
        for value, probability in zip(x, p):
            # One Newton step in 60 digits says how far the root is; p itself is rounded, by eps p / pdf in x.
            here = mp.mpf(float(value))
            miss = exact_cdf(mixture, here, -1 if upper else 1) - mp.mpf(float(probability))
            density = exact_pdf(mixture, here)
            conditioning = float(2 * EPS * probability / density)
            error = abs(float(miss / density))
            assert error <= 1e-12 * max(abs(value), np.sqrt(mixture.covariances.min())) + conditioning


def test_quantiles_at_and_beyond_the_ends():
    np.testing.assert_array_equal(
        PLAIN.ppf([0, 1, -0.1, 1.1, np.nan]), [-np.inf, np.inf, np.nan, np.nan, np.nan]
    )
    np.testing.assert_array_equal(PLAIN.isf([0.0, 1.0]), [np.inf, -np.inf])
    assert np.ndim(PLAIN.ppf(0.2)) == 0


def test_quantiles_rise_and_undo_the_distribution_function():
    for mixture in ONE_DIMENSION.values():
        p = np.linspace(0.001, 0.999, 500)
        x = mixture.ppf(p)
        assert (np.diff(x) >= 0).all()
        slack = 1e-13 + 4e-16 * np.abs(x) * mixture.pdf(x)
        assert (np.abs(mixture.cdf(x) - p) <= slack).all()


def test_cdf_in_more_dimensions(random_mixture):
    # P(X < 0, Y < 0) = 1/4 + arcsin(rho) / 2 pi for one centred component (Sheppard 1899).
    mixture = Mixture([1.0], [[0.0, 0.0]], [[[1.0, 0.6], [0.6, 1.0]]])
    np.testing.assert_allclose(
        mixture.cdf([0.0, 0.0]), 0.25 + np.arcsin(0.6) / (2 * np.pi), rtol=1e-9, atol=0
    )
    wide = random_mixture(3, 2)
    np.testing.assert_allclose(wide.cdf([1e3, 1e3, 1e3]), 1.0, rtol=1e-6, atol=0)
    assert wide.cdf(np.zeros((4, 2, 3))).shape == (4, 2)
    assert wide.cdf(np.zeros(3)) == wide.cdf(np.zeros(3))
    with pytest.raises(ValueError, match="take a marginal"):
        wide.ppf(0.5)


@pytest.mark.parametrize("d", [3, 4, 7, 12])
@pytest.mark.parametrize("correlation", [0.2, 0.5, 0.99])
def test_cdf_of_equally_correlated_variables_is_an_integral_in_one_dimension(d, correlation):
    """X_j = sqrt(r) Z + sqrt(1 - r) E_j: given Z the coordinates are independent (Dunnett and Sobel 1955)."""
    bounds = np.linspace(-1.0, 2.0, d)
    z, step = np.linspace(-9.0, 9.0, 20_001, retstep=True)
    given = special.ndtr((bounds[:, None] - np.sqrt(correlation) * z) / np.sqrt(1.0 - correlation)).prod(0)
    expected = step * (given * np.exp(-0.5 * z * z)).sum() / np.sqrt(2 * np.pi)
    scale = 10.0 ** np.arange(d)
    matrix = (correlation + (1.0 - correlation) * np.eye(d)) * np.outer(scale, scale)
    mixture = Mixture([1.0], [5.0 * scale], [matrix])
    np.testing.assert_allclose(mixture.cdf((5.0 + bounds) * scale), expected, rtol=0, atol=1e-5)


def test_cdf_in_three_dimensions_is_the_same_in_every_call(random_mixture):
    """SciPy 1.11 to 1.15 draws other points in each call, whatever its seed."""
    mixture, x = random_mixture(4, 3, seed=2), np.random.default_rng(0).normal(size=(5, 4))
    first = mixture.cdf(x)
    np.testing.assert_array_equal(mixture.cdf(x[::-1])[::-1], first)
    np.testing.assert_array_equal([mixture.cdf(row) for row in x], first)


def test_cdf_at_infinite_bounds_is_that_of_the_marginal(random_mixture):
    mixture = random_mixture(4, 2, seed=1)
    x = np.array([0.3, -0.2, 0.5, 1.0])
    for kept in ([0], [1, 2], [0, 2, 3]):
        bounds = np.where(np.isin(np.arange(4), kept), x, np.inf)
        expected = mixture.marginal(kept).cdf(x[kept])
        np.testing.assert_allclose(mixture.cdf(bounds), expected, rtol=0, atol=1e-5)
    assert mixture.cdf([np.inf] * 4) == pytest.approx(1.0, rel=1e-15)
    assert mixture.cdf([np.inf, 0.0, -np.inf, 0.0]) == 0.0


def test_nan_gives_nan_and_no_warning():
    line = Mixture([0.5, 0.5], [0.0, 5.0], [1.0, 2.0])
    plane = Mixture([0.5, 0.5], [[0.0, 0.0], [3.0, 3.0]], [np.eye(2), 2.0 * np.eye(2)])
    for function in (line.logpdf, line.cdf, line.sf, line.logcdf, line.logsf, line.ppf):
        assert np.isnan(function([np.nan, 0.5])).tolist() == [True, False]
    for function in (plane.logpdf, plane.cdf):
        assert np.isnan(function([[np.nan, 0.0], [0.0, 0.0]])).tolist() == [True, False]
    assert plane.cdf(np.empty((0, 2))).shape == (0,)

"""Rows 1e150 standard deviations out and farther, against arithmetic of any range."""

import mpmath as mp
import numpy as np
import pytest

from mixtura import Mixture
from mixtura._core import _backends, use


@pytest.fixture(params=sorted(_backends), autouse=True)
def backend(request):
    before = use(request.param)
    yield
    use(before)


def exact(mixture, row):
    """Return the log-density at a row and the components' responsibilities."""
    with mp.workdps(700):
        joint = []
        for weight, mean, covariance in zip(mixture.weights, mixture.means, mixture.covariances):
            matrix = mp.matrix(covariance.tolist())
            difference = mp.matrix([mp.mpf(float(x)) - mp.mpf(float(m)) for x, m in zip(row, mean)])
            square = (difference.T * mp.lu_solve(matrix, difference))[0]
            joint.append(
                mp.log(mp.mpf(float(weight)))
                - (square + mp.log(mp.det(matrix)) + len(row) * mp.log(2 * mp.pi)) / 2
            )
        top = max(joint)
        likelihoods = [mp.exp(value - top) if value - top > -2000 else mp.mpf(0) for value in joint]
        total = mp.fsum(likelihoods)
        return top + mp.log(total), [float(value / total) for value in likelihoods]


def assert_right(mixture, rows):
    rows = np.asarray(rows, dtype=np.float64)
    densities, shares = mixture.logpdf(rows), mixture.responsibilities(rows)
    labels = mixture.predict(rows)
    for i, row in enumerate(rows.reshape(len(rows), -1)):
        density, wanted = exact(mixture, row)
        if density < -mp.mpf(np.finfo(float).max):
            assert densities[i] == -np.inf
        else:
            np.testing.assert_allclose(densities[i], float(density), rtol=1e-12)
        np.testing.assert_allclose(shares[i], wanted, rtol=1e-9, atol=1e-12)
        assert labels[i] == np.argmax(wanted)


SIZES = [1e149, 1e152, 1.3e154, 1.5e154, 1.85e154, 2e154, 1e200, 1e300, 1.7e308]


@pytest.mark.parametrize("size", SIZES)
def test_in_one_dimension_the_widest_component_takes_them(size):
    assert_right(Mixture([0.3, 0.7], [-1.0, 2.0], [4.0, 1.0]), [size, -size])
    assert_right(Mixture([0.3, 0.2, 0.5], [1.0, 1.0, 0.0], [1.0, 1.001, 1.0]), [size, -size])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("structure", ["full", "diagonal", "spherical"])
@pytest.mark.parametrize("d", [2, 3, 12])
def test_in_any_dimensions_the_nearest_does(random_mixture, structure, d, size):
    mixture = random_mixture(d, 3, seed=d, structure=structure)
    directions = np.random.default_rng(d).uniform(-1.0, 1.0, size=(4, d))
    assert_right(mixture, size * (directions / np.abs(directions).max()))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("d", [1, 2, 12])
def test_components_as_near_but_for_rounding_share_them_by_weight(random_mixture, d, size):
    # As they do from 1e17 deviations on: a double tells their distances apart no more.
    mixture = random_mixture(d, 3, seed=d, structure="tied")
    shares = mixture.responsibilities(np.full((1, d), size))
    if size >= 1e155:
        np.testing.assert_allclose(shares[0], mixture.weights, rtol=1e-9)
    np.testing.assert_allclose(shares.sum(), 1.0, rtol=1e-14)
    density, _ = exact(mixture, np.full(d, size))
    if density > -mp.mpf(np.finfo(float).max):
        np.testing.assert_allclose(mixture.logpdf(np.full((1, d), size)), [float(density)], rtol=1e-12)


def test_a_row_between_components_far_apart():
    mixture = Mixture([0.25, 0.75], [-1e155, 1e155], [1.0, 1.0])
    np.testing.assert_allclose(mixture.responsibilities([0.0]), [[0.25, 0.75]], rtol=1e-12)
    np.testing.assert_array_equal(mixture.responsibilities([-1e150, 1e150]), [[1, 0], [0, 1]])
    np.testing.assert_array_equal(mixture.predict([-1e150, 1e150, 1e155]), [0, 1, 1])


@pytest.mark.parametrize("scale", [1e-140, 1e140])
def test_units_do_not_matter(scale):
    mixture = Mixture([0.4, 0.6], [-scale, scale], [scale**2, 2 * scale**2])
    rows = scale * np.array([1e155, -1e155, 3.0]) if scale < 1 else np.array([1.7e308, -1.7e308, 3e140])
    assert_right(mixture, rows)


def test_a_component_without_weight_is_never_the_nearest():
    mixture = Mixture([0.0, 1.0], [5.0, 0.0], [100.0, 1.0])
    empty = int(np.argmin(mixture.weights))
    np.testing.assert_array_equal(mixture.responsibilities([1e200])[:, empty], 0.0)
    assert mixture.predict([1e200]) == 1 - empty


def test_other_rows_are_as_they_are_without_the_distant_ones(random_mixture):
    mixture = random_mixture(3, 2)
    rows = np.random.default_rng(0).normal(size=(50, 3))
    far = np.concatenate([rows, [[1e200, 0.0, 0.0], [np.nan, 0.0, 1e200], [np.inf, 0.0, 0.0]]])
    for evaluate in (mixture.logpdf, mixture.responsibilities):
        np.testing.assert_array_equal(evaluate(far)[:50], evaluate(rows))
    numbers = far[~np.isnan(far).any(axis=1)]  # a row with a missing number has no label
    np.testing.assert_array_equal(mixture.predict(numbers)[:50], mixture.predict(rows))
    np.testing.assert_allclose(mixture.responsibilities(far)[50].sum(), 1.0, rtol=1e-15)

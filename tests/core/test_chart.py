"""The chart: native and NumPy coordinates are the same, and a covariance without a factor is an error."""

import pickle

import numpy as np
import pytest

from mixtura._core import _backends

CASES = [("full", 1), ("full", 2), ("full", 7), ("full", 33), ("tied", 1), ("tied", 3)]
CASES += [("diagonal", 1), ("diagonal", 4), ("spherical", 1), ("spherical", 5)]


def anchor(form, k, d, rng):
    weights = rng.dirichlet(np.full(k, 2.0))
    roots = rng.normal(size=(k, d, 2 * d))
    covariances = roots @ roots.swapaxes(1, 2) / (2 * d)
    spreads = {
        "full": covariances,
        "tied": covariances[0],
        "diagonal": np.diagonal(covariances, axis1=1, axis2=2),
        "spherical": covariances[:, 0, 0],
    }[form]
    return weights, rng.normal(size=(k, d)), np.ascontiguousarray(spreads)


@pytest.mark.parametrize("scale", [1.0, 1e-7])
@pytest.mark.parametrize("k", [1, 2, 6])
@pytest.mark.parametrize(("form", "d"), CASES)
def test_native_chart_equals_its_twin(form, d, k, scale):
    rng = np.random.default_rng([k, d])
    weights, means, spreads = anchor(form, k, d, rng)
    means, spreads = scale * means + 3.0, scale**2 * spreads
    native, twin = (_backends[name].Chart(form, weights, means, spreads) for name in ("native", "numpy"))
    assert native.size == twin.size
    y = 0.3 / d * rng.normal(size=(3, twin.size))
    y[2] *= 100.0  # beyond the longest steps, which both cut
    expected, found = twin.mixtures(y), native.mixtures(y)
    for one, other in zip(expected, found):
        assert one.shape == other.shape
        np.testing.assert_allclose(other, one, rtol=1e-10, atol=1e-12 * np.abs(one).max())
    for row in y:
        np.testing.assert_allclose(native.growth(row), twin.growth(row), rtol=1e-12, atol=1e-13)
    near = tuple(np.ascontiguousarray(a[:2]) for a in expected)
    np.testing.assert_allclose(native.coordinates(*near), twin.coordinates(*near), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(native.coordinates(*near), y[:2], rtol=0, atol=2e-8)
    counts = 50.0 * rng.dirichlet(np.ones(k), size=2)
    sums = scale * rng.normal(size=near[1].shape)
    scatters = near[2] * rng.uniform(20.0, 60.0)
    moments = near[0], near[2], counts, sums, scatters, 50.0
    np.testing.assert_allclose(native.score(*moments), twin.score(*moments), rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("name", ["native", "numpy"])
@pytest.mark.parametrize("form", ["full", "tied", "diagonal", "spherical"])
def test_an_anchor_without_a_covariance_is_an_error(name, form):
    weights, means, spreads = anchor(form, 2, 3, np.random.default_rng(0))
    spreads[..., -1] = -1.0
    with pytest.raises(np.linalg.LinAlgError, match="not positive"):
        _backends[name].Chart(form, weights, means, spreads)


@pytest.mark.parametrize("name", ["native", "numpy"])
@pytest.mark.parametrize("form", ["full", "tied"])
def test_a_mixture_without_covariances_is_an_error(name, form):
    weights, means, spreads = anchor(form, 2, 3, np.random.default_rng(0))
    chart = _backends[name].Chart(form, weights, means, spreads)
    stack = np.stack([spreads, spreads])
    stack[1, ..., 2, 2] = -1.0
    two = np.stack([weights, weights]), np.stack([means, means])
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        chart.coordinates(*two, stack)
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        chart.score(two[0], stack, two[0], two[1], stack, 1.0)


def test_a_pickled_chart_is_the_same_chart():
    weights, means, spreads = anchor("full", 2, 3, np.random.default_rng(0))
    chart = _backends["native"].Chart("full", weights, means, spreads)
    y = np.random.default_rng(1).normal(size=(2, chart.size))
    for one, other in zip(chart.mixtures(y), pickle.loads(pickle.dumps(chart)).mixtures(y)):
        np.testing.assert_array_equal(one, other)

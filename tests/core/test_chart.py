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
    moments = near[0], near[2], counts, counts + 3.0, sums, scatters, 70.0
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
        chart.score(two[0], stack, two[0], two[0], two[1], stack, 1.0)


def objective(weights, means, spreads, form, centre, targets, counts, covariance_counts):
    """Return the log-likelihood of made-up moments, each component's about the means ``centre``."""
    k, d = means.shape
    covariances = {
        "full": spreads,
        "tied": np.broadcast_to(spreads, (k, d, d)) if form == "tied" else None,
        "diagonal": spreads[..., None] * np.eye(d) if form == "diagonal" else None,
        "spherical": spreads[:, None, None] * np.eye(d) if form == "spherical" else None,
    }[form]
    value = counts @ np.log(weights)
    for c in range(k):
        shift = means[c] - centre[c]
        scatter = targets[c] + counts[c] * np.outer(shift, shift)
        value -= 0.5 * covariance_counts[c] * np.linalg.slogdet(covariances[c])[1]
        value -= 0.5 * np.trace(np.linalg.solve(covariances[c], scatter))
    return value


@pytest.mark.parametrize("name", ["native", "numpy"])
@pytest.mark.parametrize(("form", "d"), [("full", 3), ("tied", 2), ("diagonal", 2), ("spherical", 3)])
def test_the_score_is_the_slope_with_counts_of_a_prior(name, form, d):
    # Counts that do not sum to the total, and covariances that are divided by others.
    rng, k, total = np.random.default_rng(d), 3, 40.0
    chart = _backends[name].Chart(form, *anchor(form, k, d, rng))
    counts, covariance_counts = rng.uniform(10.0, 30.0, k), rng.uniform(15.0, 40.0, k)
    roots = rng.normal(size=(k, d, 2 * d))
    targets, centre = 10.0 * roots @ roots.swapaxes(1, 2), rng.normal(size=(k, d))

    def value(y):
        parts = (part[0] for part in chart.mixtures(y[None]))
        return objective(*parts, form, centre, targets, counts, covariance_counts) / total

    y, step = 0.05 * rng.normal(size=chart.size), 1e-5
    slope = [(value(y + step * e) - value(y - step * e)) / (2 * step) for e in np.eye(chart.size)]
    weights, means, spreads = chart.mixtures(y[None])
    shifts = means[0] - centre
    sums = -counts[:, None] * shifts
    scatters = targets + counts[:, None, None] * shifts[:, :, None] * shifts[:, None, :]
    kept = {
        "full": scatters,
        "tied": scatters.sum(0),
        "diagonal": np.diagonal(scatters, axis1=1, axis2=2),
        "spherical": np.trace(scatters, axis1=1, axis2=2),
    }[form]
    parts = (counts, covariance_counts, sums, kept)
    score = chart.score(weights, spreads, *(np.ascontiguousarray(part[None]) for part in parts), total)
    np.testing.assert_allclose(score[0], slope, rtol=1e-6, atol=1e-7)


def test_a_pickled_chart_is_the_same_chart():
    weights, means, spreads = anchor("full", 2, 3, np.random.default_rng(0))
    chart = _backends["native"].Chart("full", weights, means, spreads)
    y = np.random.default_rng(1).normal(size=(2, chart.size))
    for one, other in zip(chart.mixtures(y), pickle.loads(pickle.dumps(chart)).mixtures(y)):
        np.testing.assert_array_equal(one, other)

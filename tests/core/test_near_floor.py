"""Native looks at the floor against their NumPy twin."""

import numpy as np
import pytest
import scipy.linalg

from mixtura._core import _native, native, twin

SIZES = [2, 3, 5, 9, 16]


def matrices_of(d, seed=0):
    """Return matrices (n, d, d) that are round, thin in one direction, thin in all, and singular."""
    rng = np.random.default_rng(seed)
    thin = 10.0 ** -np.arange(0.0, 20.0, 0.37)
    axes = np.linalg.qr(rng.normal(size=(len(thin), d, d)))[0]
    values = rng.uniform(0.5, 2.0, size=(len(thin), d))
    some = values.copy()
    some[:, 0] *= thin
    units = 10.0 ** rng.uniform(-3.0, 3.0, size=d)
    found = []
    for each in (values, some, values * thin[:, None]):
        matrices = (axes * each[:, None, :]) @ np.swapaxes(axes, 1, 2)
        found.append(0.5 * (matrices + np.swapaxes(matrices, 1, 2)) * units[:, None] * units)
    found.append(np.zeros((1, d, d)))
    return np.concatenate(found), 1e-16 * units**2


def clear_of(values, border):
    """Say where a number is not within rounding of a border that it is compared with."""
    return np.abs(np.log(np.maximum(np.abs(values), 1e-300) / border)) > 0.2


@pytest.mark.parametrize("d", SIZES)
def test_flags_are_the_twins(d):
    matrices, least = matrices_of(d)
    # eigenvalues are known to rounding of the largest: nothing is asked of those on the border
    roots = np.sqrt(least)
    scaled = np.linalg.eigvalsh(matrices / (roots[:, None] * roots))
    own = np.sqrt(np.maximum(np.diagonal(matrices, axis1=1, axis2=2), least))
    correlation = np.linalg.eigvalsh(matrices / (own[:, :, None] * own[:, None, :]))[:, 0]
    sure = clear_of(scaled[:, 0], 1.25) & clear_of(correlation, 80 * d * np.finfo(float).eps)
    found = native.touches(matrices, least)
    np.testing.assert_array_equal(found[sure], twin.touches(matrices, least)[sure])
    assert sure.mean() > 0.9
    assert found.any()
    assert not found.all()


@pytest.mark.parametrize("d", SIZES)
@pytest.mark.parametrize("part", [1e-10, 1e-4])
def test_flat_ones_are_the_twins(d, part):
    matrices, least = matrices_of(d)
    matrices = matrices[:-1]  # of zeros alone there is no largest
    roots = np.sqrt(least)
    scaled = np.linalg.eigvalsh(matrices / (roots[:, None] * roots))
    sure = clear_of(scaled[:, 0] / scaled[:, -1], part)
    found = native.flat(matrices, least, part)
    np.testing.assert_array_equal(found[sure], twin.flat(matrices, least, part)[sure])
    assert found.any()
    assert not found.all()


@pytest.mark.parametrize("d", [2, 4, 7, 17])
def test_thickness_is_the_least_deviation_in_units_of_the_means(d):
    rng = np.random.default_rng(d)
    roots = rng.normal(size=(4, 3, d, d))
    roots[1, 0, 0] = 0.0
    covariances = roots @ np.swapaxes(roots, 2, 3)
    weights = rng.dirichlet(np.ones(3), size=4)
    mean = np.einsum("mk,mkij->mij", weights, covariances)
    expected = [
        [np.sqrt(max(scipy.linalg.eigh(own, of, eigvals_only=True)[0], 0.0)) for own in mixture]
        for mixture, of in zip(covariances, mean)
    ]
    for kernels in (native, twin):
        np.testing.assert_allclose(kernels.thickness(weights, covariances), expected, rtol=1e-9, atol=1e-6)
    covariances[2] = 0.0
    for kernels in (native, twin):
        found = kernels.thickness(weights, covariances)
        assert np.isnan(found[2]).all()
        assert np.isfinite(found[[0, 1, 3]]).all()


def test_what_is_no_number_touches_the_floor():
    matrices = np.full((2, 3, 3), np.nan)
    assert native.touches(matrices, np.ones(3)).all()


def test_many_features_are_the_twins_own():
    d = native.MOST_FEATURES + 1
    matrices = np.stack([np.eye(d), np.zeros((d, d))])
    np.testing.assert_array_equal(native.touches(matrices, np.full(d, 1e-3)), [False, True])
    np.testing.assert_array_equal(native.flat(np.stack([np.eye(d)] * 2), np.ones(d), 0.5), [False, False])


def test_arguments_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="matrices has shape"):
        _native.touches(np.ones((2, 3, 4)), np.ones(3), np.empty(2, dtype=np.uint8))
    with pytest.raises(ValueError, match="flags has shape"):
        _native.flat(np.ones((2, 3, 3)), np.ones(3), 0.1, np.empty(3, dtype=np.uint8))
    with pytest.raises(ValueError, match="least has 1 numbers"):
        _native.touches(np.ones((2, 1, 1)), np.ones(1), np.empty(2, dtype=np.uint8))

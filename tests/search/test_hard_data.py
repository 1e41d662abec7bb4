"""Fits survive data that break naive EM: huge gaps, repeated rows, integers, far origins."""

import numpy as np
import pytest

from mixtura import fit_mixture
from mixtura.structures import STRUCTURES

LINES = ("E", "V")
every_structure = pytest.mark.parametrize("name", STRUCTURES)


def rows_of(name, n, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 1 if name in LINES else 2))


def assert_sound(fit, x):
    """Check that a fit is a distribution with a finite likelihood, which its mixture has too."""
    p = fit._parameters
    assert all(np.isfinite(part).all() for part in (p.weights, p.means, p.covariances))
    assert np.isfinite(fit.loglik)
    np.testing.assert_allclose(fit.mixture.logpdf(x).sum(), fit.loglik, rtol=1e-8, atol=1e-6)


@every_structure
def test_components_a_million_deviations_apart(name):
    n = 300
    x = rows_of(name, n) + 1e6 * (np.arange(n) % 3)[:, None]
    fit = fit_mixture(x, 3, structure=name)
    assert_sound(fit, x)
    clusters = [x[c::3] for c in range(3)]
    np.testing.assert_allclose(fit.mixture.means, [c.mean(axis=0) for c in clusters], rtol=1e-12, atol=1e-6)
    if name in ("V", "VVV"):
        own = [np.cov(c.T, bias=True).reshape(x.shape[1], -1) for c in clusters]
        np.testing.assert_allclose(fit.mixture.covariances, own, rtol=1e-7, atol=1e-7)
        np.testing.assert_allclose(fit.mixture.weights, 1 / 3, rtol=1e-12, atol=0)


@every_structure
def test_every_row_many_times(name):
    x = np.repeat(rows_of(name, 30), 20, axis=0)
    fit = fit_mixture(x, 3, structure=name)
    assert_sound(fit, x)
    if fit.degenerate:
        assert "collapsed" in fit.status.value


@every_structure
def test_half_of_the_rows_are_the_same(name):
    x = rows_of(name, 400)
    x[::2] = x[0]
    assert_sound(fit_mixture(x, 2, structure=name), x)


@every_structure
def test_integers(name):
    x = np.round(3 * rows_of(name, 500) + 10 * (np.arange(500) % 2)[:, None])
    fit = fit_mixture(x.astype(np.int64), 2, structure=name)
    assert_sound(fit, x)
    assert not fit.degenerate
    np.testing.assert_allclose(fit.mixture.means[:, 0], [0, 10], rtol=0, atol=1.0)


@every_structure
def test_only_a_few_distinct_values(name):
    x = np.round(rows_of(name, 300))
    assert_sound(fit_mixture(x, 2, structure=name), x)


@every_structure
def test_one_row_lies_far_out(name):
    x = rows_of(name, 300)
    x[17] = 1e6
    assert_sound(fit_mixture(x, 2, structure=name), x)


@pytest.mark.parametrize("scale", [1e-150, 1e-30, 1e30, 1e140])
@every_structure
def test_units_far_from_one(name, scale):
    x = rows_of(name, 200) + 4 * (np.arange(200) % 2)[:, None]
    wanted = fit_mixture(x, 2, structure=name).mixture
    found = fit_mixture(scale * x, 2, structure=name).mixture
    assert found.isclose(wanted.affine(scale), tol=1e-3)


@pytest.mark.parametrize("name", ["EVE", "VVE", "EEV", "VEV"])
@pytest.mark.parametrize("scales", [(1e-7, 1.0, 1e7), (1.0, 1e-9, 1.0)])
def test_columns_of_very_different_units_are_no_reason_to_fail_where_axes_turn(name, scales):
    """Along an axis that rounding hides no variance comes out negative."""
    rng = np.random.default_rng(0)
    x = 4.0 * rng.normal(size=(3, 3))[rng.integers(3, size=300)] + rng.normal(size=(300, 3))
    fit = fit_mixture(x * np.array(scales), 3, structure=name, search="fast")
    assert np.isfinite(fit.loglik)
    assert np.isfinite(fit.mixture.covariances).all()

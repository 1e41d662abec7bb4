"""One orientation for all: derivatives against differences, two ways that end alike, and the best of many."""

import numpy as np
import pytest

from mixtura.structures.axes import common_axes, composed, planes, turned_by
from mixtura.structures.misfit import bend, misfit_of, seen_in, slopes
from mixtura.structures.orientation import common_orientation
from mixtura.structures.rotations import conjugate_gradients, newton

both = pytest.mark.parametrize("equal_volumes", [False, True])


def scatters_of(d, k, m=3, seed=0):
    """Return shares (m, k), and scatters (m, k, d, d) of nearly one orientation."""
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(m, 1, d, d)))[0]
    values = np.exp(rng.normal(size=(m, k, d)))
    noise = rng.normal(size=(m, k, d, d))
    matrices = composed(turn, values)
    matrices = matrices + 0.02 * noise @ np.swapaxes(noise, -1, -2) / d
    shares = rng.dirichlet(np.ones(k), size=m)
    return shares, shares[..., None, None] * matrices


@both
def test_the_derivatives_are_those_of_differences(equal_volumes):
    d = 4
    shares, scatters = scatters_of(d, 3, m=1)
    counted, each, slope = slopes(shares, scatters, equal_volumes)
    found = bend(counted, scatters, each, slope, equal_volumes)[0]

    def value(turns):
        axes = turned_by(turns[None], d)[1]
        return misfit_of(shares, seen_in(axes, scatters), equal_volumes)[0]

    steps = 1e-5 * np.eye(len(planes(d)[0]))
    wanted = np.array([value(s) - value(-s) for s in steps]) / 2e-5
    np.testing.assert_allclose(slope[0], wanted, rtol=0, atol=1e-8)
    steps = 1e-4 * np.eye(len(steps))
    seconds = [[value(s + t) - value(s - t) - value(t - s) + value(-s - t) for s in steps] for t in steps]
    np.testing.assert_allclose(found, np.array(seconds) / 4e-8, rtol=0, atol=1e-5)


@both
@pytest.mark.parametrize("d", [2, 4, 7])
def test_newton_and_conjugate_gradients_end_alike(d, equal_volumes):
    shares, scatters = scatters_of(d, 3)
    start = np.linalg.eigh(scatters.sum(1))[1]
    ends = [way(shares, scatters, start, equal_volumes) for way in (newton, conjugate_gradients)]
    one, other = (misfit_of(shares, seen_in(axes, scatters), equal_volumes) for axes in ends)
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-13)
    for axes in ends:
        slope = slopes(shares, seen_in(axes, scatters), equal_volumes)[2]
        np.testing.assert_allclose(slope, 0.0, rtol=0, atol=1e-6)
        np.testing.assert_allclose(
            np.swapaxes(axes, -1, -2) @ axes, np.broadcast_to(np.eye(d), axes.shape), rtol=0, atol=1e-13
        )


@both
@pytest.mark.parametrize("d", [3, 12])
def test_many_random_starts_find_no_better(d, equal_volumes):
    shares, scatters = scatters_of(d, 4)
    axes = common_orientation(shares, scatters, equal_volumes=equal_volumes)
    height = misfit_of(shares, seen_in(axes, scatters), equal_volumes)
    rng = np.random.default_rng(1)
    for _ in range(10):
        start = np.linalg.qr(rng.normal(size=(3, d, d)))[0]
        other = conjugate_gradients(shares, scatters, start, equal_volumes)
        assert (misfit_of(shares, seen_in(other, scatters), equal_volumes) >= height - 1e-12).all()


def test_axes_that_covariances_share_are_found_to_rounding():
    rng = np.random.default_rng(2)
    turn = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    covariances = composed(turn, np.exp(rng.normal(size=(4, 5))))
    seen = np.swapaxes(found := common_axes(covariances), -1, -2) @ covariances @ found
    off = seen - np.diagonal(seen, axis1=-2, axis2=-1)[..., None] * np.eye(5)
    np.testing.assert_allclose(off, 0.0, rtol=0, atol=1e-13 * seen.max())

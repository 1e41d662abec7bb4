"""Descriptions fed with pieces, and those of parts made one."""

import itertools

import numpy as np
import pytest

from mixtura._core import native, twin

BOTH = pytest.mark.parametrize("kernels", [native, twin])


def rows(n, d):
    rng = np.random.default_rng([n, d])
    x = rng.normal(size=(n, d)) * 10.0 ** rng.integers(-6, 6, size=d) + 1e3
    return x, rng.exponential(size=n) * (rng.random(n) > 0.3)


def described(kernels, x, omega, borders, threads=1):
    one = kernels.Description(x.shape[1])
    for start, stop in itertools.pairwise(borders):
        one.feed(x[start:stop], None if omega is None else omega[start:stop], threads)
    return one.finish()


def assert_same_bits(found, wanted):
    for a, b in zip(found, wanted):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("d", [1, 3, 17])
def test_any_pieces_and_threads_give_the_bits_of_one_call(d, weighted):
    x, omega = rows(100_000, d)
    omega = omega if weighted else None
    rng = np.random.default_rng(d)
    for view in (x, x.astype(np.float32), np.asfortranarray(x)):
        whole = native.describe(view, omega, 1)
        for pieces in (1, 3, 25):
            for borders in (rng.integers(0, 100_001, pieces - 1), 1024 * rng.integers(0, 97, pieces - 1)):
                for threads in (1, 2, 5):
                    found = described(native, view, omega, [0, *sorted(borders.tolist()), 100_000], threads)
                    assert_same_bits(found.of_rows(), whole)
                    assert found.n_rows == (100_000 if omega is None else np.count_nonzero(omega))
                    np.testing.assert_allclose(
                        found.weight, 1e5 if omega is None else omega.sum(), rtol=1e-12
                    )


@pytest.mark.parametrize("weighted", [False, True])
def test_the_twins_pieces_have_the_bits_of_one_call(weighted):
    x, omega = rows(20_000, 3)
    omega = omega if weighted else None
    for borders in ([0, 4096, 20_000], [0, 1, 4095, 9000, 9000, 20_000]):
        assert_same_bits(described(twin, x, omega, borders).of_rows(), twin.describe(x, omega))


def test_rows_of_weight_zero_before_all_others_are_no_centre():
    x, omega = rows(5000, 2)
    x[:3000], omega[:3000], omega[3000:] = 1e200, 0.0, 2.0
    found = described(native, x, omega, [0, 10, 1500, 2999, 5000], 2)
    wanted = twin.describe(x[3000:], None)
    for a, b in zip(found.of_rows(), wanted):
        np.testing.assert_allclose(a, b, rtol=1e-12)


@BOTH
def test_descriptions_of_parts_merge_to_that_of_the_whole(kernels):
    x, omega = rows(9000, 3)
    omega[4000:6000] = 0.0
    whole = described(kernels, x, omega, [0, 9000])
    borders = [0, 2500, 4000, 6000, 6001, 9000]  # the third part has no rows
    parts = [described(kernels, x[a:b], omega[a:b], [0, b - a]) for a, b in itertools.pairwise(borders)]
    for order in (parts, parts[::-1], [parts[2], *parts]):
        merged = order[0]
        for part in order[1:]:
            merged = merged.merged(part)
        np.testing.assert_allclose(merged.mean, whole.mean, rtol=1e-14)
        np.testing.assert_allclose(merged.variance, whole.variance, rtol=1e-11)
        np.testing.assert_array_equal(merged.minimum, whole.minimum)
        np.testing.assert_array_equal(merged.maximum, whole.maximum)
        np.testing.assert_allclose(merged.weight, whole.weight, rtol=1e-14)
        assert (merged.n_rows, merged.finite) == (whole.n_rows, True)


@BOTH
def test_two_descriptions_of_nothing_are_one_of_nothing(kernels):
    nothing = kernels.Description(2).finish()
    merged = nothing.merged(nothing)
    assert (merged.n_rows, merged.weight, merged.finite) == (0, 0.0, True)
    np.testing.assert_array_equal([merged.mean, merged.variance], 0.0)
    np.testing.assert_array_equal([merged.minimum, -merged.maximum], np.inf)


@BOTH
def test_a_part_that_is_not_finite_makes_the_whole_so(kernels):
    bad = described(kernels, np.array([[1.0], [np.nan]]), None, [0, 2])
    good = described(kernels, np.array([[1.0], [2.0]]), None, [0, 2])
    assert not bad.finite
    assert not good.merged(bad).finite


@BOTH
def test_nothing_cannot_be_described(kernels):
    for x, omega in ((np.empty((0, 2)), None), (np.ones((3, 2)), np.zeros(3)), (np.ones((3, 0)), None)):
        with pytest.raises(ValueError, match=r"no row|features|wanted"):
            kernels.describe(x, omega)


@BOTH
def test_zeros_of_either_sign_are_one_extreme(kernels):
    # Which of them a minimum keeps would be the order's choice.
    for x in (np.array([[0.0], [-0.0]]), np.array([[-0.0], [0.0]])):
        _, _, minimum, maximum, _ = kernels.describe(x, None)
        assert not np.signbit([minimum, maximum]).any()

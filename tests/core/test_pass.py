"""A pass that is fed with pieces: the bits of one call, whatever the pieces and the number of threads."""

import itertools

import numpy as np
import pytest

from mixtura import _core
from mixtura._core import native, twin

FORMS = ("full", "tied", "diagonal", "spherical")
BLOCK = 1024
N = 100_000


def stack(form, m, k, d, seed=0):
    """Make a stack of m mixtures, some of whose components lie apart."""
    rng = np.random.default_rng([seed, m, k, d])
    roots = rng.normal(size=(m, k, d, d)) / np.sqrt(d)
    covariances = roots @ np.swapaxes(roots, -1, -2) + 0.1 * np.eye(d)
    variances = np.diagonal(covariances, axis1=-2, axis2=-1)
    spreads = {"full": covariances, "tied": covariances[:, 0], "diagonal": variances}.get(form)
    spreads = variances[..., 0] if spreads is None else spreads
    return rng.dirichlet(np.ones(k), size=m), 3.0 * rng.normal(size=(m, k, d)), np.ascontiguousarray(spreads)


def rows(n, mixtures, seed=0):
    """Draw rows around the means of the first mixture, and weights of which some are zero."""
    rng = np.random.default_rng([seed, n])
    _, k, d = mixtures[1].shape
    x = mixtures[1][0, rng.integers(k, size=n)] + rng.normal(size=(n, d))
    return x, rng.exponential(size=n) * (rng.random(n) > 0.2)


def cuts(n, block, rng):
    """Return borders of pieces: 1, 3 and 25 of them, at borders of blocks and anywhere."""
    for pieces in (1, 3, 25):
        whole = np.sort(rng.integers(0, n // block + 1, size=pieces - 1)) * block
        anywhere = np.sort(rng.integers(0, n + 1, size=pieces - 1))
        for inner in (whole, anywhere):
            yield [0, *inner.tolist(), n]


def fed(kernels, x, omega, mixtures, form, borders, threads=1):
    """Make a pass of pieces."""
    one = kernels.Pass(form, *mixtures)
    for start, stop in itertools.pairwise(borders):
        one.feed(x[start:stop], None if omega is None else omega[start:stop], threads)
    return one.finish()


def assert_same_bits(found, wanted):
    for a, b in zip(found, wanted):
        assert a.shape == b.shape
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(np.signbit(a), np.signbit(b))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("d", "k", "m"), [(1, 2, 3), (2, 4, 1), (16, 6, 1)])
def test_any_pieces_and_threads_give_the_bits_of_one_call(engine, form, d, k, m, weighted):
    mixtures = stack(form, m, k, d)
    x, omega = rows(N, mixtures)
    omega = omega if weighted else None
    whole = native.moments(x, omega, *mixtures, form, 1)
    for borders in cuts(N, BLOCK, np.random.default_rng(d)):
        for threads in (1, 2, 5):
            assert_same_bits(fed(native, x, omega, mixtures, form, borders, threads), whole)
    for threads in (2, 5):
        assert_same_bits(native.moments(x, omega, *mixtures, form, threads), whole)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("d", [1, 16])
def test_pieces_of_any_layout_and_precision_give_the_same_bits(form, d):
    mixtures = stack(form, 2, 3, d)
    x, omega = rows(20_000, mixtures)
    single = x.astype(np.float32)
    doubles = single.astype(np.float64)
    whole = native.moments(doubles, omega, *mixtures, form, 1)
    layouts = [single, doubles, np.asfortranarray(doubles), np.repeat(single, 2, axis=0)[::2]]
    layouts += [np.repeat(doubles, 2, axis=1)[:, ::2], doubles[::-1].copy()[::-1]]
    for borders in cuts(len(x), BLOCK, np.random.default_rng(d)):
        for view in layouts:
            assert_same_bits(fed(native, view, omega, mixtures, form, borders, 2), whole)


@pytest.mark.parametrize("n", [0, 1, 1023, 1024, 1025, 3000, 16 * 1024, 900 * 1024 + 7])
def test_the_number_of_rows_does_not_change_how_they_are_cut(n):
    # From 192 and from 768 blocks in a piece on, tasks take four and sixteen at once.
    mixtures = stack("full", 1, 2, 1)
    x, omega = rows(n, mixtures)
    whole = native.moments(x, omega, *mixtures, "full", 3)
    for size in (100, 1000, 70_000, 200_000, 800_000):
        if n // size < 200:
            assert_same_bits(fed(native, x, omega, mixtures, "full", [*range(0, n, size), n], 2), whole)


def test_mixtures_shared_out_among_threads_have_the_same_bits():
    # One block and many mixtures: threads take mixtures, not blocks.
    mixtures = stack("full", 7, 3, 4)
    x, omega = rows(1000, mixtures)
    whole = native.moments(x, omega, *mixtures, "full", 1)
    assert_same_bits(native.moments(x, omega, *mixtures, "full", 5), whole)
    assert_same_bits(fed(native, x, omega, mixtures, "full", [0, 10, 999, 1000], 5), whole)
    for i in range(7):
        one = [part[i] for part in mixtures]
        assert_same_bits(native.moments(x, omega, *one, "full", 2), [part[i] for part in whole])


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_the_twins_pieces_have_the_bits_of_one_call(form, weighted):
    mixtures = stack(form, 2, 3, 3)
    x, omega = rows(20_000, mixtures)
    omega = omega if weighted else None
    for view in (x, np.asfortranarray(x), x.astype(np.float32)):
        whole = twin.moments(view, omega, *mixtures, form)
        for borders in cuts(len(x), 4096, np.random.default_rng(0)):
            assert_same_bits(fed(twin, view, omega, mixtures, form, borders), whole)


@pytest.mark.parametrize("kernels", [native, twin])
def test_one_mixture_comes_back_without_its_axis(kernels):
    mixtures = [part[0] for part in stack("full", 1, 3, 2)]
    x, _ = rows(3000, stack("full", 1, 3, 2))
    whole = kernels.moments(x, None, *mixtures, "full")
    assert [part.shape for part in whole] == [(3,), (3, 2), (3, 2, 2), ()]
    assert_same_bits(fed(kernels, x, None, mixtures, "full", [0, 1500, 3000]), whole)


@pytest.mark.parametrize("kernels", [native, twin])
def test_a_pass_of_no_rows_has_no_moments(kernels):
    mixtures = stack("diagonal", 2, 3, 2)
    for part in kernels.Pass("diagonal", *mixtures).finish():
        np.testing.assert_array_equal(part, 0.0)


@pytest.mark.parametrize("kernels", [native, twin])
@pytest.mark.parametrize("form", FORMS)
def test_a_bad_covariance_is_named_before_a_row_is_read(kernels, form):
    weights, means, spreads = stack(form, 2, 3, 2)
    spreads[(1, 2) if form != "tied" else 1] = -1.0
    with pytest.raises(_core.NotPositiveDefinite) as caught:
        kernels.Pass(form, weights, means, spreads)
    assert caught.value.mixture == 1
    assert form == "tied" or caught.value.component == 2


@pytest.mark.parametrize("kernels", [native, twin])
def test_pieces_must_be_of_one_kind(kernels):
    mixtures = stack("full", 1, 2, 2)
    x, omega = rows(50, mixtures)
    one = kernels.Pass("full", *mixtures)
    one.feed(x, omega)
    with pytest.raises(ValueError, match="sample_weight is None, but the pieces before it had weights"):
        one.feed(x)
    with pytest.raises(
        ValueError, match="x holds float32 or float64 where the pieces before it held the other"
    ):
        one.feed(x.astype(np.float32), omega)
    with pytest.raises(ValueError, match=r"x has shape \(50, 1\); wanted is \(any, 2\)"):
        one.feed(x[:, :1], omega)
    np.testing.assert_allclose(
        one.finish()[0].sum(), omega.sum(), rtol=1e-13
    )  # a refused piece leaves no trace
    other = kernels.Pass("full", *mixtures)
    other.feed(x)
    with pytest.raises(ValueError, match="sample_weight is given, but the pieces before it had none"):
        other.feed(x, omega)


@pytest.mark.parametrize("kernels", [native, twin])
def test_nothing_comes_after_the_end(kernels):
    mixtures = stack("full", 1, 2, 2)
    one = kernels.Pass("full", *mixtures)
    one.finish()
    with pytest.raises(ValueError, match="is finished; begin another"):
        one.feed(np.zeros((3, 2)))
    with pytest.raises(ValueError, match="is finished; begin another"):
        one.finish()


def test_a_pass_keeps_the_engine_that_it_was_begun_with():
    mixtures = stack("full", 1, 2, 3)
    x, _ = rows(5000, mixtures)
    before = native.use_engine("baseline")
    whole = native.moments(x, None, *mixtures, "full")
    one = native.Pass("full", *mixtures)
    native.use_engine(before)
    one.feed(x)
    assert_same_bits(one.finish(), whole)


def test_a_pass_keeps_none_of_the_arrays_that_it_was_given():
    mixtures = stack("full", 1, 2, 3)
    x, omega = rows(5000, mixtures)
    whole = native.moments(x, omega, *mixtures, "full")
    one = native.Pass("full", *(part.copy() for part in mixtures))
    for start in range(0, 5000, 700):
        piece, weights = x[start : start + 700].copy(), omega[start : start + 700].copy()
        one.feed(piece, weights, 2)
        piece[:], weights[:] = np.nan, np.nan
    assert_same_bits(one.finish(), whole)


def test_two_passes_may_be_open_at_once():
    mixtures, others = stack("full", 2, 3, 2), stack("diagonal", 1, 4, 2)
    x, _ = rows(9000, mixtures)
    first, second = native.Pass("full", *mixtures), native.Pass("diagonal", *others)
    for start in range(0, 9000, 2500):
        first.feed(x[start : start + 2500], None, 2)
        second.feed(x[start : start + 2500], None, 2)
    assert_same_bits(second.finish(), native.moments(x, None, *others, "diagonal"))
    assert_same_bits(first.finish(), native.moments(x, None, *mixtures, "full"))

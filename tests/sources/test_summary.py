"""The summary: parts merge to the whole, and rows of weight zero are none."""

from functools import reduce
from itertools import pairwise
from operator import add

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtura import fit_mixture
from mixtura.sources import ArraySource, CompressedSource


def rows(seed, n=300, d=3, weighted=True):
    """Return rows of very different scale, offset and weight."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)) * 10.0 ** rng.uniform(-3, 3, d) + 10.0 ** rng.uniform(-3, 3, d)
    return x, rng.exponential(size=n) if weighted else None


def assert_equal_to(summary, x, weights):
    """Check a summary against NumPy's own sums over all the rows."""
    scale = np.abs(x).max(0)
    mean = np.average(x, axis=0, weights=weights)
    assert summary.n_rows == len(x)
    assert summary.n_features == x.shape[1]
    np.testing.assert_allclose(summary.total_weight, len(x) if weights is None else weights.sum(), rtol=1e-13)
    np.testing.assert_allclose(summary.mean / scale, mean / scale, rtol=0, atol=1e-14)
    variance = np.average((x - mean) ** 2, axis=0, weights=weights)
    np.testing.assert_allclose(summary.variance, variance, rtol=1e-11, atol=0)
    np.testing.assert_array_equal(summary.minimum, x.min(0))
    np.testing.assert_array_equal(summary.maximum, x.max(0))
    assert summary.unit == np.finfo(np.float64).eps


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    cuts=st.lists(st.integers(2, 298), max_size=6, unique=True),
    weighted=st.booleans(),
)
def test_the_merge_of_parts_is_the_summary_of_the_whole(seed, cuts, weighted):
    x, weights = rows(seed, weighted=weighted)
    edges = [0, *sorted(cuts), len(x)]
    edges = [edges[0], *(b for a, b in pairwise(edges) if b - a >= 2)]  # one row has no spread
    edges[-1] = len(x)
    parts = [
        ArraySource(x[a:b], None if weights is None else weights[a:b]).summary for a, b in pairwise(edges)
    ]
    assert_equal_to(ArraySource(x, weights).summary, x, weights)
    assert_equal_to(reduce(add, parts), x, weights)
    assert_equal_to(reduce(add, parts[::-1]), x, weights)


def test_parts_far_from_the_origin_merge_without_losing_their_variance():
    x = np.random.default_rng(0).normal(size=(1_000, 2)) + 1e8
    whole = ArraySource(x[:300]).summary + ArraySource(x[300:]).summary
    np.testing.assert_allclose(whole.variance, (x - x.mean(0)).var(0), rtol=1e-7, atol=0)


def test_the_coarser_rounding_of_two_parts_is_that_of_the_whole():
    x, _ = rows(0)
    merged = ArraySource(x).summary + ArraySource(x.astype(np.float32)).summary
    assert merged.unit == np.finfo(np.float32).eps


def test_a_compressed_source_sums_up_its_rows():
    x, weights = rows(1, d=1)
    exact = ArraySource(x, weights)
    assert CompressedSource(exact).summary is exact.summary


def padded(x, weights, where, rng):
    """Return the rows with others of weight zero, very different ones, put in at the end or anywhere."""
    n, extra = len(x), 700
    others = np.full((extra, *x.shape[1:]), 1e3) + rng.normal(size=(extra, *x.shape[1:]))
    order = np.arange(n + extra) if where == "at the end" else rng.permutation(n + extra)
    if where == "anywhere":  # the rows that count keep their order
        order[np.sort(np.flatnonzero(order < n))] = np.arange(n)
    rows, w = np.concatenate([x, others]), np.concatenate([weights, np.zeros(extra)])
    return rows[order], w[order]


@pytest.mark.parametrize("where", ["at the end", "anywhere"])
@pytest.mark.parametrize("seed", range(12))
def test_rows_of_weight_zero_change_no_bit_of_a_whole_fit(seed, where):
    rng = np.random.default_rng(seed)
    d, k = (1, 2, 3, 5)[seed % 4], (2, 3, 4)[seed % 3]
    name = ("VVV", "EEE", "VVI", "VII")[seed // 3]
    x = 2.0 * rng.normal(size=(k, d))[rng.integers(k, size=250)] + rng.normal(size=(250, d))
    weights = rng.uniform(0.5, 2.0, size=250) if seed % 2 else np.ones(250)
    more, w = padded(x, weights, where, rng)
    alone = weights if seed % 2 else None  # rows of weight 1 are rows without weights
    one = fit_mixture(x, k, structure=name, sample_weight=alone, seed=seed)
    other = fit_mixture(more, k, structure=name, sample_weight=w, seed=seed)
    for field in ("weights", "means", "covariances"):
        np.testing.assert_array_equal(getattr(other._parameters, field), getattr(one._parameters, field))
    np.testing.assert_array_equal(other.history, one.history)
    assert (other.loglik, other.status, other.n_rows) == (one.loglik, one.status, one.n_rows)
    assert (other.degenerate, other.notes, other.search) == (one.degenerate, one.notes, one.search)


def test_the_rows_that_stay_are_told():
    x, _ = rows(0)
    weights = np.ones(300)
    weights[[3, 100, 299]] = 0.0
    source = ArraySource(x, weights)
    assert (source.n_rows, source.n_given) == (297, 300)
    np.testing.assert_array_equal(source.kept, np.delete(np.arange(300), [3, 100, 299]))
    assert ArraySource(x, np.ones(300)).kept is None
    labels = np.arange(300) % 2
    one = fit_mixture(x, 2, sample_weight=weights, start={"labels": labels}, max_iter=1)
    other = fit_mixture(x[source.kept], 2, start={"labels": labels[source.kept]}, max_iter=1)
    np.testing.assert_allclose(one.mixture.means, other.mixture.means, rtol=1e-12, atol=0)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_row_of_weight_zero_must_be_finite_all_the_same(bad):
    x, _ = rows(0)
    x[7, 1] = bad
    weights = np.ones(300)
    weights[7] = 0.0
    with pytest.raises(ValueError, match="row 7"):
        ArraySource(x, weights)

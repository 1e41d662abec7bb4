"""Components far apart: the kernels leave out pairs without a share, and nobody can tell by the sums."""

import numpy as np
import pytest

from mixtura._core import native, twin


def clusters(n, d, k, apart, seed=0):
    """Make rows (n, d) of k clusters, row weights of which some are 0, and a stack of two mixtures."""
    rng = np.random.default_rng([seed, n, d, k])
    means = apart * rng.normal(size=(k, d))
    x = means[rng.integers(k, size=n)] + rng.normal(size=(n, d))
    roots = rng.normal(size=(2, k, d, d)) / np.sqrt(d)
    weights = rng.dirichlet(np.ones(k), size=2)
    weights[1, 0] = 0.0
    stack = np.stack([means, means + 0.3 * rng.normal(size=(k, d))])
    return (
        x,
        rng.integers(0, 3, n) + 0.0,
        (weights, stack, np.eye(d) + 0.3 * roots @ np.swapaxes(roots, -1, -2)),
    )


@pytest.mark.parametrize("apart", [0.3, 1.0, 2.0, 5.0])
@pytest.mark.parametrize(("d", "k"), [(9, 5), (16, 12), (32, 4), (33, 9), (64, 6)])
def test_the_moments_are_the_twins(engine, d, k, apart):
    x, omega, mixtures = clusters(1_300, d, k, apart)
    for weights in (None, omega):
        found = native.moments(x, weights, *mixtures, "full", 1)
        for a, b in zip(found, twin.moments(x, weights, *mixtures, "full")):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-11 * np.abs(b).max())
        for a, b in zip(found, native.moments(x, weights, *mixtures, "full", 3)):
            np.testing.assert_array_equal(a, b)


def test_clusters_that_come_one_after_another(engine):
    # Each block's first tile decides for the others: rows sorted by cluster are its worst case.
    x, _, mixtures = clusters(4_000, 40, 8, apart=3.0)
    means = mixtures[1][0]
    order = np.argsort(((x[:, None] - means) ** 2).sum(-1).argmin(1), kind="stable")
    found = native.moments(x[order], None, *mixtures, "full")
    for a, b in zip(found, twin.moments(x[order], None, *mixtures, "full")):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-11 * np.abs(b).max())


def test_rows_between_two_clusters_keep_both_shares(engine):
    # A row half way: equal shares, whatever the partial distances say of the third and fourth.
    d, k = 32, 4
    means = np.zeros((1, k, d))
    means[0, 1, -1], means[0, 2], means[0, 3] = 6.0, 20.0, -20.0
    x = np.zeros((200, d))
    x[:, -1] = 3.0
    counts, _, _, _ = native.moments(
        x, None, np.full((1, k), 0.25), means, np.tile(np.eye(d), (1, k, 1, 1)), "full"
    )
    np.testing.assert_allclose(counts[0], [100.0, 100.0, 0.0, 0.0], rtol=1e-13, atol=1e-25)

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


def spreads_of(form, covariances):
    """Return what a form keeps of covariances (m, k, d, d)."""
    variances = np.diagonal(covariances, axis1=-2, axis2=-1)
    return {"full": covariances, "diagonal": variances, "spherical": variances.mean(-1)}[form]


@pytest.mark.parametrize("form", ["full", "diagonal", "spherical"])
@pytest.mark.parametrize("apart", [0.3, 1.0, 2.0, 5.0, 30.0])
@pytest.mark.parametrize(("d", "k"), [(9, 5), (12, 40), (16, 12), (32, 4), (33, 9), (64, 6)])
def test_the_moments_are_the_twins(engine, d, k, apart, form):
    x, omega, (weights, means, covariances) = clusters(1_300, d, k, apart)
    mixtures = weights, means, spreads_of(form, covariances)
    for rows in (None, omega):
        found = native.moments(x, rows, *mixtures, form, 1)
        for a, b in zip(found, twin.moments(x, rows, *mixtures, form)):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-11 * np.abs(b).max())
        for a, b in zip(found, native.moments(x, rows, *mixtures, form, 3)):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("form", ["full", "diagonal"])
def test_pairs_without_a_share_are_left_out_and_others_are_not(engine, form):
    # The last component has no rows: 11 standard deviations off its shares are about 1e-26, 6 off 1e-8.
    d, k = 16, 5
    for apart in (11.0, 6.0):
        means = np.zeros((1, k, d))
        means[0, :, 0] = 11.0 * np.arange(k)
        means[0, -1, 0] = means[0, -2, 0] + apart
        x = np.repeat(means[0, :-1], 300, axis=0)
        mixture = np.full((1, k), 1 / k), means, spreads_of(form, np.tile(np.eye(d), (1, k, 1, 1)))
        count = native.moments(x, None, *mixture, form)[0][0, -1]
        wanted = twin.moments(x, None, *mixture, form)[0][0, -1]
        if apart > 10.0:
            assert count == 0.0 < wanted
        else:
            np.testing.assert_allclose(count, wanted, rtol=1e-10)


@pytest.mark.parametrize("form", ["full", "diagonal", "spherical"])
def test_rows_infinitely_far_from_every_component_have_no_share(engine, form):
    x, _, (weights, means, covariances) = clusters(1_300, 12, 6, 30.0)
    mixtures = weights[:1], means[:1], spreads_of(form, covariances)[:1]
    far = x.copy()
    far[[0, 500, 1_299]] = 1e200
    found = native.moments(far, None, *mixtures, form)
    wanted = native.moments(np.delete(x, [0, 500, 1_299], axis=0), None, *mixtures, form)
    for a, b in zip(found[:3], wanted[:3]):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-11 * np.abs(b).max())


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
    np.testing.assert_allclose(counts[0], [100.0, 100.0, 0.0, 0.0], rtol=1e-13, atol=1e-18)

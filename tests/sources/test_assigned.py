"""Assigned moments: of any blocks what the definition says, and no digits lost."""

import tracemalloc

import numpy as np
import pytest

from mixtura import GaussianMixture
from mixtura.model.forms import FORMS
from mixtura.sources.assigned import BLOCK, assigned_moments, block_slices, label_blocks

every_form = pytest.mark.parametrize("form", FORMS)


@every_form
@pytest.mark.parametrize("weighted", [False, True])
def test_moments_are_those_of_the_definition(form, weighted):
    rng = np.random.default_rng(0)
    n, d, k = 2 * BLOCK + 100, 3, 4
    x, r = rng.normal(size=(n, d)) + 5.0, rng.dirichlet(np.ones(k), n)
    r[:, 3] = 0.0  # a component without rows
    weight = rng.uniform(0.0, 2.0, n) if weighted else None
    blocks = ((rows, r[rows]) for rows in block_slices(n))
    found = assigned_moments(x, weight, blocks, k, FORMS[form], x.mean(0))
    omega = r if weight is None else r * weight[:, None]
    np.testing.assert_allclose(found.counts, omega.sum(0), rtol=1e-12)
    np.testing.assert_array_equal(found.sums, 0.0)
    scatters = []
    for c in range(3):
        mean = np.average(x, axis=0, weights=omega[:, c])
        np.testing.assert_allclose(found.means[c], mean, rtol=1e-12)
        scatters.append(((x - mean) * omega[:, c, None]).T @ (x - mean))
    scatters.append(np.zeros((d, d)))
    np.testing.assert_array_equal(found.means[3], x.mean(0))
    expected = {
        "full": np.array(scatters),
        "tied": np.sum(scatters, axis=0),
        "diagonal": np.array([np.diag(s) for s in scatters]),
        "spherical": np.array([np.trace(s) for s in scatters]),
    }[form]
    np.testing.assert_allclose(found.scatters, expected, rtol=1e-11, atol=1e-10)


@every_form
def test_a_narrow_component_far_from_the_others_keeps_its_variance(form):
    """About the mean of all rows, 1e6 deviations off, no digit of it would be left."""
    rng = np.random.default_rng(0)
    labels = np.arange(6 * BLOCK) % 2
    x = rng.normal(size=(6 * BLOCK, 2)) * 1e-4
    x[labels == 1] += 1e6
    found = assigned_moments(x, None, label_blocks(labels, 2), 2, FORMS[form], x.mean(0))
    own = [np.cov(x[labels == c].T, ddof=0) * 3 * BLOCK for c in range(2)]
    kept = {"full": own, "tied": own[0] + own[1]}
    kept["diagonal"] = [np.diag(s) for s in own]
    kept["spherical"] = [np.trace(s) for s in own]
    np.testing.assert_allclose(found.scatters, kept[form], rtol=1e-5, atol=1e-7)


def test_a_start_of_the_estimator_keeps_it_too():
    """scikit-learn's starts were summed about the mean of all rows."""
    rng = np.random.default_rng(0)
    x = np.vstack([rng.normal(size=(500, 1)), 1e7 + rng.normal(size=(500, 1))])
    model = GaussianMixture(2, init_params="kmeans", max_iter=0, random_state=0).fit(x)
    np.testing.assert_allclose(model.covariances_[:, 0, 0], [x[:500].var(), x[500:].var()], rtol=1e-6)


def test_memory_does_not_grow_with_rows_times_components():
    n, d, k = 60_000, 8, 40
    x, labels = np.zeros((n, d)), np.arange(n) % k
    x[:, 0] = labels
    tracemalloc.start()
    assigned_moments(x, None, label_blocks(labels, k), k, FORMS["full"], x.mean(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < n * k  # bytes: an eighth of n x k numbers

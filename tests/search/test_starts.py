"""Starts: what they are by hand, and that they know no units."""

import numpy as np
import pytest
from scipy.cluster.vq import kmeans2
from tests.helpers import FAMILIES, climbed, problem_of

from mixtura import Mixture, datasets, fit_mixture
from mixtura.search.starts import Rows, agglomerated, clustered, given, scattered, sliced, widespread
from mixtura.search.starts.centres import kmeans_plusplus, lloyd, random_rows
from mixtura.search.starts.quantiles import quantile_slices, widest_gaps
from mixtura.search.starts.ward import ward_centres

LINE = np.array([0.0, 1.0, 2.0, 10.0, 11.0, 12.0, 100.0])[:, None]


def rows_of(x):
    x = np.asarray(x, dtype=float).reshape(len(x), -1)
    return Rows(x, x.mean(0), x.std(0))


def test_kmeans_plusplus_takes_rows_of_different_clusters_that_lie_far_apart():
    """With three clusters far apart, a seed in one cluster leaves no weight on the rows beside it."""
    z = (np.arange(3)[:, None] * 1e6 + np.linspace(0, 1, 20)).reshape(-1, 1)
    centres = kmeans_plusplus(z, 3, 50, np.random.default_rng(0))
    assert centres.shape == (50, 3, 1)
    assert (np.sort((centres[..., 0] // 1e5).round(-1), axis=1) == [0, 10, 20]).all()


def test_kmeans_plusplus_draws_by_squared_distance():
    """From 0, the rows 1 and 2 are drawn 1 time to 4 times (Arthur and Vassilvitskii 2007)."""
    z = np.array([[0.0], [1.0], [2.0]])
    pairs = kmeans_plusplus(z, 2, 30_000, np.random.default_rng(0))[..., 0]
    second = pairs[pairs[:, 0] == 0.0, 1]
    assert (second == 2.0).mean() == pytest.approx(0.8, abs=0.02)


def test_random_rows_are_distinct_rows_where_rows_are_few():
    chosen = random_rows(LINE, 5, 100, np.random.default_rng(0))[..., 0]
    assert all(len(set(start)) == 5 and set(start) <= set(LINE[:, 0]) for start in chosen)


def test_lloyd_agrees_with_scipy_and_gives_the_spread_that_is_left():
    x = datasets.faithful().data
    z = (x - x.mean(0)) / x.std(0)
    seeds = z[[[0, 1], [5, 200]]]
    centres, spreads = lloyd(z, seeds, 3)
    for start, found, spread in zip(seeds, centres, spreads):
        means, _ = kmeans2(z, start, iter=3, minit="matrix")
        np.testing.assert_allclose(found, means, rtol=1e-12, atol=1e-12)
        squares = ((z[:, None] - means) ** 2).sum(-1).min(1)
        np.testing.assert_allclose(spread, squares.mean() / 2, rtol=1e-10)


def test_lloyd_leaves_a_centre_without_rows_where_it_is():
    centres, _ = lloyd(LINE, np.array([[[1.0], [1000.0]]]), 2)
    assert centres[0, 1, 0] == 1000.0


def test_slices_of_one_dimension_by_hand():
    centres, spread = quantile_slices(LINE[:6], 2)
    np.testing.assert_allclose(centres[0, :, 0], [1.0, 11.0], rtol=1e-15)
    np.testing.assert_allclose(spread, [2 / 3], rtol=1e-15)
    centres, spread = widest_gaps(LINE, 3)
    np.testing.assert_allclose(centres[0, :, 0], [1.0, 11.0, 100.0], rtol=1e-15)
    np.testing.assert_allclose(spread, [4 / 7], rtol=1e-15)


def test_ward_finds_clusters_that_are_plain_to_see():
    centres, _ = ward_centres(LINE, 3, np.random.default_rng(0))
    np.testing.assert_allclose(np.sort(centres[0, :, 0]), [1.0, 11.0, 100.0], rtol=1e-15)


KINDS = {
    "clustered": clustered,
    "scattered": scattered,
    "widespread": widespread,
    "agglomerated": lambda rows, k, m, rng, metric: agglomerated(rows, k, rng, metric),
}


def every_kind(rows, k, m, rng):
    """Return starts (m,) of every kind in every metric that differs, and those of one dimension."""
    found = [
        (f"{name} {metric}", make(rows, k, m, rng, metric))
        for name, make in KINDS.items()
        for metric in rows.metrics
    ]
    return found + ([("sliced", sliced(rows, k))] if rows.values.shape[1] == 1 else [])


@pytest.mark.parametrize("m", [1, 2, 5])
@pytest.mark.parametrize("data", ["galaxies", "faithful", "iris"])
def test_every_kind_gives_mixtures_that_can_be_evaluated(data, m):
    x = getattr(datasets, data)().data
    rows = rows_of(x)
    d = rows.values.shape[1]
    for name, starts in every_kind(rows, 3, m, np.random.default_rng(0)):
        many = 1 if "agglomerated" in name else 2 if name == "sliced" else m
        assert starts.means.shape == (many, 3, d), name
        assert starts.covariances.shape == (many, 3, d, d), name
        np.testing.assert_allclose(starts.weights, 1 / 3, rtol=1e-15)
        assert (np.linalg.eigvalsh(starts.covariances) > 0).all(), name


@pytest.mark.parametrize("scale", [1e-7, 1.0, 1e7])
@pytest.mark.parametrize("shift", [0.0, 1e6])
def test_starts_of_scaled_and_shifted_data_are_the_starts_scaled_and_shifted(scale, shift):
    x = datasets.iris().data
    deviation = x.std(0)
    moved = scale * (x + shift * deviation)
    pairs = zip(*(every_kind(rows_of(y), 3, 4, np.random.default_rng(1)) for y in (x, moved)))
    for (name, a), (_, b) in pairs:
        np.testing.assert_allclose(
            b.means / scale - shift * deviation, a.means, rtol=1e-8, atol=1e-8, err_msg=name
        )
        np.testing.assert_allclose(
            b.covariances / scale**2, a.covariances, rtol=1e-6, atol=1e-9, err_msg=name
        )


def test_units_of_single_features_leave_all_but_the_raw_metric_as_they_are():
    """Centimetres beside metres: the raw metric alone takes all features to be of one unit."""
    x, units = datasets.iris().data, np.array([1.0, 100.0, 1.0, 0.01])
    for metric in ("standard", "white", "raw"):
        a, b = (clustered(rows_of(y), 3, 2, np.random.default_rng(1), metric) for y in (x, x * units))
        same = np.allclose(b.means / units, a.means, rtol=1e-8, atol=1e-8)
        assert same == (metric != "raw")


def test_scattered_starts_hold_components_of_very_different_scale():
    starts = scattered(rows_of(datasets.faithful().data), 8, 20, np.random.default_rng(0))
    variances = starts.covariances[..., 0, 0]
    assert (variances.max(1) / variances.min(1)).min() > 5.0


@pytest.mark.parametrize("structure", FAMILIES)
@pytest.mark.parametrize("weighted", [False, True])
def test_labels_and_responsibilities_become_their_weighted_moments(structure, weighted):
    """Labels are hard responsibilities; the M-step of full covariances is the clusters' own covariances."""
    iris = datasets.iris()
    x, labels = iris.data, np.arange(150) // 50
    weights = np.random.default_rng(0).uniform(0.5, 2, 150) if weighted else None
    problem = problem_of(x, structure, weights)
    a = given({"labels": labels}, 3, problem)
    b = given({"responsibilities": np.eye(3)[labels]}, 3, problem)
    np.testing.assert_array_equal(a.covariances, b.covariances)
    omega = np.ones(150) if weights is None else weights
    for c in range(3):
        mine = labels == c
        np.testing.assert_allclose(a.weights[c], omega[mine].sum() / omega.sum(), rtol=1e-13)
        np.testing.assert_allclose(a.means[c], np.average(x[mine], axis=0, weights=omega[mine]), rtol=1e-13)
        if structure == "VVV":
            expected = np.cov(x[mine].T, aweights=omega[mine], ddof=0)
            np.testing.assert_allclose(a.covariances[c], expected, rtol=1e-10, atol=1e-12)


def test_a_start_may_be_a_mixture_parameters_or_means():
    x = datasets.faithful().data
    problem = problem_of(x)
    means = x[[0, 1]]
    mixture = Mixture([0.4, 0.6], means, [np.diag(problem.source.variance)] * 2)
    a = given({"means": means}, 2, problem)
    np.testing.assert_array_equal(a.means, means)
    np.testing.assert_array_equal(a.weights, [0.5, 0.5])
    np.testing.assert_array_equal(a.covariances[1], np.diag(problem.source.variance))
    np.testing.assert_array_equal(given(means, 2, problem).means, means)
    np.testing.assert_array_equal(given(mixture, 2, problem).means, mixture.means)
    b = given({"means": means, "covariances": [[1.0, 2.0], [3.0, 4.0]]}, 2, problem)
    np.testing.assert_array_equal(b.covariances[1], np.diag([3.0, 4.0]))


@pytest.mark.parametrize("kind", ["labels", "responsibilities", "means", "mixture", "parameters"])
def test_a_given_start_is_climbed_from_and_nothing_else_is_tried(kind):
    """The climb of the fit is, bit for bit, the climb of the loop from that start."""
    x = datasets.faithful().data
    problem = problem_of(x)
    labels = (x[:, 0] > 3).astype(int)
    parameters = given({"labels": labels}, 2, problem)
    start = {
        "labels": {"labels": labels},
        "responsibilities": {"responsibilities": np.eye(2)[labels]},
        "means": {"means": parameters.means},
        "mixture": Mixture(parameters.weights, parameters.means, parameters.covariances),
        "parameters": parameters,
    }[kind]
    fit = fit_mixture(x, 2, start=start)
    run = climbed(problem, given(start, 2, problem))
    assert fit.search is None
    assert fit.loglik == run.loglik
    assert fit.n_iter == run.n_iter
    np.testing.assert_array_equal(fit.history, run.history)
    np.testing.assert_array_equal(fit._parameters.means, run.parameters.means)


@pytest.mark.parametrize(
    ("start", "words"),
    [
        ({"means": np.zeros((3, 2))}, "need \\(2, 2\\)"),
        ({"means": np.zeros((2, 2)), "weights": [0.7, 0.7]}, "sum to 1"),
        ({"means": np.zeros((2, 2)), "weights": [1.0]}, "need \\(2,\\)"),
        ({"means": np.zeros((2, 2)), "covariances": np.zeros((2, 2, 2))}, "not positive definite"),
        ({"means": np.zeros((2, 2)), "covariances": np.zeros((3, 2))}, "covariances have shape"),
        ({"means": np.zeros((2, 2)), "covariances": [[[1.0, 0.5], [0.1, 1.0]]] * 2}, "not symmetric"),
        ({"means": np.full((2, 2), np.nan)}, "finite"),
        ({"labels": np.zeros(7)}, "272 rows"),
        ({"labels": np.full(272, 2)}, "integers 0 to 1"),
        ({"responsibilities": np.ones((272, 2))}, "sum to 1 in every row"),
        ({"responsibilities": np.ones((272, 3))}, "need \\(272, 2\\)"),
        ({"labels": np.zeros(272), "means": np.zeros((2, 2))}, "give one"),
        ({"weights": [0.5, 0.5]}, "needs means"),
        ({"centres": np.zeros((2, 2))}, "centres"),
        ({}, "nothing"),
    ],
)
def test_a_start_that_cannot_be_says_why(start, words):
    with pytest.raises(ValueError, match=words):
        fit_mixture(datasets.faithful().data, 2, start=start)


def test_whether_a_start_is_positive_definite_does_not_depend_on_units():
    """Plain eigenvalues told it, whose rounding hides a feature of small numbers beside one of large."""
    x = datasets.iris().data
    covariance = np.cov(x.T)
    units = np.array([1e9, 1.0, 1e-9, 1.0])
    small = covariance * np.outer(units, units)
    assert (np.linalg.eigvalsh(small) <= 0).any()
    start = {"means": x[:2], "covariances": [covariance] * 2}
    scaled = {"means": x[:2] * units, "covariances": [small] * 2}
    a, b = fit_mixture(x, 2, start=start), fit_mixture(x * units, 2, start=scaled)
    np.testing.assert_allclose(b.mixture.means / units, a.mixture.means, rtol=1e-4)


def test_a_start_in_single_precision_is_taken():
    x = datasets.faithful().data
    weights = np.full(7, 1 / 7, np.float32)
    assert weights.astype(np.float64).sum() != 1.0
    covariances = np.float32(np.cov(x.T))[None].repeat(7, axis=0)
    covariances[:, 0, 1] = np.nextafter(covariances[:, 0, 1], np.float32(np.inf))
    fit = fit_mixture(x, 7, start={"weights": weights, "means": x[:7], "covariances": covariances})
    assert fit.mixture.weights.sum() == pytest.approx(1.0, rel=1e-14)


@pytest.mark.parametrize("structure", FAMILIES)
def test_a_start_of_another_family_is_evaluated_within_the_structure(structure):
    """A run of one pass used to return the start's own covariances, with another mixture's likelihood."""
    x = datasets.faithful().data
    full = fit_mixture(x, 2, max_iter=50).mixture
    fit = fit_mixture(x, 2, structure=structure, start=full, max_iter=1)
    assert fit.loglik == pytest.approx(fit.mixture.logpdf(x).sum(), rel=1e-12)
    if structure == "EEE":
        shared = np.tensordot(full.weights, full.covariances, 1)
        np.testing.assert_allclose(fit.mixture.covariances, [shared, shared], rtol=1e-12)


ERUPTIONS = datasets.faithful().data


@pytest.mark.parametrize("kind", ["labels", "a list", "a column", "floats", "responsibilities"])
def test_an_array_says_by_its_shape_what_kind_of_start_it_is(kind):
    """Bare labels used to be read as means, of another shape."""
    labels = (ERUPTIONS[:, 0] > 3).astype(int)
    start = {
        "labels": labels,
        "a list": labels.tolist(),
        "a column": labels[:, None],
        "floats": labels.astype(float),
        "responsibilities": np.eye(2)[labels],
    }[kind]
    problem = problem_of(ERUPTIONS)
    expected = given({"labels": labels}, 2, problem)
    found = given(start, 2, problem)
    np.testing.assert_array_equal(found.means, expected.means)
    np.testing.assert_array_equal(found.covariances, expected.covariances)
    assert fit_mixture(ERUPTIONS, 2, start=start).loglik == pytest.approx(-1130.264, abs=1e-3)


def test_where_means_have_the_shape_of_labels_or_responsibilities_they_are_means():
    x = np.array([0.0, 1.0, 5.0])
    np.testing.assert_array_equal(given(np.array([0.0, 1.0, 4.0]), 3, problem_of(x)).means[:, 0], [0, 1, 4])
    square = np.array([[0.0, 1.0], [1.0, 0.0]])
    np.testing.assert_array_equal(given(square, 2, problem_of(square)).means, square)


@pytest.mark.parametrize(
    ("start", "phrase"),
    [
        (np.arange(1, 273) % 2 + 1, "labels must be integers 0 to 1; these run from 1"),
        (np.zeros(271), "labels or responsibilities need a row for each row of the data"),
        (["a", "b"] * 136, "labels must be an array of numbers"),
        (np.ma.masked_equal(np.arange(272) % 2, 1), "labels must be integers 0 to 1"),
    ],
)
def test_a_start_of_labels_that_cannot_be_is_told(start, phrase):
    with pytest.raises(ValueError, match=phrase):
        fit_mixture(ERUPTIONS, 2, start=start)

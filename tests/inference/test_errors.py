"""Standard errors: those of exact references and of numerical Hessians, the same wherever rows live."""

import json
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from mixtura import datasets, fit_mixture
from mixtura.inference.products import score_products
from mixtura.model.parameters import Parameters
from mixtura.sources import ArraySource, CompressedSource, PieceSource
from mixtura.structures import STRUCTURES

REFERENCE = json.loads((Path(__file__).parent.parent / "reference" / "tight.json").read_text())
FITS = REFERENCE["estimates"]["fits"]
LINE = ("E", "V")


def rows_of(name, n=300, seed=1):
    """Return rows (n, d) of two components that overlap a little, one-dimensional for E and V."""
    rng = np.random.default_rng(seed)
    d = 1 if name in LINE else 3
    second = rng.random(n) < 0.4
    mixing = np.array([[1.0, 0.3, 0.0], [0.0, 1.0, -0.2], [0.1, 0.0, 1.4]])[:d, :d]
    return np.where(second[:, None], 3.0, 0.0) + rng.normal(size=(n, d)) @ mixing


def loglik_rows(mixture: Parameters, x):
    """Return the log-densities (n,) by SciPy."""
    parts = [
        w * multivariate_normal(m, c).pdf(x)
        for w, m, c in zip(mixture.weights, mixture.means, mixture.covariances, strict=True)
    ]
    return np.log(np.sum(parts, axis=0))


def in_the_order_of_the_reference(values, structure, k):
    """Return the first k - 1 weights, the means, and lower triangles of covariances, one if shared."""
    lower = np.tril_indices(values.means.shape[1])
    covariances = values.covariances[:, lower[0], lower[1]]
    covariances = covariances[:1] if structure in ("E", "EEE") else covariances
    return np.concatenate([values.weights[: k - 1], values.means.ravel(), covariances.ravel()])


KINDS = ("observed", "sandwich", "sandwich_first")


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        pytest.param(row, kind, id=f"{row['structure']}, {kind}")
        for row in FITS
        for kind in KINDS
        if kind in row
    ],
)
def test_errors_are_those_of_exact_derivatives(row, kind):
    x = datasets.faithful().data[:, 1:] if "columns" in row else datasets.faithful().data
    k, structure = row["n_components"], row["structure"]
    inference = fit_mixture(x, k, structure=structure).inference(kind.partition("_")[0])
    found = in_the_order_of_the_reference(inference.standard_errors, structure, k)
    wanted = np.array(row[kind])
    np.testing.assert_allclose(found[: len(wanted)], wanted, rtol=5e-5, atol=0.0)  # of six digits given
    assert inference.notes == ()


def numerical_hessian(function, size, step):
    """Return the Hessian (q, q) of a function at the origin by fourth-order central differences."""

    def second(h):
        hessian = np.empty((size, size))
        for i in range(size):
            for j in range(i + 1):
                a, b = h * np.eye(size)[i], h * np.eye(size)[j]
                corners = function(a + b) - function(a - b) - function(b - a) + function(-a - b)
                hessian[i, j] = hessian[j, i] = corners / (4.0 * h * h)
        return hessian

    return (4.0 * second(step) - second(2.0 * step)) / 3.0


equal_or_not = pytest.mark.parametrize("equal", [False, True], ids=["", "equal weights"])


@equal_or_not
@pytest.mark.parametrize("name", STRUCTURES)
def test_observed_errors_are_those_of_a_numerical_hessian(name, equal):
    x = rows_of(name)
    fit = fit_mixture(x, 2, structure=name, equal_weights=equal, tol=1e-10)
    inference = fit.inference()
    chart = fit.problem.parametrisation(fit.mixture.parameters)

    def loglik(y):
        return float(loglik_rows(chart.mixtures(y[None]).at(0), x).sum())

    inverse = np.linalg.inv(-numerical_hessian(loglik, chart.size, 4e-3))

    def quantities(y):
        mixture = chart.mixtures(y[None]).at(0)
        lower = np.tril_indices(x.shape[1])
        return np.concatenate(
            [mixture.weights, mixture.means.ravel(), mixture.covariances[:, lower[0], lower[1]].ravel()]
        )

    h = 1e-5
    slopes = np.array([(quantities(h * e) - quantities(-h * e)) / (2 * h) for e in np.eye(chart.size)])
    wanted = slopes.T @ inverse @ slopes
    scale = np.sqrt(np.outer(np.diag(wanted), np.diag(wanted)).max())
    errors = inference.errors[: inference.layout.n_parameters]
    np.testing.assert_allclose(errors, np.sqrt(np.diag(wanted)), rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(inference.covariance_matrix, wanted, rtol=1e-5, atol=1e-6 * scale)


@equal_or_not
@pytest.mark.parametrize("name", STRUCTURES)
@pytest.mark.parametrize("sampling", [False, True])
def test_products_of_scores_are_those_of_single_rows(name, sampling, equal):
    x = rows_of(name, n=60)
    w = np.random.default_rng(3).integers(1, 4, size=len(x)).astype(float)
    fit = fit_mixture(x, 2, structure=name, equal_weights=equal, sample_weight=w, tol=1e-9)
    problem = fit.problem
    chart = problem.parametrisation(fit.mixture.parameters)
    h = 1e-4
    steps = [
        (
            loglik_rows(chart.mixtures(h * e[None]).at(0), x)
            - loglik_rows(chart.mixtures(-h * e[None]).at(0), x)
        )
        / (2 * h)
        for e in np.eye(chart.size)
    ]
    scores = np.array(steps).T  # (n, q)
    powers = w**2 if sampling else w
    unit = w.sum() ** 2
    mean = powers @ scores / powers.sum()
    wanted = ((scores - mean) * powers[:, None]).T @ (scores - mean) / unit
    found = score_products(problem, chart, sampling=sampling)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


def test_one_normal_has_the_errors_of_the_textbook():
    x = np.random.default_rng(0).normal(3.0, 2.0, size=500)
    inference = fit_mixture(x, 1).inference()
    n, v = len(x), x.var()
    assert inference.standard_errors.weights == pytest.approx([0.0], abs=1e-12)
    assert inference.standard_errors.means[0, 0] == pytest.approx(np.sqrt(v / n), rel=1e-7)
    assert inference.standard_errors.covariances[0, 0, 0] == pytest.approx(v * np.sqrt(2 / n), rel=1e-7)
    assert inference.standard_errors.standard_deviations[0, 0] == pytest.approx(np.sqrt(v / 2 / n), rel=1e-7)
    assert inference.interval().weights.tolist() == [[1.0, 1.0]]


def test_a_correlation_has_the_error_of_the_textbook():
    x = np.random.default_rng(0).multivariate_normal([0, 0], [[2.0, 1.2], [1.2, 1.0]], size=400)
    inference = fit_mixture(x, 1).inference()
    r = np.corrcoef(x.T)[0, 1]
    errors = inference.standard_errors.correlations
    assert errors[0, 0, 1] == errors[0, 1, 0] == pytest.approx((1 - r**2) / np.sqrt(len(x)), rel=1e-6)
    assert errors[0, 0, 0] == 0.0
    low, high = inference.interval(0.9).correlations[0, 0, 1]
    reach = 1.6448536269514722 / np.sqrt(len(x))
    assert (low, high) == pytest.approx(tuple(np.tanh(np.arctanh(r) + reach * np.array([-1, 1]))), rel=1e-6)


def same_inference(one, other, rtol):
    """Check that two inferences say the same."""
    np.testing.assert_allclose(one.errors, other.errors, rtol=rtol, atol=0.0)
    assert one.notes == other.notes


@pytest.mark.parametrize("kind", ["observed", "sandwich"])
def test_a_frequency_is_that_many_rows(kind):
    x = rows_of("VVV", n=200)
    w = np.random.default_rng(0).integers(0, 3, size=len(x))
    weighted = fit_mixture(x, 2, sample_weight=w, tol=1e-9).inference(kind)
    repeated = fit_mixture(np.repeat(x, w, axis=0), 2, tol=1e-9).inference(kind)
    same_inference(weighted, repeated, 1e-5)


def test_shares_of_rows_are_rows():
    x = rows_of("VVV")
    shares = fit_mixture(x, 2, sample_weight=np.full(len(x), 1 / len(x)), tol=1e-9)
    same_inference(shares.inference("sandwich"), fit_mixture(x, 2, tol=1e-9).inference("sandwich"), 1e-5)


def test_sampling_weights_have_no_scale_and_more_error():
    x = rows_of("VVV")
    w = np.random.default_rng(0).uniform(0.5, 4.0, size=len(x))
    fit = fit_mixture(x, 2, sample_weight=w, tol=1e-9)
    one = fit.inference("sandwich", weights="sampling")
    ten = fit_mixture(x, 2, sample_weight=10 * w, tol=1e-9).inference("sandwich", weights="sampling")
    same_inference(one, ten, 1e-5)
    even = fit_mixture(x, 2, tol=1e-9)
    same_inference(even.inference("sandwich", weights="sampling"), even.inference("sandwich"), 1e-9)
    assert (one.standard_errors.means > fit.inference("sandwich").standard_errors.means).all()
    with pytest.raises(ValueError, match='use kind="sandwich"'):
        fit.inference("observed", weights="sampling")


class Pieces(PieceSource):
    """Rows in pieces of 70."""

    def __init__(self, x):
        super().__init__()
        self.x = x

    def pieces(self):
        """Yield them."""
        for start in range(0, len(self.x), 70):
            yield self.x[start : start + 70], None


@pytest.mark.parametrize("kind", ["observed", "sandwich"])
def test_every_source_gives_the_same_errors(kind):
    x = rows_of("V", n=2_000)
    start = {"means": [[0.0], [3.0]]}
    wanted = fit_mixture(x, 2, start=start, compress=False).inference(kind)
    for source in (Pieces(x), CompressedSource(ArraySource(x)), ArraySource(np.asfortranarray(x))):
        same_inference(fit_mixture(source, 2, start=start).inference(kind), wanted, 1e-5)


@pytest.mark.parametrize("kind", ["observed", "sandwich"])
@pytest.mark.parametrize(("scale", "shift"), [(1e-7, 0.0), (1.0, 1e6), (1e7, -1e9)])
def test_units_do_not_matter(kind, scale, shift):
    x = rows_of("VVV")
    wanted = fit_mixture(x, 2).inference(kind).standard_errors
    found = fit_mixture(scale * x + shift, 2).inference(kind).standard_errors
    np.testing.assert_allclose(found.weights, wanted.weights, rtol=1e-4, atol=0.0)
    np.testing.assert_allclose(found.means, scale * wanted.means, rtol=1e-4, atol=0.0)
    np.testing.assert_allclose(found.covariances, scale**2 * wanted.covariances, rtol=1e-4, atol=0.0)


def test_all_stands_in_the_order_of_the_mixture():
    x = rows_of("VVV")
    one = fit_mixture(x, 2, start={"means": [[0.0] * 3, [3.0] * 3]}, tol=1e-9)
    other = fit_mixture(x, 2, start={"means": [[3.0] * 3, [0.0] * 3]}, tol=1e-9)
    assert one._order.tolist() != other._order.tolist()
    for kind in ("observed", "sandwich"):
        same_inference(one.inference(kind), other.inference(kind), 1e-5)


def test_names_say_what_stands_where():
    fit = fit_mixture(datasets.faithful().data, 2)
    inference = fit.inference(features=["eruptions", "waiting"])
    assert inference.names[:4] == ("weight[0]", "weight[1]", "mean[0, eruptions]", "mean[0, waiting]")
    assert inference.names[-3:] == (
        "variance[1, eruptions]",
        "covariance[1, waiting, eruptions]",
        "variance[1, waiting]",
    )
    assert len(inference.covariance_matrix) == len(inference.names) == 12
    np.testing.assert_allclose(
        np.sqrt(np.diag(inference.covariance_matrix)), inference.errors[:12], rtol=1e-12, atol=0.0
    )
    with pytest.raises(ValueError, match="1 names for 2 features"):
        fit.inference(features=["waiting"])


def test_a_stored_fit_needs_its_data_again():
    x = rows_of("VVV")
    fit = fit_mixture(x, 2)
    stored = pickle.dumps(fit)
    assert len(stored) < 3 * len(pickle.dumps(fit.state))  # and not the rows
    loaded = pickle.loads(stored)
    with pytest.raises(ValueError, match="give them again, as x="):
        loaded.inference()
    same_inference(loaded.inference(x=x), fit.inference(), 1e-12)
    with pytest.raises(ValueError, match="give the same data"):
        loaded.inference(x=x[1:])


def test_asking_leaves_the_account_of_the_fit_alone():
    fit = fit_mixture(rows_of("VVV"), 2)
    before = fit.work.reads, fit.work.evaluations
    fit.inference("sandwich")
    assert (fit.work.reads, fit.work.evaluations) == before


@pytest.mark.parametrize(("option", "value"), [("kind", "exact"), ("weights", "rows")])
def test_an_unknown_option_is_named(option, value):
    with pytest.raises(ValueError, match=f"{option} is '{value}'; use one of"):
        fit_mixture(rows_of("V"), 2).inference(**{option: value})


@pytest.mark.parametrize("kind", ["observed", "sandwich"])
def test_no_array_of_rows_by_parameters_is_made(kind):
    rng = np.random.default_rng(0)
    n, d, k = 40_000, 5, 4
    x = 6.0 * rng.normal(size=(k, d))[rng.integers(k, size=n)] + rng.normal(size=(n, d))
    fit = fit_mixture(x, k, n_init=1)
    tracemalloc.start()
    try:
        fit.inference(kind)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 0.5 * n * fit.n_parameters * 8


def test_observed_errors_cost_two_reads_of_as_many_neighbours_as_parameters(monkeypatch):
    """Central differences take two neighbours a parameter; to stand at the maximum itself takes few more."""
    rng = np.random.default_rng(0)
    n, d, k = 20_000, 4, 4
    x = 6.0 * rng.normal(size=(k, d))[rng.integers(k, size=n)] + rng.normal(size=(n, d))
    fit = fit_mixture(x, k, n_init=1)
    evaluations = 0
    moments = ArraySource.moments

    def counted(self, parameters, form):
        nonlocal evaluations
        evaluations += len(parameters.weights)
        return moments(self, parameters, form)

    monkeypatch.setattr(ArraySource, "moments", counted)
    fit.inference()
    assert evaluations <= 2.5 * fit.n_parameters

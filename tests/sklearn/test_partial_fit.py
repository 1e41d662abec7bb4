"""Streams: stepwise EM sees every row once and ends near the maximum of all of them."""

import pickle

import numpy as np
import pytest

from mixtura import GaussianMixture, fit_mixture
from mixtura.em import Status


def stream(batches=100, size=500, d=2, seed=0):
    """Return rows (batches, size, d) of three components, two of which overlap."""
    rng = np.random.default_rng(seed)
    means = np.array([[-4.0, 0.0], [0.0, 0.0], [3.0, 2.0]])[:, :d]
    return means[rng.choice(3, size=(batches, size), p=[0.3, 0.3, 0.4])] + rng.normal(size=(batches, size, d))


def streamed(batches, **options):
    model = GaussianMixture(3, random_state=0, **options)
    for batch in batches:
        model.partial_fit(batch)
    return model


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical", "VEE"])
def test_a_stream_ends_within_standard_errors_of_the_maximum(covariance_type):
    batches = stream()
    model = streamed(batches, covariance_type=covariance_type)
    exact = fit_mixture(batches.reshape(-1, 2), 3, structure=covariance_type)
    errors = exact.inference().standard_errors
    found, wanted = model.mixture_, exact.mixture
    assert (np.abs(found.means - wanted.means) < 2.0 * errors.means).all()
    assert (np.abs(found.weights - wanted.weights) < 2.0 * errors.weights).all()
    loglik = found.logpdf(batches.reshape(-1, 2)).sum()
    # that many nats below it is where the generating mixture itself is, about
    assert exact.loglik - loglik < exact.n_parameters / 2
    assert model.fit_.n_rows == batches[..., 0].size
    assert model.fit_.status is Status.STREAMED
    assert not model.converged_


def test_the_first_steps_are_those_of_the_paper():
    """One component: moments by hand, after a first batch that is fitted whole."""
    batches = stream(3, d=1)
    model = GaussianMixture(1).partial_fit(batches[0])
    first, second = batches[0].mean(), batches[1].mean()
    squares = [(batch**2).mean() for batch in batches]
    np.testing.assert_allclose(model.means_[0, 0], first, rtol=1e-12)
    share = (1 + 2) ** -0.6
    running = (1 - share) * first + share * second
    # the average: what the first batch left counts once, what the second left twice
    average = (first + 2 * running) / 3
    square = (squares[0] + 2 * ((1 - share) * squares[0] + share * squares[1])) / 3
    model.partial_fit(batches[1])
    np.testing.assert_allclose(model.means_[0, 0], average, rtol=1e-10)
    np.testing.assert_allclose(model.covariances_[0, 0, 0], square - average**2, rtol=1e-10)


def test_what_was_wrong_at_first_is_forgotten():
    """The first batch is of other units."""
    batches = stream(300)
    batches[0] = 1.3 * batches[0] + 0.5
    model = streamed(batches)
    exact = fit_mixture(batches[1:].reshape(-1, 2), 3)
    loglik = model.mixture_.logpdf(batches[1:].reshape(-1, 2)).sum()
    assert (exact.loglik - loglik) / batches[1:, :, 0].size < 0.01


def test_a_stream_of_weighted_rows_is_that_of_rows_repeated():
    batches = stream(5)
    weights = np.random.default_rng(1).integers(0, 3, size=(5, 500))
    one, other = GaussianMixture(3, random_state=0), GaussianMixture(3, random_state=0)
    one.fit(batches[0]), other.fit(batches[0])
    for batch, w in zip(batches[1:], weights[1:], strict=True):
        one.partial_fit(batch, sample_weight=w.astype(float))
        other.partial_fit(np.repeat(batch, w, axis=0))
    np.testing.assert_allclose(one.means_, other.means_, rtol=1e-10)
    assert one.fit_.total_weight == other.fit_.total_weight


def test_a_stream_goes_on_after_a_pickle_and_ends_with_a_fit():
    batches = stream(10)
    model = streamed(batches[:5])
    other = pickle.loads(pickle.dumps(model))
    for batch in batches[5:]:
        model.partial_fit(batch)
        other.partial_fit(batch)
    np.testing.assert_array_equal(model.means_, other.means_)
    assert model.fit_.n_iter == 10
    model.fit(batches[0])
    np.testing.assert_array_equal(model.means_, GaussianMixture(3, random_state=0).fit(batches[0]).means_)
    assert model.partial_fit(batches[1]).fit_.n_iter == 1


def test_exact_passes_go_on_from_a_stream():
    batches = stream(40)
    model = streamed(batches, warm_start=True).fit(batches.reshape(-1, 2))
    exact = fit_mixture(batches.reshape(-1, 2), 3)
    assert model.converged_
    assert model.fit_.loglik == pytest.approx(exact.loglik, abs=1e-3)


def test_a_batch_may_be_small_or_of_no_weight_and_is_the_same_for_any_threads():
    batches = stream(10)
    one, other = streamed(batches, n_threads=1), streamed(batches, n_threads=3)
    np.testing.assert_array_equal(one.means_, other.means_)
    before = one.means_.copy()
    one.partial_fit(batches[0], sample_weight=np.zeros(500))
    np.testing.assert_array_equal(one.means_, before)
    one.partial_fit(batches[0][:1])
    assert np.isfinite(one.covariances_).all()
    assert one.fit_.n_rows == 5001


def test_what_no_stream_can_hold_is_refused_in_words():
    batches = stream(2)
    model = GaussianMixture(3, random_state=0).partial_fit(batches[0])
    with pytest.raises(ValueError, match="features"):
        model.partial_fit(batches[1][:, :1])
    spoilt = batches[1].copy()
    spoilt[7, 1] = np.inf
    with pytest.raises(ValueError, match=r"infinity in 1 of 500 rows \(row 7; column 1"):
        model.partial_fit(spoilt)
    with pytest.raises(ValueError, match="there are 2 rows for 3 components"):
        GaussianMixture(3).partial_fit(batches[0][:2])

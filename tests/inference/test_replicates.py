"""Replicates: the maxima of other samples, whichever way these are weighed or drawn."""

import numpy as np
import pytest

from mixtura import datasets, fit_mixture
from mixtura.inference.weighing import LeftOut, resampled, reweighted
from mixtura.sources import ArraySource, CompressedSource, PieceSource
from mixtura.structures import STRUCTURES

RATIO = 5.0 / np.sqrt(2 * 998)  # five Monte Carlo errors of a standard deviation over 999 replicates


def rows_of(name, n=400, seed=1):
    """Return rows of two components that stand well apart, one-dimensional for E and V.

    They are longer than wide, so that their axes are known.
    """
    rng = np.random.default_rng(seed)
    lengths = np.ones(1) if name in ("E", "V") else np.array([1.0, 0.5])
    away = np.where(rng.random(n) < 0.4, 5.0, 0.0)[:, None]
    return away + lengths * rng.normal(size=(n, len(lengths)))


class Pieces(PieceSource):
    """Rows in pieces of 70."""

    def __init__(self, x):
        super().__init__()
        self.x = x

    def pieces(self):
        """Yield them."""
        for start in range(0, len(self.x), 70):
            yield self.x[start : start + 70], None


@pytest.mark.parametrize("name", STRUCTURES)
@pytest.mark.parametrize("resampling", ["rows", "weighted"])
def test_a_replicate_is_the_fit_of_its_weights(name, resampling):
    x = rows_of(name)
    fit = fit_mixture(x, 2, structure=name)
    found = fit.inference("bootstrap", n=5, resampling=resampling, seed=3).replicates
    rng, draw = np.random.default_rng(3), resampled if resampling == "rows" else reweighted
    for i in range(5):
        w = draw(None, len(x), rng, sampling=False)
        wanted = fit_mixture(x, 2, structure=name, sample_weight=w, start=fit.mixture, tol=1e-9)
        loglik = found.at(i)
        problem = wanted.problem
        reached = float(problem.evaluate(loglik.at(None)).loglik[0])
        assert wanted.loglik - 5e-4 < reached < wanted.loglik + 1e-6


@pytest.mark.parametrize("reg_covar", [1e-3, 0.1])
def test_replicates_under_a_ridge_are_fits_under_it(reg_covar):
    x = rows_of("VVV")
    fit = fit_mixture(x, 2, reg_covar=reg_covar)
    inference = fit.inference("bootstrap", n=5, seed=3)
    assert inference.notes == ()
    rng = np.random.default_rng(3)
    for i in range(5):
        w = resampled(None, len(x), rng, sampling=False)
        wanted = fit_mixture(x, 2, reg_covar=reg_covar, sample_weight=w, start=fit.mixture, tol=1e-9)
        np.testing.assert_allclose(inference.replicates.means[i], wanted.mixture.means, rtol=0.0, atol=2e-3)


def test_a_component_at_the_floor_is_left_there_and_a_dead_one_refused():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=200), np.full(30, 4.0)])
    fit = fit_mixture(x, 2, start={"means": [[0.0], [4.0]], "covariances": [1.0, 1e-3]})
    errors = fit.inference("bootstrap", n=400).errors
    assert np.isnan(errors[[1, 3, 5]]).all()
    np.testing.assert_allclose(errors[[0, 2]], fit.inference("sandwich").errors[[0, 2]], rtol=0.2, atol=0.0)
    start = {"weights": [1.0, 0.0], "means": [[0.0], [9.0]], "covariances": [1.0, 1.0]}
    dead = fit_mixture(x, 2, start=start)
    assert np.isfinite(dead.inference().standard_errors.means[0, 0])
    assert np.isnan(dead.inference().standard_errors.means[1, 0])
    with pytest.raises(ValueError, match="no weight left; fit fewer components"):
        dead.inference("jackknife")


def test_weights_of_a_bootstrap_are_rows_drawn_again():
    x = rows_of("VVV")
    w = resampled(None, len(x), np.random.default_rng(0), sampling=False)
    assert w.sum() == len(x)
    assert (w == np.round(w)).all()
    start = fit_mixture(x, 2).mixture
    weighted = fit_mixture(x, 2, sample_weight=w, start=start, tol=1e-9)
    drawn = fit_mixture(np.repeat(x, w.astype(int), axis=0), 2, start=start, tol=1e-9)
    assert weighted.loglik == pytest.approx(drawn.loglik, rel=1e-12)
    assert weighted.mixture.isclose(drawn.mixture, 1e-5)


@pytest.mark.parametrize("draw", [resampled, reweighted])
@pytest.mark.parametrize("sampling", [False, True])
def test_weights_keep_their_sum_and_their_mean(draw, sampling):
    own = np.array([1.0, 2.0, 3.0, 10.0])
    rng = np.random.default_rng(0)
    drawn = np.array([draw(own, 4, rng, sampling=sampling) for _ in range(4_000)])
    np.testing.assert_allclose(drawn.sum(axis=1), 16.0, rtol=1e-12, atol=0.0)
    if not sampling:  # where rows stand for others, a ratio of sums has a small bias
        np.testing.assert_allclose(drawn.mean(axis=0), own, rtol=0.05, atol=0.05)


def test_units_of_a_frequency_are_drawn_as_rows_are():
    own = np.array([5.0, 3.0, 2.0])
    rng = np.random.default_rng(0)
    units = np.array([resampled(own, 3, rng, sampling=False) for _ in range(4_000)])
    np.testing.assert_allclose(units.var(axis=0), 10 * 0.1 * own * (1 - 0.1 * own), rtol=0.1, atol=0.0)
    gamma = np.array([reweighted(own, 3, rng, sampling=False) for _ in range(4_000)])
    np.testing.assert_allclose(gamma.var(axis=0), own * (10 - own) / 11, rtol=0.1, atol=0.0)


SETS = {
    "line": np.concatenate(
        [np.random.default_rng(1).normal(size=1_500), np.random.default_rng(2).normal(6, 2, 1_000)]
    ),
    "plane": rows_of("VVV", n=2_000),
    "skewed": np.concatenate(
        [np.random.default_rng(3).gamma(3.0, 1.5, 1_500), np.random.default_rng(4).normal(40, 2, 900)]
    ),
}


@pytest.mark.parametrize("resampling", ["rows", "weighted"])
@pytest.mark.parametrize("x", SETS.values(), ids=SETS)
def test_a_bootstrap_agrees_with_the_sandwich(x, resampling):
    fit = fit_mixture(x, 2)
    wanted = fit.inference("sandwich").errors
    found = fit.inference("bootstrap", resampling=resampling).errors
    np.testing.assert_allclose(found / wanted, 1.0, rtol=0.0, atol=RATIO)


def test_where_the_model_is_wrong_a_parametric_bootstrap_agrees_with_the_curvature_and_not_the_sandwich():
    fit = fit_mixture(SETS["skewed"], 2)
    found = fit.inference("bootstrap", resampling="parametric").errors
    np.testing.assert_allclose(found / fit.inference("observed").errors, 1.0, rtol=0.0, atol=RATIO)
    assert np.abs(found / fit.inference("sandwich").errors - 1.0).max() > 2 * RATIO


def test_a_jackknife_is_the_one_made_by_hand():
    x = rows_of("V", n=60)
    fit = fit_mixture(x, 2, structure="V", tol=1e-10)
    inference = fit.inference("jackknife")
    by_hand = []
    for i in range(len(x)):
        other = fit_mixture(np.delete(x, i, axis=0), 2, structure="V", start=fit.mixture, tol=1e-11).mixture
        by_hand.append(np.concatenate([other.weights, other.means[:, 0], other.covariances[:, 0, 0]]))
    away = np.array(by_hand) - np.mean(by_hand, axis=0)
    n = len(x)
    wanted = np.sqrt((n - 1) / n * (away**2).sum(axis=0))
    np.testing.assert_allclose(inference.errors[:6], wanted, rtol=2e-4, atol=0.0)


def test_a_unit_of_a_frequency_is_left_out_like_a_row():
    x = rows_of("V", n=50)
    w = np.random.default_rng(0).integers(1, 4, size=len(x)).astype(float)
    start = fit_mixture(np.repeat(x, w.astype(int), axis=0), 2, tol=1e-10)
    weighted = fit_mixture(x, 2, sample_weight=w, tol=1e-10).inference("jackknife")
    np.testing.assert_allclose(weighted.errors, start.inference("jackknife").errors, rtol=1e-3, atol=0.0)


def test_units_are_left_out_in_groups_where_rows_are_many():
    w = np.random.default_rng(0).integers(1, 4, size=2_500).astype(float)
    out = LeftOut.of(w, len(w), sampling=False)
    gone = np.array([w - weights for weights in out])
    np.testing.assert_array_equal(gone.sum(axis=0), w)  # every unit once
    assert set(gone.sum(axis=1)) == {np.floor(w.sum() / 1_000), np.ceil(w.sum() / 1_000)}
    shares = LeftOut.of(np.full(2_500, 1 / 2_500), 2_500, sampling=False)
    assert sum(1.0 - weights.sum() for weights in shares) == pytest.approx(1.0, rel=1e-9)
    fit = fit_mixture(rows_of("V", n=2_500), 2, sample_weight=w)
    np.testing.assert_allclose(
        fit.inference("jackknife").errors / fit.inference("sandwich").errors, 1.0, rtol=0.0, atol=0.15
    )


def test_groups_are_left_out_where_rows_are_many():
    x = rows_of("V", n=3_000)
    out = LeftOut.of(None, len(x), sampling=False)
    left = np.array([weights == 0.0 for weights in out])
    assert left.shape == (1_000, 3_000)
    assert (left.sum(axis=0) == 1).all()
    fit = fit_mixture(x, 2)
    np.testing.assert_allclose(
        fit.inference("jackknife").errors / fit.inference("sandwich").errors, 1.0, rtol=0.0, atol=0.15
    )


def test_every_source_gives_the_same_replicates():
    x = rows_of("V", n=1_500)
    start = {"means": [[0.0], [5.0]]}
    options = {"n": 20, "seed": 1}
    wanted = fit_mixture(x, 2, start=start, compress=False, tol=1e-9).inference("bootstrap", **options)
    for source in (Pieces(x), CompressedSource(ArraySource(x))):
        found = fit_mixture(source, 2, start=start, tol=1e-9).inference("bootstrap", **options)
        np.testing.assert_allclose(found.replicates.means, wanted.replicates.means, rtol=0.0, atol=1e-3)
        np.testing.assert_allclose(found.errors, wanted.errors, rtol=1e-2, atol=0.0)


def test_a_seed_gives_the_same_replicates_and_another_gives_others():
    fit = fit_mixture(datasets.faithful().data, 2)
    one, same, other = (fit.inference("bootstrap", n=50, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.replicates.means, same.replicates.means)
    assert (one.replicates.means != other.replicates.means).any()


def test_intervals_are_percentiles_of_the_replicates():
    fit = fit_mixture(datasets.faithful().data, 2)
    inference = fit.inference("bootstrap", n=200)
    ends = np.quantile(inference.replicates.means[:, 1, 0], [0.05, 0.95])
    np.testing.assert_allclose(inference.interval(0.9).means[1, 0], ends, rtol=1e-12, atol=0.0)
    estimate = inference.of(lambda mixture: mixture.means[1, 0])
    assert estimate.error == pytest.approx(inference.standard_errors.means[1, 0], rel=1e-12)
    np.testing.assert_allclose(estimate.interval(0.9), ends, rtol=1e-12, atol=0.0)
    assert len(estimate.replicates) == 200


def test_labels_of_replicates_are_those_of_the_fit():
    """Two means cross in the first feature from sample to sample; which component is which does not."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal([0.0, -5.0], 1.0, (150, 2)), rng.normal([0.0, 5.0], 1.0, (100, 2))])
    inference = fit_mixture(x, 2).inference("bootstrap", n=200)
    means = inference.replicates.means
    assert (means[:, 0, 0] > means[:, 1, 0]).any()
    low = int(np.argmin(inference.mixture.means[:, 1]))
    assert (means[:, low, 1] < 0.0).all()
    assert inference.of(lambda mixture: mixture.means[low, 1]).error < 0.2


def test_a_callback_hears_how_far_it_is():
    heard = []
    fit = fit_mixture(datasets.faithful().data, 2)
    fit.inference("bootstrap", n=300, callback=lambda done, count: heard.append((done, count)))
    assert heard[-1] == (300, 300)
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)


def test_replicates_of_the_alphas_do_not_tell_their_components_either():
    x = datasets.alphas().data.ravel()
    inference = fit_mixture(x, 2).inference("bootstrap", n=20)
    assert np.isnan(inference.errors).all()
    assert np.isnan(inference.ends(0.9)).all()
    assert np.isnan(inference.of(lambda mixture: mixture.means[1, 0] - mixture.means[0, 0]).error)
    assert inference.of(lambda mixture: mixture.mean[0]).error > 0.0


@pytest.mark.parametrize(("option", "value"), [("resampling", "cells"), ("n", 1), ("n", 2.5)])
def test_an_unknown_option_is_named(option, value):
    with pytest.raises(ValueError, match=f"{option} is {value!r}; use"):
        fit_mixture(rows_of("V"), 2).inference("bootstrap", **{option: value})

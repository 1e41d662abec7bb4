"""Where there is nothing to be sure of, no number is given, and words say why."""

import numpy as np
import pytest

from mixtura import Mixture, datasets, fit_mixture

ALPHAS = [datasets.alphas(seed).data.ravel() for seed in range(6)]


@pytest.mark.parametrize("kind", ["observed", "sandwich"])
@pytest.mark.parametrize("x", ALPHAS, ids=range(6))
def test_nothing_is_told_of_the_two_components_of_the_alphas(x, kind):
    inference = fit_mixture(x, 2).inference(kind)
    assert np.isnan(inference.errors).all()
    assert np.isnan(inference.ends(0.95)).all()
    assert np.isnan(inference.covariance_matrix).all()
    said = " ".join(inference.notes)
    assert "components 0 and 1 alone cannot be told" in said
    assert "one in their place loses" in said
    assert str(inference.of(lambda mixture: mixture.means[1, 0] - mixture.means[0, 0])).endswith(
        "cannot be told"
    )


@pytest.mark.parametrize("x", ALPHAS, ids=range(6))
def test_what_both_components_of_the_alphas_make_together_is_told(x):
    inference = fit_mixture(x, 2).inference()
    mean = inference.of(lambda mixture: mixture.mean[0])
    assert mean.error == pytest.approx(x.std() / np.sqrt(len(x)), rel=1e-2)
    share = inference.of(lambda mixture: mixture.sf(0.0))
    assert share.error == pytest.approx(0.0023, rel=0.1)
    assert share.value == pytest.approx((x > 0).mean(), abs=2 * share.error)


def test_two_components_that_stand_apart_are_told():
    inference = fit_mixture(datasets.faithful().data, 2).inference()
    assert inference.notes == inference.untold == ()
    assert np.isfinite(inference.errors).all()


def test_a_component_at_the_floor_has_no_errors_and_the_others_have():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=200), np.full(30, 4.0)])
    fit = fit_mixture(x, 2, start={"means": [[0.0], [4.0]], "covariances": [1.0, 1e-3]})
    assert fit.degenerate == (1,)
    inference = fit.inference()
    assert np.isnan(inference.standard_errors.means[1]).all()
    assert inference.standard_errors.means[0, 0] == pytest.approx(x[:200].std() / np.sqrt(200), rel=1e-2)
    assert "component 1 cannot be told: it lies at the floor" in inference.notes[0]
    assert "weight[1]" in inference.untold
    assert "mean[0]" not in inference.untold


def test_a_component_whose_weight_may_be_nothing_is_not_told():
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.normal(size=2_000), [7.9, 8.4, 9.0]])[:, None]
    start = {"weights": [0.998, 0.002], "means": [[0.0], [8.4]], "covariances": [1.0, 0.3]}
    inference = fit_mixture(x, 2, start=start).inference()
    assert "component 1 cannot be told: it rests on 3 rows, give or take 1.7" in inference.notes[0]
    assert np.isnan(inference.standard_errors.means[1]).all()
    assert np.isfinite(inference.standard_errors.means[0]).all()


def test_the_same_component_on_many_rows_is_told():
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.normal(size=2_000), rng.normal(8.4, 0.5, size=60)])[:, None]
    assert fit_mixture(x, 2).inference().notes == ()


def test_a_fit_that_was_cut_short_says_so():
    x = datasets.faithful().data
    inference = fit_mixture(x, 2, n_init=1, max_iter=2).inference()
    assert inference.notes[0].startswith("the fit ended before its maximum")


def test_what_hangs_on_two_that_cannot_be_told_apart_says_so():
    inference = fit_mixture(datasets.galaxies().data, 6).inference()
    assert any("alone cannot be told" in note for note in inference.notes)
    assert not any("and not by 0.5" in note for note in inference.notes)


def test_where_the_likelihood_is_no_parabola_nothing_is_told():
    """Three components that run into each other: a standard error away the curvature has nothing to say."""
    rng = np.random.default_rng(0)
    m = rng.integers(40, 200)
    means = [0.0, rng.uniform(1.5, 2.5), rng.uniform(3.0, 5.0)]
    x = np.random.default_rng(0).permutation(np.concatenate([rng.normal(mean, size=m) for mean in means]))
    fit = fit_mixture(x, 3, n_init=1, tol=1e-9)
    inference = fit.inference()
    assert any("the log-likelihood is far from a parabola" in note for note in inference.notes)
    curvature = inference.curvature
    assert 0 < curvature.bent.sum() < len(curvature.bent)
    for j in np.flatnonzero(curvature.bent):
        step = curvature.errors[j] * curvature.vectors[:, j]
        near = curvature.chart.mixtures(np.array([step, -step]))
        logliks = [Mixture.in_order(near.at(i)).logpdf(x).sum() for i in range(2)]
        falls = fit.loglik - np.array(logliks)
        assert (falls > 1.25).any() or (falls < 0.2).any()


def test_a_pair_of_three_that_cannot_be_told_apart_leaves_the_third_alone():
    rng = np.random.default_rng(2)
    x = np.concatenate([rng.normal(size=600), rng.normal(20.0, 1.0, size=300)])[:, None]
    inference = fit_mixture(x, 3, structure="E").inference()
    told = np.isfinite(inference.standard_errors.means[:, 0])
    assert told.sum() == 1
    alone = int(np.flatnonzero(told)[0])
    sd = 1.0 / np.sqrt(inference.mixture.weights[alone] * len(x))
    assert inference.standard_errors.means[alone, 0] == pytest.approx(sd, rel=0.1)

"""Constant columns: the fit is that of the others, in all shapes and methods of the whole."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from mixtura import GaussianMixture
from sklearn import mixture as sklearn_mixture

TYPES = ("full", "tied", "diag", "spherical")
ATTRIBUTES = ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_")
VALUES = [7.0, -3.0, 0.0]
PLACES = [0, 2, 5]
OTHERS = [1, 3, 4]


def groups(n=300, k=3, seed=0):
    """Return rows around k centres six apart, and the same with constant columns among theirs."""
    rng = np.random.default_rng(seed)
    x = 6.0 * rng.integers(k, size=(n, 1)) + rng.normal(size=(n, 3)) @ rng.normal(size=(3, 3))
    whole = np.empty((n, 6))
    whole[:, OTHERS], whole[:, PLACES] = x, VALUES
    return x, whole


@pytest.mark.parametrize("covariance_type", TYPES[:3])
@pytest.mark.parametrize("reg_covar", [None, 1e-3])
@pytest.mark.parametrize("init_params", ["auto", "kmeans", "random_from_data"])
def test_the_fit_is_that_of_the_other_columns(covariance_type, reg_covar, init_params):
    x, whole = groups()
    common = {"reg_covar": reg_covar, "init_params": init_params, "random_state": 0}
    alone = GaussianMixture(3, covariance_type=covariance_type, **common).fit(x)
    model = GaussianMixture(3, covariance_type=covariance_type, **common).fit(whole)
    np.testing.assert_array_equal(model.weights_, alone.weights_)
    np.testing.assert_array_equal(model.means_[:, OTHERS], alone.means_)
    np.testing.assert_array_equal(model.means_[:, PLACES], [VALUES] * 3)
    full = model.mixture_.covariances
    np.testing.assert_array_equal(full[:, np.ix_(OTHERS, OTHERS)[0], OTHERS], alone.mixture_.covariances)
    np.testing.assert_array_equal(full[:, PLACES, PLACES], reg_covar or 1e-6)
    assert np.count_nonzero(full[:, PLACES]) == 9
    assert model.n_iter_ == alone.n_iter_
    constant = stats.norm.logpdf(0.0, scale=np.sqrt(reg_covar or 1e-6)) * 3
    np.testing.assert_allclose(model.score_samples(whole), alone.score_samples(x) + constant, rtol=1e-10)
    assert model.lower_bound_ == pytest.approx(alone.lower_bound_ + constant, rel=1e-12)
    assert model.lower_bounds_[-1] == model.lower_bound_
    assert model._n_parameters() == alone._n_parameters()


@pytest.mark.parametrize("covariance_type", TYPES)
def test_all_shapes_and_methods_are_those_of_all_columns(covariance_type):
    _, whole = groups()
    model = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(whole)
    reference = sklearn_mixture.GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(whole)
    for name in ATTRIBUTES:
        assert getattr(model, name).shape == getattr(reference, name).shape
    assert model.score(whole) == pytest.approx(model.lower_bound_, rel=1e-10)
    assert model.bic(whole) == pytest.approx(-model.fit_.bic, rel=1e-10)
    assert model.aic(whole) == pytest.approx(-model.fit_.aic, rel=1e-10)
    np.testing.assert_allclose(model.predict_proba(whole).sum(1), 1.0, rtol=1e-12)
    np.testing.assert_array_equal(model.predict(whole), model.mixture_.predict(whole))
    rows, labels = model.sample(20)
    assert rows.shape == (20, 6)
    assert labels.shape == (20,)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.score_samples(whole), model.score_samples(whole))


def test_a_spherical_fit_is_scikit_learns_with_the_constant_columns_in_it():
    _, whole = groups()
    common = {"covariance_type": "spherical", "init_params": "kmeans", "random_state": 0, "reg_covar": 1e-4}
    reference = sklearn_mixture.GaussianMixture(3, tol=0.0, max_iter=300, **common)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        reference.fit(whole)
    model = GaussianMixture(3, tol=1e-9, **common).fit(whole)
    order = np.argsort(reference.means_[:, OTHERS[0]])
    np.testing.assert_allclose(model.means_, reference.means_[order], rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(model.covariances_, reference.covariances_[order], rtol=1e-5)
    assert model.score(whole) == pytest.approx(reference.score(whole), abs=1e-9)
    # scikit-learn's count has the three means of each constant column, too
    assert model._n_parameters() == reference._n_parameters() - 9


@pytest.mark.parametrize("covariance_type", TYPES)
def test_what_a_caller_gives_of_a_start_is_taken(covariance_type):
    _, whole = groups()
    first = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(whole)
    start = {"weights_init": first.weights_, "means_init": first.means_, "precisions_init": first.precisions_}
    model = GaussianMixture(3, covariance_type=covariance_type, max_iter=0, **start).fit(whole)
    for name in ATTRIBUTES:
        np.testing.assert_allclose(getattr(model, name), getattr(first, name), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("covariance_type", TYPES)
def test_warm_start_continues_bit_for_bit(covariance_type):
    _, whole = groups()
    common = {"covariance_type": covariance_type, "init_params": "random", "random_state": 0, "tol": 1e-6}
    once = GaussianMixture(3, **common).fit(whole)
    halting = GaussianMixture(3, **common, warm_start=True, max_iter=3)
    rounds = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        while rounds == 0 or not halting.converged_:
            rounds += halting.fit(whole).n_iter_
    assert rounds == once.n_iter_ > 3
    for name in ATTRIBUTES:
        np.testing.assert_array_equal(getattr(halting, name), getattr(once, name), err_msg=name)


@pytest.mark.parametrize("covariance_type", TYPES)
def test_warm_start_on_data_with_other_constant_columns(covariance_type):
    _, whole = groups()
    other = whole.copy()
    other[:, 0], other[:, 1] = np.random.default_rng(1).normal(size=300), 4.0
    model = GaussianMixture(3, covariance_type=covariance_type, warm_start=True, random_state=0)
    model.fit(whole).fit(other)
    assert model.converged_
    assert (model.means_[:, 1] == 4.0).all()
    assert model.score(other) == pytest.approx(model.lower_bound_, rel=1e-10)


@pytest.mark.parametrize("covariance_type", TYPES)
def test_equal_rows_are_fitted_by_one_component_as_by_scikit_learn(covariance_type):
    x = np.tile([3.0, -1.0], (5, 1))
    model = GaussianMixture(covariance_type=covariance_type).fit(x)
    reference = sklearn_mixture.GaussianMixture(covariance_type=covariance_type).fit(x)
    for name in ATTRIBUTES:
        expected = getattr(reference, name)
        # scikit-learn takes squares of means off means of squares, and loses digits
        np.testing.assert_allclose(
            getattr(model, name), expected, rtol=1e-7, atol=1e-8 * np.abs(expected).max()
        )
    assert model.score(x) == pytest.approx(reference.score(x), rel=1e-8)
    assert model.lower_bound_ == pytest.approx(model.score(x), rel=1e-12)
    assert model.converged_
    with pytest.raises(ValueError, match="all rows are equal"):
        GaussianMixture(2, covariance_type=covariance_type).fit(x)
    line = GaussianMixture(covariance_type=covariance_type).fit(x[:, :1])
    assert line.means_.tolist() == [[3.0]]


def test_rows_of_weight_zero_do_not_make_a_column_vary():
    x, whole = groups()
    whole[::50, PLACES] += 1.0
    weights = np.where(np.arange(300) % 50 == 0, 0.0, 1.0)
    model = GaussianMixture(3, random_state=0).fit(whole, sample_weight=weights)
    alone = GaussianMixture(3, random_state=0).fit(x, sample_weight=weights)
    np.testing.assert_array_equal(model.means_[:, OTHERS], alone.means_)


def test_a_column_that_varies_after_many_equal_values_is_not_constant():
    _, whole = groups(n=1000)
    whole[:999, 0] = 7.0
    whole[999, 0] = 8.0
    model = GaussianMixture(1).fit(whole)
    assert model.covariances_[0, 0, 0] == pytest.approx(0.001 * 0.999, rel=1e-9)
    assert model.fit_.n_constant == 2


def test_a_note_says_it_with_the_columns_names():
    _, whole = groups()
    assert GaussianMixture(2, random_state=0).fit(whole).fit_.notes[-1] == (
        "columns 0, 2, 5 are constant: such columns tell components apart by nothing, and get the variance "
        "1e-06 (reg_covar) and no parameters in AIC and BIC"
    )
    frame = pd.DataFrame(whole[:, :2], columns=["site", "height"])
    said = GaussianMixture(2, random_state=0, covariance_type="spherical").fit(frame).fit_.notes[-1]
    assert said == (
        "column site is constant: such columns tell components apart by nothing, and count in each "
        "component's one variance"
    )


def test_a_constant_column_that_no_density_can_have_is_refused():
    _, whole = groups()
    with pytest.raises(ValueError, match=r"column 0 is constant \(7\) and reg_covar is 0"):
        GaussianMixture(2, reg_covar=0.0).fit(whole)
    GaussianMixture(2, reg_covar=0.0, covariance_type="spherical").fit(whole)
    for bad in (np.nan, np.inf):
        broken = whole.copy()
        broken[:, 3] = bad
        with pytest.raises(ValueError, match="column 3;"):
            GaussianMixture(2).fit(broken)
    broken[:, 3] = 1e200 * np.arange(300)
    with pytest.raises(ValueError, match="column 3 has numbers so large"):
        GaussianMixture(2).fit(broken)


def test_digits_are_fitted():
    """Three of its columns are constant: it was refused."""
    x = load_digits().data
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = GaussianMixture(10, covariance_type="diag", random_state=0).fit(x)
    assert model.fit_.n_constant == 3
    assert model.score(x) == pytest.approx(model.lower_bound_, rel=1e-10)

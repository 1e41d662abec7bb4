"""GaussianMixture's numbers against scikit-learn's, from the same parameters and the same starts."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from mixtura import Fit, GaussianMixture, Mixture
from sklearn import mixture as sklearn_mixture

TYPES = ("full", "tied", "diag", "spherical")
ATTRIBUTES = ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_")


def groups(n=300, d=2, k=3, seed=0):
    """Return rows around k centres five apart, standing in a line, with unequal spreads."""
    rng = np.random.default_rng(seed)
    labels = np.sort(rng.choice(k, n))
    spread = 0.4 + 0.2 * np.arange(k)[labels, None]
    return 5.0 * labels[:, None] + spread * rng.standard_normal((n, d)) @ (np.eye(d) + 0.3)


def precisions_of(covariance_type, k, d):
    """Return unit precisions in the shape that the type asks for."""
    shapes = {"full": np.tile(np.eye(d), (k, 1, 1)), "tied": np.eye(d), "diag": np.ones((k, d))}
    return shapes.get(covariance_type, np.ones(k))


def start_for(covariance_type, k=3, d=2):
    return {
        "weights_init": np.full(k, 1 / k),
        "means_init": 5.0 * np.arange(k)[::-1, None] + np.zeros(d),
        "precisions_init": precisions_of(covariance_type, k, d),
    }


def theirs(x, **parameters):
    """Fit scikit-learn's class for a fixed number of iterations, beyond which nothing changes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return sklearn_mixture.GaussianMixture(tol=0.0, max_iter=400, **parameters).fit(x)


def with_attributes_of(model, covariance_type):
    """Return an unfitted estimator that was given a fitted one's public attributes by hand."""
    ours = GaussianMixture(model.n_components, covariance_type=covariance_type, random_state=5)
    for name in (*ATTRIBUTES[:3], "precisions_cholesky_"):
        setattr(ours, name, getattr(model, name))
    return ours


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("d", [1, 2])
def test_same_start_reaches_scikit_learns_maximum(covariance_type, d):
    x, start = groups(d=d), start_for(covariance_type, d=d)
    reference = theirs(x, n_components=3, covariance_type=covariance_type, reg_covar=1e-3, **start)
    ours = GaussianMixture(3, covariance_type=covariance_type, reg_covar=1e-3, tol=1e-9, **start).fit(x)
    for name in ATTRIBUTES:
        expected = getattr(reference, name)
        assert getattr(ours, name).shape == expected.shape
        # tol leaves sqrt(2e-9) = 4.5e-5 standard errors.
        np.testing.assert_allclose(getattr(ours, name), expected, rtol=2e-5, atol=1e-6, err_msg=name)
    assert ours.means_[0, 0] > ours.means_[2, 0], "components keep the order of the start"
    assert ours.lower_bound_ == pytest.approx(reference.lower_bound_, abs=1e-7)
    assert ours._n_parameters() == reference._n_parameters()


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("d", [1, 3])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_methods_on_hand_set_attributes_equal_scikit_learns(covariance_type, d, dtype):
    x = groups(d=d).astype(dtype)
    reference = sklearn_mixture.GaussianMixture(
        3, covariance_type=covariance_type, random_state=5, init_params="k-means++"
    ).fit(x.astype(np.float64))
    ours = with_attributes_of(reference, covariance_type)
    rows = x.astype(np.float64)
    tight = {"rtol": 1e-10, "atol": 1e-12}
    np.testing.assert_allclose(ours.score_samples(x), reference.score_samples(rows), **tight)
    np.testing.assert_allclose(ours.predict_proba(x), reference.predict_proba(rows), rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(ours.predict(x), reference.predict(rows))
    assert ours.score(x) == pytest.approx(reference.score(rows), rel=1e-12)
    assert ours.aic(x) == pytest.approx(reference.aic(rows), rel=1e-12)
    assert ours.bic(x) == pytest.approx(reference.bic(rows), rel=1e-12)
    for mine, yours in zip(ours.sample(50), reference.sample(50)):
        assert mine.shape == yours.shape
        assert mine.dtype == yours.dtype
        np.testing.assert_allclose(mine, yours, rtol=1e-12)


def test_precisions_cholesky_set_by_hand_counts_not_the_covariances():
    ours = with_attributes_of(GaussianMixture(2, random_state=0).fit(groups(k=2)), "full")
    ours.covariances_ = None
    ours.precisions_cholesky_ = np.tile([[2.0, 1.0], [0.0, 1.0]], (2, 1, 1))
    ours.means_, ours.weights_ = np.zeros((2, 2)), np.array([0.5, 0.5])
    # U U' = [[5, 1], [1, 1]], |U|^2 = 4: log density at (1, 0) is log 2 - 5/2 - log 2 pi.
    assert ours.score_samples([[1.0, 0.0]])[0] == pytest.approx(
        np.log(2) - 2.5 - np.log(2 * np.pi), rel=1e-14
    )


@pytest.mark.parametrize("init_params", ["kmeans", "k-means++", "random", "random_from_data"])
@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical"])
def test_init_params_start_where_scikit_learn_starts(init_params, covariance_type):
    x = groups(n=2500, d=2)
    common = {
        "covariance_type": covariance_type,
        "init_params": init_params,
        "random_state": 3,
        "max_iter": 0,
    }
    reference = sklearn_mixture.GaussianMixture(3, reg_covar=1e-6, **common).fit(x)
    ours = GaussianMixture(3, reg_covar=1e-6, **common).fit(x)
    order = np.lexsort(reference.means_.T[::-1])
    np.testing.assert_allclose(ours.means_, reference.means_[order], rtol=1e-9)
    np.testing.assert_allclose(ours.covariances_, reference.covariances_[order], rtol=1e-9, atol=1e-12)
    assert ours.n_iter_ == 0
    assert not ours.converged_


@pytest.mark.parametrize("init_params", ["auto", "kmeans", "k-means++", "random_from_data"])
def test_every_start_finds_well_separated_groups(init_params):
    x = groups(k=2)
    model = GaussianMixture(2, init_params=init_params, n_init=5, random_state=1, covariance_type="tied").fit(
        x
    )
    np.testing.assert_allclose(np.sort(model.means_[:, 0]), [0, 5], atol=0.2)


def test_part_of_a_start():
    x = groups()
    means = np.array([[10.0, 10], [0, 0], [5, 5]])
    whole = GaussianMixture(3, random_state=0).fit(x)
    ours = GaussianMixture(3, means_init=means).fit(x)
    np.testing.assert_allclose(ours.means_, whole.means_[[2, 0, 1]], atol=1e-2)
    assert GaussianMixture(3, means_init=means, max_iter=0).fit(x).means_.tolist() == means.tolist()
    weights = GaussianMixture(3, weights_init=[0.2, 0.3, 0.5], max_iter=0).fit(x).weights_
    assert weights.tolist() == [0.2, 0.3, 0.5]


@pytest.mark.parametrize(
    ("name", "shape"),
    [("VVV", (2, 2, 2)), ("EEE", (2, 2)), ("VVI", (2, 2)), ("VII", (2,))],
)
def test_mclust_names(name, shape):
    type_ = dict(zip(("VVV", "EEE", "VVI", "VII"), TYPES))[name]
    x = groups(k=2)
    ours = GaussianMixture(2, covariance_type=name, random_state=0).fit(x)
    same = GaussianMixture(2, covariance_type=type_, random_state=0).fit(x)
    assert ours.covariances_.shape == shape
    np.testing.assert_array_equal(ours.covariances_, same.covariances_)
    assert ours.bic(x) == same.bic(x)


@pytest.mark.parametrize(("name", "shape", "n_parameters"), [("V", (2, 1, 1), 5), ("E", (1, 1), 4)])
def test_mclust_names_in_one_dimension(name, shape, n_parameters):
    x = groups(d=1, k=2)
    ours = GaussianMixture(2, covariance_type=name, random_state=0).fit(x)
    assert ours.covariances_.shape == shape
    assert ours._n_parameters() == n_parameters
    with pytest.raises(ValueError, match="one dimension"):
        GaussianMixture(2, covariance_type=name).fit(groups())


def test_weight_two_is_a_row_twice():
    x, start = groups(n=120), start_for("full")
    weights = np.random.default_rng(1).integers(0, 3, len(x))
    weighted = GaussianMixture(3, tol=1e-10, **start).fit(x, sample_weight=weights)
    repeated = GaussianMixture(3, tol=1e-10, **start).fit(np.repeat(x, weights, axis=0))
    for name in ATTRIBUTES:
        np.testing.assert_allclose(getattr(weighted, name), getattr(repeated, name), rtol=1e-5, atol=1e-7)
    twice = np.repeat(x, weights, axis=0)
    for method in ("score", "aic", "bic"):
        expected = getattr(weighted, method)(twice)
        assert getattr(weighted, method)(x, sample_weight=weights) == pytest.approx(expected, rel=1e-12)
    np.testing.assert_array_equal(weighted.fit_predict(x, sample_weight=weights), weighted.predict(x))


@pytest.mark.parametrize("init_params", ["kmeans", "k-means++", "random", "random_from_data"])
def test_rows_of_weight_zero_never_start_a_component(init_params):
    x = np.vstack([groups(n=60, k=2), np.full((5, 2), 1e3)])
    weights = np.r_[np.ones(60), np.zeros(5)]
    model = GaussianMixture(2, init_params=init_params, max_iter=0, random_state=0, covariance_type="tied")
    assert model.fit(x, sample_weight=weights).means_.max() < 10


def test_full_objects_after_fit():
    x = groups()
    model = GaussianMixture(3, random_state=0).fit(x)
    assert isinstance(model.fit_, Fit)
    assert isinstance(model.mixture_, Mixture)
    np.testing.assert_array_equal(model.means_, model.mixture_.means)  # canonical order
    assert (np.diff(model.means_[:, 0]) > 0).all()
    assert model.converged_
    assert len(model.lower_bounds_) == model.n_iter_
    assert model.score(x) == pytest.approx(model.lower_bound_, rel=1e-10)
    assert model.bic(x) == pytest.approx(-model.fit_.bic, rel=1e-10)
    assert model.aic(x) == pytest.approx(-model.fit_.aic, rel=1e-10)


def test_default_floor_is_relative_and_a_given_reg_covar_is_scikit_learns():
    x = groups(k=2)
    unit = GaussianMixture(2, random_state=0, tol=1e-8).fit(x)
    small = GaussianMixture(2, random_state=0, tol=1e-8).fit(x * 1e-7)
    np.testing.assert_allclose(small.covariances_, unit.covariances_ * 1e-14, rtol=1e-6)
    one = GaussianMixture(1, reg_covar=0.5).fit(x)
    np.testing.assert_allclose(one.covariances_[0], np.cov(x.T, bias=True) + 0.5 * np.eye(2), rtol=1e-12)


def test_strided_and_single_precision_rows_are_not_changed():
    x = np.asfortranarray(groups(n=400).astype(np.float32))[::2]
    before = x.copy()
    x.setflags(write=False)
    start = start_for("full")
    ours = GaussianMixture(3, tol=1e-9, **start).fit(x)
    double = GaussianMixture(3, tol=1e-9, **start).fit(x.astype(np.float64))
    np.testing.assert_allclose(ours.means_, double.means_, rtol=1e-6)
    np.testing.assert_array_equal(x, before)

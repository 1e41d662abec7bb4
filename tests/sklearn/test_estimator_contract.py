"""GaussianMixture in scikit-learn's world: its checks, frames, searches, pipelines, warm starts, errors."""

import os
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mixtura import GaussianMixture
from mixtura.datasets import faithful

TYPES = ("full", "tied", "diag", "spherical")
ATTRIBUTES = ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_")


def groups(n=300, d=2, k=3, seed=0):
    """Return rows around k centres five apart, standing in a line, with unequal spreads."""
    rng = np.random.default_rng(seed)
    labels = np.sort(rng.choice(k, n))
    spread = 0.4 + 0.2 * np.arange(k)[labels, None]
    return 5.0 * labels[:, None] + spread * rng.standard_normal((n, d)) @ (np.eye(d) + 0.3)


def test_check_estimator_passes_whole():
    # A process of its own: one of the checks runs only when SCIPY_ARRAY_API is set before SciPy is imported.
    program = """
import warnings
from sklearn.utils.estimator_checks import check_estimator
from mixtura import GaussianMixture
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # scikit-learn fits degenerate data on purpose
    results = check_estimator(GaussianMixture(), on_skip=None)
print({r["status"] for r in results})
"""
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.strip() == "{'passed'}", done.stderr[-3000:]


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames_and_feature_names(frame):
    data = faithful()
    x = frame(dict(zip(data.feature_names, data.data.T)))
    model = GaussianMixture(2, random_state=0).fit(x)
    assert model.feature_names_in_.tolist() == list(data.feature_names)
    assert model.n_features_in_ == 2
    np.testing.assert_array_equal(model.predict(x), GaussianMixture(2, random_state=0).fit_predict(data.data))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.predict(data.data)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame({"waiting": data.data[:, 1], "eruptions": data.data[:, 0]}))


def test_grid_search_finds_the_number_of_components():
    x = groups(n=600)[np.random.default_rng(0).permutation(600)]
    search = GridSearchCV(GaussianMixture(random_state=0), {"n_components": [1, 3]}, cv=3).fit(x)
    assert search.best_params_ == {"n_components": 3}


def test_pipeline_with_set_output():
    data = faithful()
    pipeline = make_pipeline(StandardScaler(), GaussianMixture(2, random_state=0)).set_output(
        transform="pandas"
    )
    pipeline.fit(pd.DataFrame(data.data, columns=data.feature_names))
    assert pipeline[-1].feature_names_in_.tolist() == list(data.feature_names)
    assert pipeline.predict_proba(pd.DataFrame(data.data, columns=data.feature_names)).shape == (272, 2)


def test_clone_and_pickle():
    x = groups()
    model = GaussianMixture(3, covariance_type="EEE", random_state=0, n_threads=1)
    assert clone(model).get_params() == model.get_params()
    again = pickle.loads(pickle.dumps(model.fit(x)))
    np.testing.assert_array_equal(again.score_samples(x), model.score_samples(x))
    assert again.fit_.loglik == model.fit_.loglik
    np.testing.assert_array_equal(again.mixture_.means, model.mixture_.means)


def test_warns_at_the_iteration_limit():
    with pytest.warns(ConvergenceWarning, match="did not converge: stopped at the iteration limit"):
        model = GaussianMixture(3, max_iter=2, random_state=0, init_params="random").fit(groups())
    assert not model.converged_
    assert model.n_iter_ == 2


@pytest.mark.parametrize("covariance_type", TYPES)
def test_warm_start_continues_bit_for_bit(covariance_type):
    x = groups(n=200)
    common = {"covariance_type": covariance_type, "init_params": "random", "random_state": 0, "tol": 1e-6}
    once = GaussianMixture(3, **common).fit(x)
    halting = GaussianMixture(3, **common, warm_start=True, max_iter=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        rounds = [halting.fit(x).n_iter_]
        while not halting.converged_:
            rounds.append(halting.fit(x).n_iter_)
    assert len(rounds) > 1
    assert max(rounds) <= 3
    assert sum(rounds) == once.n_iter_
    for name in ATTRIBUTES:
        np.testing.assert_array_equal(getattr(halting, name), getattr(once, name), err_msg=name)
    assert halting.lower_bound_ == once.lower_bound_


def test_warm_start_on_other_data_begins_at_the_last_fit():
    x = groups(n=600)
    model = GaussianMixture(3, warm_start=True, random_state=0).fit(x[::2])
    again = model.fit(x[1::2])
    assert again.converged_
    fresh = GaussianMixture(3, random_state=0).fit(x[1::2])
    np.testing.assert_allclose(again.means_, fresh.means_, atol=1e-3)
    # The same mean, variance, least and largest of every column, and yet other data.
    one, other = np.array([[0.0, 0], [1, 1], [0, 1], [1, 1]]), np.array([[0.0, 1], [1, 0], [0, 0], [1, 1]])
    one, other = np.vstack([one, 1 - one]), np.vstack([other, 1 - other])
    single = GaussianMixture(1, warm_start=True).fit(one).fit(other)
    np.testing.assert_allclose(single.covariances_[0], np.cov(other.T, bias=True), atol=1e-9)
    # Another number of components cannot continue: it starts afresh.
    assert model.set_params(n_components=2).fit(x).means_.shape == (2, 2)


def test_verbose_prints(capsys):
    GaussianMixture(3, verbose=2, verbose_interval=1, init_params="random", random_state=0).fit(groups())
    printed = capsys.readouterr().out
    assert "pass 1: log-likelihood" in printed
    assert "converged" in printed


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_components": 0}, "n_components"),
        ({"tol": -1.0}, "tol"),
        ({"covariance_type": "round"}, "covariance_type"),
        ({"init_params": "best"}, "init_params"),
        ({"n_init": 0}, "n_init"),
        ({"search": "deep"}, "search"),
        ({"n_threads": 0}, "n_threads"),
        ({"n_components": 400}, "n_samples = 300"),
        ({"n_components": 2, "weights_init": [0.5, 0.6]}, "weights_init must sum to 1, not 1.1"),
        ({"n_components": 2, "weights_init": [1.0]}, r"shape \(1,\)"),
        (
            {"n_components": 2, "means_init": [[0.0, np.nan], [1, 1]]},
            "means_init must be finite, but component 0 has nan",
        ),
        ({"n_components": 2, "means_init": [[0.0], [1]]}, r"must be \(2, 2\)"),
        ({"covariance_type": "tied", "precisions_init": [[1.0, 2], [2, 1]]}, "positive definite"),
        ({"covariance_type": "diag", "precisions_init": [[1.0, -2]]}, "positive"),
    ],
)
def test_bad_parameters_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        GaussianMixture(**parameters).fit(groups())


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.array([[1.0, 2], [np.nan, 1], [2, 2]]), "NaN in 1 of 3 rows .row 1; column 0"),
        (np.array([[1.0, 2], [np.inf, 1], [2, 2]]), "infinity"),
        (np.ones((5, 2)), "all rows are equal"),
        (np.arange(5.0), "1D array"),
        ([["a", "b"], ["c", "d"]], "could not convert"),
    ],
)
def test_bad_data_are_described(x, message):
    with pytest.raises(ValueError, match=message):
        GaussianMixture(2).fit(x)


def test_sparse_and_foreign_arrays_are_refused(monkeypatch):
    with pytest.raises(TypeError, match="Sparse data was passed"):
        GaussianMixture().fit(sparse.csr_array(groups()))
    # Under scikit-learn's array API dispatch its validation hands other libraries' arrays through.
    monkeypatch.setattr("mixtura.sklearn.rows.validate_data", lambda *_, **__: memoryview(b""))
    with pytest.raises(TypeError, match="NumPy arrays and cannot use memoryview"):
        GaussianMixture().fit(groups())


def test_unfitted_and_mismatched_use():
    with pytest.raises(NotFittedError):
        GaussianMixture().predict(groups())
    with pytest.raises(NotFittedError):
        GaussianMixture().sample()
    model = GaussianMixture(2, random_state=0).fit(groups(k=2))
    with pytest.raises(ValueError, match="3 features"):
        model.predict(groups(d=3))
    with pytest.raises(ValueError, match="NaN"):
        model.predict([[np.nan, 1.0]])
    with pytest.raises(ValueError, match="'n_samples': 0"):
        model.sample(0)
    with pytest.raises(ValueError, match="one weight per row"):
        model.score(groups(k=2), sample_weight=[1.0])

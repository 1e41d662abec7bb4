"""GaussianMixtureSelector in scikit-learn's world: its checks, pipelines, clones, what it predicts."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mixtura import GaussianMixtureSelector, select
from mixtura.datasets import faithful


@pytest.fixture(scope="module")
def model():
    return GaussianMixtureSelector(range(1, 5), random_state=0).fit(faithful().data)


def test_check_estimator_passes_whole():
    # A process of its own: one of the checks runs only when SCIPY_ARRAY_API is set before SciPy is imported.
    program = """
import warnings
from sklearn.utils.estimator_checks import check_estimator
from mixtura import GaussianMixtureSelector
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # scikit-learn fits degenerate data on purpose
    # Rows that are weighted or repeated are chosen for by cv, in parts of 15 distinct rows of 30 columns that
    # hold the same rows each: more components are always better there, up to one a row, and which maxima of
    # chance a search meets changes with what it draws. Few components are told apart by the data.
    model = GaussianMixtureSelector(n_components=(1, 2), structures=("VII", "EEE"))
    results = check_estimator(model, on_skip=None)
print({r["status"] for r in results})
"""
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.strip() == "{'passed'}", done.stderr[-3000:]


def test_it_predicts_as_the_winner(model):
    x = faithful().data
    found = select(x, range(1, 5), seed=int(np.random.RandomState(0).randint(2**31 - 1)))
    assert (model.structure_, model.n_components_) == ("EEE", 3)
    np.testing.assert_array_equal(model.means_, found.best.mixture.means)
    np.testing.assert_array_equal(model.predict(x), model.mixture_.predict(x))
    np.testing.assert_array_equal(model.predict_proba(x).argmax(1), model.predict(x))
    np.testing.assert_allclose(model.score_samples(x).sum(), model.fit_.loglik, rtol=1e-12, atol=0)
    np.testing.assert_allclose(model.score(x), model.fit_.loglik / 272, rtol=1e-12, atol=0)
    assert "BIC chooses EEE with 3 components" in str(model.selection_)


def test_weights_weigh_the_score(model):
    x = faithful().data
    weights = np.arange(272) % 3
    twice = np.repeat(x, weights, axis=0)
    np.testing.assert_allclose(model.score(x, sample_weight=weights), model.score(twice), rtol=1e-12, atol=0)


def test_draws_come_from_the_winner(model):
    rows, components = clone(model).set_params(random_state=1).fit(faithful().data).sample(20_000)
    assert rows.shape == (20_000, 2)
    np.testing.assert_allclose(rows.mean(0), faithful().data.mean(0), rtol=0.01, atol=0)
    np.testing.assert_allclose(np.bincount(components) / 20_000, model.weights_, rtol=0, atol=0.02)
    with pytest.raises(ValueError, match="n_samples"):
        model.sample(0)


def test_it_stands_in_a_pipeline_with_frames():
    x = pd.DataFrame(faithful().data, columns=list(faithful().feature_names))
    line = make_pipeline(StandardScaler(), GaussianMixtureSelector((1, 2), structures="VVV", random_state=0))
    labels = line.fit(x).predict(x)
    assert set(labels) == {0, 1}
    model = GaussianMixtureSelector((1, 2), structures="VVV", random_state=0).fit(x)
    assert model.feature_names_in_.tolist() == list(faithful().feature_names)


def test_grids_search_over_it():
    grid = GridSearchCV(GaussianMixtureSelector((1, 2), random_state=0), {"structures": ["VII", "VVV"]}, cv=3)
    assert grid.fit(faithful().data).best_params_ == {"structures": "VVV"}


def test_clones_and_pickles(model):
    x = faithful().data
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(x), model.predict_proba(x))
    assert str(again.selection_) == str(model.selection_)
    fresh = clone(model)
    assert fresh.get_params() == model.get_params()
    with pytest.raises(NotFittedError):
        fresh.predict(x)


def test_the_pass_limit_is_a_warning():
    x = faithful().data
    model = GaussianMixtureSelector(2, structures="VVV", max_iter=1, search="fast", random_state=0)
    with pytest.warns(ConvergenceWarning):
        model.fit(x)
    assert not model.converged_


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"n_components": 0}, "n_components"),
        ({"n_components": [1, 400]}, None),
        ({"n_components": 400}, "there are 272 rows for 400 components"),
        ({"structures": "XXX"}, "covariance structure 'XXX' is unknown"),
        ({"criterion": "dic"}, "criterion"),
    ],
)
def test_bad_parameters_are_named(options, sentence):
    model = GaussianMixtureSelector(**options)
    if sentence is None:
        assert model.fit(faithful().data).n_components_ == 1
        return
    with pytest.raises(ValueError, match=sentence):
        model.fit(faithful().data)

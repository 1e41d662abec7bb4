"""GaussianMixture on data that do not lie in memory: fitted where they are, predicted where they are."""

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest

from mixtura import GaussianMixture, open_source


def rows(n=6000):
    rng = np.random.default_rng(0)
    return np.array([[-3.0, 0.0], [3.0, 1.0]])[rng.integers(2, size=n)] + rng.normal(size=(n, 2))


def array(x):
    return da.from_array(x, chunks=(1700, 2))


def frame(x):
    return dd.from_pandas(pd.DataFrame(x, columns=["a", "b"]), npartitions=4)


def model(**options):
    return GaussianMixture(2, random_state=0, **options)


@pytest.mark.parametrize("place", [array, frame, lambda x: open_source(array(x))])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"means_init": [[-2.0, 0.0], [2.0, 0.0]]},
        {"covariance_type": "tied"},
        {"covariance_type": "spherical", "weights_init": [0.3, 0.7], "means_init": [[-2.0, 0.0], [2.0, 0.0]]},
    ],
)
def test_a_fit_elsewhere_is_that_of_the_array(place, options):
    x = rows()
    found, wanted = model(**options).fit(place(x)), model(**options).fit(x)
    for name in ("weights_", "means_", "covariances_", "lower_bound_"):
        np.testing.assert_allclose(getattr(found, name), getattr(wanted, name), rtol=1e-3, atol=1e-4)
    assert found.converged_
    assert found.n_features_in_ == 2


def test_names_of_features_are_kept_and_other_columns_passed_over():
    x = rows()
    fitted = model().fit(frame(x))
    assert list(fitted.feature_names_in_) == ["a", "b"]
    wider = frame(x).assign(id=7)
    np.testing.assert_array_equal(
        fitted.predict(wider).compute(), fitted.predict(pd.DataFrame(x, columns=["a", "b"]))
    )


@pytest.mark.parametrize("method", ["predict", "predict_proba", "score_samples"])
def test_rows_elsewhere_are_predicted_where_they_lie(method):
    x = rows()
    fitted = model().fit(x)
    found, wanted = getattr(fitted, method)(array(x)), getattr(fitted, method)(x)
    assert isinstance(found, da.Array)
    np.testing.assert_array_equal(found.compute(), wanted)
    np.testing.assert_array_equal(getattr(fitted, method)(open_source(array(x))), wanted)


def test_scores_and_criteria_are_those_of_the_array():
    x = rows()
    w = np.random.default_rng(1).uniform(0.5, 2.0, len(x))
    fitted = model().fit(x)
    for name in ("score", "aic", "bic"):
        value = getattr(fitted, name)
        assert value(array(x)) == pytest.approx(value(x), rel=1e-12)
        assert value(array(x), sample_weight=da.from_array(w, chunks=1700)) == pytest.approx(
            value(x, sample_weight=w), rel=1e-12
        )


def test_starts_that_need_rows_in_memory_are_refused_in_words():
    with pytest.raises(ValueError, match="init_params='kmeans' takes rows in memory"):
        model(init_params="kmeans").fit(array(rows()))
    with pytest.raises(ValueError, match="column 1 is constant"):
        model().fit(array(rows() * [1.0, 0.0]))

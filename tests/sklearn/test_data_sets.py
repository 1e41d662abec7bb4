"""What scikit-learn fits with its defaults, the drop-in fits: all of its own data sets, types and starts.

Left out: other numbers of components, and on digits climbs to their end; they add nothing but time.
"""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from mixtura import GaussianMixture
from sklearn import datasets

DATA = {
    "iris": lambda: datasets.load_iris().data,
    "wine": lambda: datasets.load_wine().data,
    "breast cancer": lambda: datasets.load_breast_cancer().data,
    "diabetes": lambda: datasets.load_diabetes().data,
    "linnerud": lambda: datasets.load_linnerud().data,
    "linnerud's target": lambda: datasets.load_linnerud().target,
    "digits": lambda: datasets.load_digits().data,
    "blobs": lambda: datasets.make_blobs(150, random_state=0)[0],
    "moons": lambda: datasets.make_moons(150, noise=0.05, random_state=0)[0],
}
STARTS = ["auto", "kmeans", "k-means++", "random", "random_from_data"]


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("init_params", STARTS)
def test_every_data_set_of_scikit_learn_is_fitted(data, covariance_type, init_params):
    """K-means clusters of fewer rows than columns, and constant columns, were refused."""
    x = DATA[data]()
    max_iter = 20 if data == "digits" else 1000
    for k in (1, 2, 5, 10):
        model = GaussianMixture(
            k, covariance_type=covariance_type, init_params=init_params, max_iter=max_iter, random_state=0
        )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(x)
        assert {warning.category for warning in caught} <= {ConvergenceWarning}
        assert model.converged_ or caught
        assert np.isfinite(model.score(x))
        # of collapsed components, whose covariances are singular but for the floor, rounding takes digits
        assert model.score(x) == pytest.approx(model.lower_bound_, rel=0, abs=1e-3)
        assert set(model.predict(x)) <= set(range(k))
        assert model.covariances_.shape[-1] == (x.shape[1] if covariance_type != "spherical" else k)

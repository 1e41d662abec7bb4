"""Dask: a mixture is evaluated at rows where they lie."""

import dask.array as da
import numpy as np
import pytest

import mixtura

from .conftest import COMPONENTS
from .places import BLOCK, as_array, as_frame


@pytest.fixture(scope="module")
def mixture(means):
    return mixtura.Mixture(
        np.full(COMPONENTS, 0.2), means, np.tile(np.eye(means.shape[1]), (COMPONENTS, 1, 1))
    )


@pytest.mark.parametrize("method", ["predict", "responsibilities", "logpdf"])
def test_a_dask_array_is_evaluated_where_it_lies(x, mixture, method):
    held = as_array(x)
    found = getattr(mixture, method)(held)
    wanted = getattr(mixture, method)(x)
    assert isinstance(found, da.Array)
    assert found.chunks[0] == held.chunks[0]
    assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
    np.testing.assert_array_equal(found.compute(), wanted)


@pytest.mark.parametrize("method", ["predict", "responsibilities", "logpdf"])
def test_a_dask_frame_is_evaluated_where_it_lies(x, mixture, method):
    held = as_frame(x)
    found = getattr(mixture, method)(held)
    assert found.npartitions == held.npartitions
    found = found.compute()
    np.testing.assert_array_equal(found.index, held.compute().index)
    np.testing.assert_array_equal(found.to_numpy(), getattr(mixture, method)(x))


def test_one_dimension_may_be_flat_elsewhere_too(x):
    line = mixtura.Mixture([0.5, 0.5], [-1.0, 1.0], [1.0, 2.0])
    flat = da.from_array(x[:, 0], chunks=BLOCK)
    np.testing.assert_array_equal(line.predict(flat).compute(), line.predict(x[:, 0]))
    np.testing.assert_array_equal(line.responsibilities(flat).compute(), line.responsibilities(x[:, 0]))
    np.testing.assert_array_equal(line.logpdf(as_frame(x).a).compute(), line.logpdf(x[:, 0]))


def test_columns_that_are_no_features_are_passed_over_by_name(x, mixture):
    held = as_frame(x).assign(id=1)
    named = mixtura.Mixture(mixture.weights, mixture.means, mixture.covariances, {"columns": list("abcd")})
    np.testing.assert_array_equal(named.predict(held).compute(), mixture.predict(x))
    with pytest.raises(ValueError, match="x has 5 columns but the mixture has 4 features"):
        mixture.predict(held)

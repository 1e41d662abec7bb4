"""The same rows in blocks on Dask, and how fits on different places are compared."""

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd

BLOCK = 50_000  # rows of a part, in every place


def as_array(x):
    return da.from_array(x, chunks=(BLOCK, x.shape[1]))


def as_frame(x):
    return dd.from_pandas(pd.DataFrame(x, columns=list("abcd")), chunksize=BLOCK)


def same_bits(one, other):
    """Check that two fits ended at the same mixture to the bit."""
    assert one.loglik == other.loglik
    for name in ("weights", "means", "covariances"):
        np.testing.assert_array_equal(getattr(one.mixture, name), getattr(other.mixture, name))


def close(one, other):
    """Check that two fits ended at the same mixture to rounding."""
    for name in ("weights", "means", "covariances"):
        np.testing.assert_allclose(
            getattr(one.mixture, name), getattr(other.mixture, name), rtol=0, atol=1e-10
        )

"""What tests of clusters share: one data set, and one cluster of each kind a session."""

import numpy as np
import pytest

ROWS, FEATURES, COMPONENTS = 200_000, 4, 5
BLOCK = 50_000  # rows of a part, in every place


@pytest.fixture(scope="session")
def x():
    """Return rows (n, 4) of five overlapping components."""
    rng = np.random.default_rng(0)
    means = 2.5 * rng.normal(size=(COMPONENTS, FEATURES))
    return means[rng.integers(COMPONENTS, size=ROWS)] + rng.normal(size=(ROWS, FEATURES))


@pytest.fixture(scope="session")
def start(x):
    """Return means that a climb begins at."""
    return {"means": x[np.random.default_rng(1).choice(ROWS, COMPONENTS, replace=False)]}


@pytest.fixture(scope="session")
def client():
    """Return the client of two worker processes on this machine."""
    from dask.distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        yield client

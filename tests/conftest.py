"""What several test files share."""

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from threadpoolctl import threadpool_limits

from mixtura import Mixture
from mixtura._core import _native, native

# The same examples in every run: a failure belongs to a change, not to a draw. To search further, give pytest
# --hypothesis-profile=default.
settings.register_profile("fixed", derandomize=True)
# The same where an emulator takes its time.
settings.register_profile(
    "emulated", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("fixed")


def runs_here(name):
    """Say whether this machine runs the engine of this name."""
    before = native.engine()
    runs = _native.use_engine(name)
    native.use_engine(before)
    return runs


ENGINES = [name for name in ("avx512", "avx2", "baseline") if runs_here(name)]


@pytest.fixture(scope="session", autouse=True)
def one_blas_thread():
    """Keep BLAS to one thread: the twin's many small products lose time to a second."""
    with threadpool_limits(1):
        yield


@pytest.fixture(params=ENGINES)
def engine(request):
    """Run the test on every build of the kernels that this machine can run."""
    before = native.use_engine(request.param)
    yield request.param
    native.use_engine(before)


@pytest.fixture(scope="session")
def random_mixture():
    """Return a function that makes a well-conditioned mixture of k components in d dimensions."""

    def make(d, k, seed=0, structure="full"):
        rng = np.random.default_rng(seed)
        roots = rng.normal(size=(k, d, d))
        covariances = roots @ np.swapaxes(roots, 1, 2) + 0.3 * np.eye(d)
        if structure == "tied":
            covariances[:] = covariances[0]
        elif structure != "full":
            variances = np.exp(rng.normal(size=(k, d)))
            variances = variances[:, :1].repeat(d, axis=1) if structure == "spherical" else variances
            covariances = variances[:, :, None] * np.eye(d)
        return Mixture(rng.dirichlet(np.ones(k)), 3 * rng.normal(size=(k, d)), covariances)

    return make

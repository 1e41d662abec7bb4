"""scikit-learn's starts: climbed side by side, each as if alone, and never refused when they are our own."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from mixtura import GaussianMixture
from mixtura.em import Problem, maximise
from mixtura.sklearn.starts import Given, make_start
from mixtura.sources import ArraySource, CompressedSource
from mixtura.structures import structure


def overlapping(n=400, d=2):
    """Return rows of four overlapping groups, where starts lead to different maxima."""
    rng = np.random.default_rng(4)
    return 2.0 * rng.normal(size=(4, d))[rng.integers(4, size=n)] + rng.normal(size=(n, d))


@pytest.mark.parametrize("n_init", [1, 6])
def test_every_start_climbs_as_if_alone_and_the_best_is_returned(n_init):
    x = overlapping()
    source, draws = ArraySource(x), check_random_state(0)
    problem = Problem.of(source, structure("VVI", 2))
    nothing = Given(None, None, None)
    starts = [make_start(problem, source, nothing, "random_from_data", 4, draws) for _ in range(n_init)]
    best = max((maximise(problem, start) for start in starts), key=lambda run: run.loglik)
    model = GaussianMixture(
        4, covariance_type="diag", init_params="random_from_data", n_init=n_init, random_state=0
    ).fit(x)
    assert model.fit_.loglik == best.loglik
    assert model.n_iter_ == best.n_iter
    np.testing.assert_array_equal(model.means_, best.parameters.means[model.fit_._order])


def test_starts_share_their_passes_and_the_compressed_sample(monkeypatch):
    made, passes = [], []
    read, moments = CompressedSource._read, CompressedSource.moments

    def counted_read(self, edges):
        made.append(1)
        read(self, edges)

    def counted_moments(self, parameters, form):
        passes.append(1)
        return moments(self, parameters, form)

    monkeypatch.setattr(CompressedSource, "_read", counted_read)
    monkeypatch.setattr(CompressedSource, "moments", counted_moments)
    x = overlapping(n=60_000, d=1)
    options = {"init_params": "random", "compress": True, "max_iter": 12}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        GaussianMixture(2, n_init=5, random_state=0, **options).fit(x)
    assert len(made) == 1
    assert len(passes) <= 20  # of five starts alone: 60


@pytest.mark.parametrize("covariance_type", ["full", "tied"])
def test_a_start_of_fewer_rows_than_columns_is_raised_to_the_floor(covariance_type):
    """It was refused as if the caller had given it: some of these clusters have two rows in six columns."""
    rng = np.random.default_rng(0)
    x = np.vstack([rng.normal(size=(60, 6)), 50.0 + rng.normal(size=(2, 6)), rng.normal(size=(2, 6)) - 50.0])
    x *= 10.0 ** np.arange(-3, 3)
    model = GaussianMixture(4, covariance_type=covariance_type, init_params="kmeans", random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x)
    assert np.isfinite(model.score(x))
    # what the caller gives is refused as before
    with pytest.raises(ValueError, match=r"precisions_init .* not positive definite"):
        GaussianMixture(1, precisions_init=-np.eye(6)[None]).fit(x)

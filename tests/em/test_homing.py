"""Homing: from a sample's maximum to that of all rows, exactly there, in few reads."""

import numpy as np
import pytest

from mixtura import fit_mixture
from mixtura.em import Problem, Settings, Status, home, maximise
from mixtura.model.parameters import Parameters
from mixtura.search import sampled
from mixtura.sources import ArraySource, Cost
from mixtura.structures import structure


class Counted(ArraySource):
    """Rows whose reads are counted, and dear."""

    reads = 0

    def moments(self, parameters, form):
        """Count a read."""
        self.reads += 1
        return super().moments(parameters, form)

    @property
    def cost(self):
        """Say that reading is what costs."""
        return Cost(self.n_rows, self.n_features, 5.0 * self.x.size)


def rows(apart, n=200_000, d=2, seed=0):
    """Return rows of two components whose means are so many deviations apart."""
    rng = np.random.default_rng(seed)
    own = rng.random(n) < 0.4
    x = rng.normal(size=(n, d)) * np.where(own, 1.0, 1.4)[:, None]
    x[own, 0] += apart
    return x


def problems(x, name="VVV", weights=None, reg_covar=None, share=10):
    source = Counted(x, weights)
    problem = Problem.of(source, structure(name, x.shape[1]), reg_covar)
    part = ArraySource(x[::share], None if weights is None else weights[::share])
    return problem, problem.on(part), source


def start(x):
    d = x.shape[1]
    means = np.zeros((2, d))
    means[1, 0] = 2.5
    return Parameters(np.array([0.6, 0.4]), means, np.tile(np.eye(d), (2, 1, 1)))


@pytest.mark.parametrize("apart", [4.0, 2.0, 1.2])
@pytest.mark.parametrize("name", ["VVV", "EEI", "VII"])
def test_it_ends_at_the_maximum_of_all_rows(apart, name):
    x = rows(apart)
    problem, sample, source = problems(x, name)
    near = maximise(sample, start(x)).parameters
    source.reads = 0
    run = home(problem, sample, near, Settings())
    reads = source.reads
    assert run.status is Status.CONVERGED
    assert run.remaining <= Settings().tol
    assert reads == run.n_iter == len(run.history) <= 8
    exact = maximise(problem, near, Settings(tol=1e-9))
    assert run.loglik == pytest.approx(exact.loglik, abs=2 * Settings().tol)
    assert run.loglik >= problem.evaluate(near.at(None)).loglik[0]
    # the estimate of what is left is right, to the share that the sample's curvature has wrong
    assert exact.loglik - run.loglik <= 2.0 * run.remaining + 1e-8 * abs(exact.loglik) * 1e-6


def test_weights_and_a_ridge_have_the_share_that_they_have_in_all_rows():
    x = rows(2.0)
    weights = np.random.default_rng(1).uniform(0.5, 2.0, size=len(x))
    problem, sample, source = problems(x, weights=weights, reg_covar=0.05)
    near = maximise(sample, start(x)).parameters
    source.reads = 0
    run = home(problem, sample, near, Settings())
    assert run.status is Status.CONVERGED
    assert source.reads <= 8
    exact = maximise(problem, near, Settings(tol=1e-9))
    np.testing.assert_allclose(run.parameters.means, exact.parameters.means, rtol=0, atol=2e-4)


def test_a_tighter_tolerance_is_reached_with_a_few_reads_more():
    x = rows(2.0)
    problem, sample, _ = problems(x)
    near = maximise(sample, start(x)).parameters
    loose, tight = (home(problem, sample, near, Settings(tol=tol)) for tol in (1e-2, 1e-8))
    assert loose.n_iter <= tight.n_iter <= loose.n_iter + 5
    assert tight.remaining <= 1e-8
    exact = maximise(problem, near, Settings(tol=1e-10))
    # 1e-8 nats are a ten-thousandth of a standard error, of 0.005
    np.testing.assert_allclose(tight.parameters.means, exact.parameters.means, rtol=0, atol=2e-6)


def test_where_the_sample_misleads_the_loop_goes_on():
    x = rows(2.0)
    problem, _, _ = problems(x)
    other = problem.on(ArraySource(rows(6.0, n=4_000, seed=3)))
    run = home(problem, other, start(x), Settings())
    exact = maximise(problem, start(x))
    assert run.status is Status.CONVERGED
    assert run.loglik == pytest.approx(exact.loglik, abs=1e-3)
    assert len(run.history) == run.n_iter


def test_it_stops_at_the_limit_of_passes():
    x = rows(1.2)
    problem, sample, _ = problems(x)
    run = home(problem, sample, start(x), Settings(max_iter=2))
    assert (run.status, run.n_iter) == (Status.ITERATION_LIMIT, 2)
    assert run.loglik == problem.evaluate(run.parameters.at(None)).loglik[0]


def test_the_callback_hears_of_every_read():
    x = rows(2.0)
    problem, sample, _ = problems(x)
    heard = []
    run = home(problem, sample, start(x), Settings(callback=heard.append))
    assert [state.passes for state in heard] == list(range(1, run.n_iter + 1))
    assert heard[-1].loglik == run.loglik


@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("n_init", [None, 1, 4])
def test_a_fit_of_dear_rows_searches_a_sample(k, n_init, monkeypatch):
    monkeypatch.setattr(sampled, "MOST_ROWS", 10_000)
    x = rows(3.0, n=50_000)
    source = Counted(x)
    found = fit_mixture(source, k, n_init=n_init)
    assert source.reads <= 9
    assert found.converged
    assert found.loglik == pytest.approx(fit_mixture(x, k, n_init=n_init).loglik, abs=1e-3)

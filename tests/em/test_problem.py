"""The problem: every pass is counted, what is no mixture is a worse one, and what is stored holds no data."""

import pickle

import numpy as np
import pytest
from tests.helpers import FAMILIES, assert_same, climbed, overlapping, problem_of

from mixtura import fit_mixture
from mixtura._core import NotPositiveDefinite
from mixtura.em import Problem, Status
from mixtura.model.parameters import Parameters, stacked
from mixtura.search import searching
from mixtura.sources import ArraySource


class Counting(ArraySource):
    """An array source that counts what it is asked for."""

    reads = mixtures = 0

    def moments(self, parameters, form):
        """Count a pass, and make it."""
        self.reads += 1
        self.mixtures += len(np.atleast_2d(parameters.weights))
        return super().moments(parameters, form)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_pass_and_every_mixture_is_counted(name):
    x, start = overlapping(k=3)
    problem = problem_of(Counting(x), name)
    run = climbed(problem, start)
    source = problem.source
    assert problem.work.reads == source.reads == run.n_iter
    assert problem.work.evaluations == source.mixtures == run.evaluations


def test_the_work_of_a_fit_is_that_of_its_passes(monkeypatch):
    """Starts, moves, climb and notes: all that a default fit asks of the rows, and of parts of them."""
    x = overlapping(k=3)[0]
    reads, mixtures = [], []
    moments = ArraySource.moments

    def counted(self, parameters, form):
        reads.append(len(self.x) / len(x))
        mixtures.append(len(parameters.weights) * len(self.x) / len(x))
        return moments(self, parameters, form)

    monkeypatch.setattr(ArraySource, "moments", counted)
    monkeypatch.setattr(searching, "DEAR", 0.0)  # so that single components are looked at
    fit = fit_mixture(x, 3)
    assert fit.work.reads == pytest.approx(sum(reads), rel=1e-12)
    assert fit.work.evaluations == pytest.approx(sum(mixtures), rel=1e-12)
    assert fit.work.reads > fit.n_iter
    assert min(reads) < 1.0  # parts of the rows were looked at too


def test_work_on_a_part_counts_as_a_part():
    x, start = overlapping()
    problem = problem_of(x)
    problem.on(ArraySource(x[:100])).evaluate(stacked([start] * 3))
    assert problem.work.reads == pytest.approx(0.25, rel=1e-15)
    assert problem.work.evaluations == pytest.approx(0.75, rel=1e-15)


def spoilt(start, component):
    """Return a mixture of which one covariance has no Cholesky factor."""
    signs = np.where(np.arange(start.n_components) == component, -1.0, 1.0)
    return Parameters(start.weights, start.means, signs[:, None, None] * start.covariances)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("places", [[0], [1], [3], [0, 1], [0, 2], [1, 2, 3], [0, 1, 2]])
def test_a_proposal_that_is_no_mixture_is_the_worst_and_leaves_the_others_alone(name, places):
    x, _ = overlapping(k=3)
    mixtures = [overlapping(k=3, seed=seed)[1] for seed in range(4)]
    problem = problem_of(x, name)
    wanted = problem.evaluate(stacked(mixtures))
    found = problem.evaluate(stacked([spoilt(p, 0) if i in places else p for i, p in enumerate(mixtures)]))
    assert sorted(found.failed) == places
    for i in range(4):
        one, other = found.at(i), wanted.at(i)
        if i in places:
            assert one.loglik == -np.inf
            assert one.failed
            continue
        assert not one.failed
        for field in ("counts", "sums", "scatters", "loglik"):
            np.testing.assert_array_equal(getattr(one.moments, field), getattr(other.moments, field))
        np.testing.assert_array_equal(one.steps.covariances, other.steps.covariances)


def test_a_stack_of_which_none_is_a_mixture_is_all_worst():
    x, start = overlapping()
    problem = problem_of(x)
    found = problem.evaluate(stacked([spoilt(start, 0), spoilt(start, 1)]))
    assert (found.loglik == -np.inf).all()
    assert sorted(found.failed) == [0, 1]


def test_a_start_that_is_no_mixture_is_named():
    x, start = overlapping(k=3)
    with pytest.raises(NotPositiveDefinite) as caught:
        climbed(problem_of(x), spoilt(start, 2))
    assert caught.value.component == 2


def sizes(seed, n, d):
    """Return rows of five clusters whose sizes and widths differ by a lot."""
    rng = np.random.default_rng(seed)
    share = rng.dirichlet(np.full(5, 0.6))
    widths = 10.0 ** rng.uniform(-1.5, 0.7, 5)
    label = rng.choice(5, size=n, p=share)
    return (4 * rng.normal(size=(5, d)))[label] + widths[label, None] * rng.normal(size=(n, d))


@pytest.mark.parametrize("seed", [22, 35])
def test_no_fit_of_valid_data_dies_of_a_proposal(seed):
    """On the way, one of Newton's own proposals has a covariance that is none."""
    x = sizes(seed, 2_000, 8)
    fit = fit_mixture(x, 5, n_init=1, seed=seed)
    assert np.isfinite(fit.loglik)
    assert (np.linalg.eigvalsh(fit._parameters.covariances) > 0).all()


@pytest.mark.parametrize(
    (
        "d",
        "k",
        "cut",
        "end",
    ),  # the last two with more directions than Newton probes, and with Anderson's steps
    [(2, 2, cut, 20) for cut in (1, 4, 8, 12)]
    + [(4, 5, cut, 60) for cut in (4, 12, 45)]
    + [(8, 7, cut, 60) for cut in (4, 12, 45)],
)
def test_what_is_stored_holds_no_data_and_goes_on_to_the_bit(d, k, cut, end):
    x, start = overlapping(n=2_000, d=d, k=k)
    problem = problem_of(x)
    whole = climbed(problem, start, tol=0.0, max_iter=end)
    half = climbed(problem, start, tol=0.0, max_iter=cut)
    assert (whole.n_iter, half.n_iter) == (end, cut)
    stored = pickle.dumps(half.state)
    assert x[:50].tobytes() not in stored
    assert len(pickle.dumps(problem)) < x.nbytes / 10
    assert pickle.loads(stored).problem.source is None
    other = problem_of(x.copy())  # as one who comes back another day would make it
    rest = climbed(other, start, pickle.loads(stored), tol=0.0, max_iter=end - cut)
    assert_same(rest, whole)
    assert rest.evaluations == whole.evaluations


@pytest.mark.parametrize("name", FAMILIES)
def test_weights_that_sum_to_one_lead_where_rows_do(name):
    """A tolerance is one of rows: shares of rows, whose log-likelihood is small, are held to the same."""
    x, start = overlapping(n=5_000, k=3)
    weights = np.random.default_rng(1).uniform(0.5, 1.5, len(x))
    rows = problem_of(x, name, weights * len(x) / weights.sum())
    shares = problem_of(x, name, weights / weights.sum())
    run, other = climbed(rows, start), climbed(shares, start)
    assert run.status is other.status is Status.CONVERGED
    assert other.remaining * len(x) <= 1e-4
    end = climbed(rows, run.parameters, tol=1e-9)
    assert end.loglik - float(rows.evaluate(other.parameters.at(None)).loglik[0]) <= 2e-4
    # 1e-4 nats are sqrt(2e-4) = 0.014 standard errors, each some 0.05 here
    for field in ("weights", "means", "covariances"):
        np.testing.assert_allclose(
            getattr(other.parameters, field), getattr(run.parameters, field), rtol=0, atol=2e-3
        )


def test_a_whole_fit_does_not_know_the_unit_of_its_weights():
    x, _ = overlapping(n=2_000, k=3, apart=3.0)
    weights = np.random.default_rng(1).uniform(0.5, 1.5, len(x))
    one, other = (fit_mixture(x, 3, sample_weight=w, tol=1e-7) for w in (weights, weights / weights.sum()))
    np.testing.assert_allclose(other.mixture.means, one.mixture.means, rtol=0, atol=1e-4)
    np.testing.assert_allclose(other.mixture.covariances, one.mixture.covariances, rtol=0, atol=1e-4)


def test_a_ridge_of_zero_is_none():
    x, _ = overlapping()
    assert Problem.of(ArraySource(x), problem_of(x).structure, 0.0).penalty is None
    assert problem_of(x, reg_covar=0.1).penalty is not None

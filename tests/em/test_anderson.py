"""Anderson acceleration, where evaluations are dear or parameters many: forced by a price of nothing."""

from itertools import islice

import numpy as np
import pytest
from benchmarks.problems import PROBLEMS
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers import assert_same, climbed, problem_of

from mixtura.em import Status, anderson, em_passes, switching
from mixtura.em.anderson import Anderson
from mixtura.em.confirmation import MOST
from mixtura.em.information import observed_information
from mixtura.em.stopping import rounding
from mixtura.model.parameters import Parameters

NAMES = [
    "two apart",
    "one percent",
    "full, 2 dimensions",
    "full, 8 dimensions",
    "tied",
    "diagonal",
    "spherical",
]


@pytest.fixture(autouse=True)
def _dear(monkeypatch):
    monkeypatch.setattr(switching, "PRICE", 0.0)


def heavy_tailed(family, n, d, k, apart, seed):
    """Return rows of k blobs with tails of their own, and a start at k of the rows."""
    rng = np.random.default_rng([seed, d])
    x = apart * rng.normal(size=(k, d))[rng.integers(k, size=n)] + rng.standard_t(8, size=(n, d))
    spread = np.cov(x.T) if family in ("VVV", "EEE") else np.eye(d) * x.var()
    return x, Parameters(np.full(k, 1 / k), x[:k], np.repeat(spread[None], k, axis=0))


def drawn(name, n=3_000):
    """Return a problem of the benchmarks', and its start."""
    found = next(p for p in PROBLEMS if p.name == name)
    x, start = found.make(n)
    return problem_of(x, found.structure), start


@pytest.mark.parametrize("name", NAMES)
def test_it_reaches_what_em_reaches_and_says_what_is_left(name):
    problem, start = drawn(name)
    run = climbed(problem, start)
    polished = climbed(problem, run.parameters, tol=1e-9)
    assert run.status is Status.CONVERGED
    assert run.loglik == pytest.approx(polished.loglik, abs=2e-4)
    assert run.remaining >= 0.1 * (polished.loglik - run.loglik) - 1e-9


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("family", "d", "k", "apart"),
    [("VVV", 8, 7, 0.6), ("VVV", 20, 3, 0.4), ("EEE", 24, 4, 0.3), ("VVI", 30, 5, 0.4), ("VII", 60, 5, 0.3)],
)
def test_with_many_parameters_it_says_itself_what_is_left(family, d, k, apart, seed):
    x, start = heavy_tailed(family, 2_000, d, k, apart, seed)
    problem = problem_of(x, family)
    run = climbed(problem, start)
    polished = climbed(problem, run.parameters, tol=1e-9)
    plain = climbed(problem, polished.parameters, accelerate=False, tol=0.0, max_iter=100)
    assert run.status is Status.CONVERGED
    # one mixture a pass, but for one look around at the end, which stops at so many directions
    assert run.evaluations - run.n_iter <= MOST
    assert run.remaining >= 0.1 * (max(polished.loglik, plain.loglik) - run.loglik) - 1e-9


def arrived(problem, start, tol=1e-4):
    """Return the solver where it says that it has arrived, and what it has said after each pass."""
    *_, evaluation = islice(em_passes(problem, start.at(None)), switching.FIRST_PASSES)
    solver = Anderson(problem, evaluation.at(0), tol)
    said = []
    while not solver.arrived():
        solver.learn(problem.evaluate(solver.propose()))
        said.append((solver.remaining, solver.agreed, solver.flattest, float(solver.here.loglik)))
        assert len(said) < 400
    return solver, said


def ahead_of(problem, here):
    """Return the nats to the maximum near a mixture, by its score and the information in all directions."""
    chart = problem.parametrisation(here.mixtures)
    score = problem.score(chart, here.stacked())[0]
    step = np.linalg.solve(observed_information(problem, chart), score)
    return 0.5 * problem.source.total_weight * float(score @ step)


@pytest.mark.parametrize("seed", range(4))
def test_what_it_knows_of_a_few_directions_is_true_of_all(seed):
    """The flattest curvature, and what is ahead, against the information of the whole space."""
    x, start = heavy_tailed("VVV", 2_000, 8, 7, 0.6, seed)
    problem = problem_of(x)
    solver, _ = arrived(problem, start)
    information = observed_information(problem, problem.parametrisation(solver.here.mixtures))
    assert 0.5 <= solver.flattest / np.linalg.eigvalsh(information)[0] <= 2.0
    assert 0.5 <= solver.remaining / ahead_of(problem, solver.here) <= 3.0


@pytest.mark.parametrize("name", ["two apart", "full, 2 dimensions", "full, 32 dimensions"])
def test_without_any_tolerance_it_stops_at_rounding(name):
    problem, start = drawn(name, n=1_000)
    run = climbed(problem, start, tol=0.0, max_iter=1_000)
    assert run.status is Status.ROUNDING
    assert run.loglik >= climbed(problem, start).loglik


def test_a_saddle_is_left():
    """Two equal components are a fixed point of EM, where nothing is gained and nothing learnt."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=400) + np.repeat([-2.0, 2.0], 200)
    same = Parameters(np.full(2, 0.5), np.zeros((2, 1)), np.ones((2, 1, 1)))
    run = climbed(problem_of(x, "V"), same)
    assert run.status is Status.CONVERGED
    np.testing.assert_allclose(np.sort(run.parameters.means[:, 0]), [-2, 2], atol=0.2)


@pytest.mark.parametrize("name", ["two apart", "full, 2 dimensions", "diagonal"])
def test_it_evaluates_a_fraction_of_what_the_others_do(name):
    problem, start = drawn(name)
    run, plain = climbed(problem, start), climbed(problem, start, accelerate=False)
    assert run.evaluations < plain.evaluations / 2
    assert run.loglik >= plain.loglik - 1e-3


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(30, 200), st.integers(1, 3), st.integers(2, 4))
def test_the_likelihood_never_falls(seed, n, d, k):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)) + 2.0 * rng.normal(size=(k, d))[rng.integers(k, size=n)]
    start = Parameters(np.full(k, 1 / k), x[:k], np.repeat(np.diag(x.var(axis=0))[None], k, axis=0))
    run = climbed(problem_of(x), start, max_iter=60)
    if run.status is not Status.DEGENERATE and not len(
        [v for v in np.linalg.eigvalsh(run.parameters.covariances).ravel() if v < 1e-9]
    ):
        assert (np.diff(run.history) >= -rounding(run.loglik)).all()


@pytest.mark.parametrize("cut", [3, 9, 12, 17, 25])
def test_a_resumed_run_ends_in_the_bits_of_an_uninterrupted_one(cut):
    problem, start = drawn("full, 2 dimensions")
    whole = climbed(problem, start, max_iter=40)
    half = climbed(problem, start, max_iter=cut)
    for _ in "ab":  # twice: a state is not used up
        assert_same(climbed(problem, start, half.state, max_iter=40 - cut), whole)


def test_a_mixture_that_loses_is_given_up_for_the_em_step_of_the_best(monkeypatch):
    problem, start = drawn("full, 2 dimensions")
    falls = []
    learn = Anderson.learn

    def spy(self, evaluation):
        before = self.here
        learn(self, evaluation)
        if float(evaluation.loglik[0]) < float(before.loglik) - rounding(float(before.loglik)):
            falls.append(self.next is before.steps and self.here is before)

    monkeypatch.setattr(Anderson, "learn", spy)
    climbed(problem, start)
    assert falls
    assert all(falls)


def test_newtons_method_takes_over_where_anderson_does_not_arrive(monkeypatch):
    monkeypatch.setattr(switching, "MOST_ACCELERATED", 5)
    problem, start = drawn("full, 2 dimensions")
    run = climbed(problem, start)
    assert run.status is Status.CONVERGED
    assert run.state.accelerated == 5
    assert run.state.leaps > switching.CLOSING


@pytest.mark.parametrize(("scale", "shift"), [(1e-7, 0.0), (1e7, 0.0), (1.0, 1e6)])
def test_shifting_and_scaling_the_data_changes_nothing_else(scale, shift):
    problem, start = drawn("diagonal", n=1_000)
    x = problem.source.x
    run = climbed(problem, start, tol=1e-8)
    moved = Parameters(start.weights, scale * start.means + shift, scale**2 * start.covariances)
    other = climbed(problem_of(scale * x + shift, "VVI"), moved, tol=1e-8)
    n, d = x.shape
    assert other.loglik + n * d * np.log(scale) == pytest.approx(run.loglik, rel=0, abs=1e-6)


@pytest.mark.parametrize(
    ("family", "d", "k", "apart", "seed"), [("VII", 3, 8, 1.5, 286), ("VVI", 6, 6, 1.0, 113)]
)
def test_while_the_flattest_curvature_falls_a_small_remainder_is_not_believed(family, d, k, apart, seed):
    """Under way more is ahead than the tolerance allows, and seems not to be; where it stops, it is."""
    x, start = heavy_tailed(family, 500, d, k, apart, seed)
    problem = problem_of(x, family)
    solver, said = arrived(problem, start)
    ahead = ahead_of(problem, solver.here)
    end = float(solver.here.loglik) + ahead
    shares = [remaining / (end - loglik) for remaining, agreed, _, loglik in said if agreed >= anderson.SURE]
    assert min(shares) < 0.35
    assert solver.remaining >= ahead


@pytest.mark.parametrize("seed", [10, 20, 53])
def test_a_slight_remainder_is_believed_while_the_flattest_curvature_still_falls(seed):
    x, start = heavy_tailed("VVI", 500, 6, 6, 1.0, seed)
    problem = problem_of(x, "VVI")
    solver, said = arrived(problem, start)
    assert said[-1][2] < anderson.SETTLED * said[-2][2]
    top = climbed(problem, solver.here.mixtures, tol=1e-9).loglik
    assert top - float(solver.here.loglik) <= 1e-5


@pytest.mark.parametrize("name", ["full, 2 dimensions", "tied"])
def test_a_start_that_has_walked_is_accelerated_from_the_first_pass_on(name):
    problem, start = drawn(name)
    *_, last = islice(em_passes(problem, start.at(None)), 12)
    plain, walked = (
        climbed(problem, last.mixtures.at(0), confirm=False, walked=how) for how in (False, True)
    )
    assert walked.n_iter < plain.n_iter
    assert walked.status is Status.CONVERGED
    assert walked.loglik == pytest.approx(plain.loglik, rel=0, abs=1e-3)

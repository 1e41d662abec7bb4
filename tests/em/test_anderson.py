"""Mixing, the acceleration where evaluations are dear or parameters many: forced by a price of nothing."""

import numpy as np
import pytest
from benchmarks.problems import PROBLEMS
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtura import em
from mixtura.em import anderson, climber
from mixtura.em.coordinates import Chart
from mixtura.em.stopping import Status, rounding
from mixtura.model.parameters import Parameters
from mixtura.search.fitting import make_floor
from mixtura.sources import ArraySource
from mixtura.structures import structure

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
    monkeypatch.setattr(climber, "PRICE", 0.0)


def climbed(x, start, name, **options):
    source = ArraySource(x)
    floor = make_floor(source)
    return em.fit(source, structure(name, source.n_features), start, floor=floor, **options)


def overlapping(family, n, d, k, apart, seed):
    """Return rows of k blobs with tails of their own, and a start at k of the rows."""
    rng = np.random.default_rng([seed, d])
    x = apart * rng.normal(size=(k, d))[rng.integers(k, size=n)] + rng.standard_t(8, size=(n, d))
    spread = np.cov(x.T) if family in ("VVV", "EEE") else np.eye(d) * x.var()
    return x, Parameters(np.full(k, 1 / k), x[:k], np.repeat(spread[None], k, axis=0))


def problem(name, n=3_000):
    found = next(p for p in PROBLEMS if p.name == name)
    return *found.make(n), found.structure


@pytest.mark.parametrize("name", NAMES)
def test_it_reaches_what_em_reaches_and_says_what_is_left(name):
    x, start, family = problem(name)
    run = climbed(x, start, family)
    polished = climbed(x, run.parameters, family, tol=1e-9)
    assert run.status is Status.CONVERGED
    assert run.loglik == pytest.approx(polished.loglik, abs=2e-4)
    assert run.remaining >= 0.1 * (polished.loglik - run.loglik) - 1e-9


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("family", "d", "k", "apart"),
    [("VVV", 8, 7, 0.6), ("VVV", 20, 3, 0.4), ("EEE", 24, 4, 0.3), ("VVI", 30, 5, 0.4), ("VII", 60, 5, 0.3)],
)
def test_with_many_parameters_it_says_itself_what_is_left(family, d, k, apart, seed):
    x, start = overlapping(family, 2_000, d, k, apart, seed)
    run = climbed(x, start, family)
    polished = climbed(x, run.parameters, family, tol=1e-9)
    plain = climbed(x, polished.parameters, family, accelerate=False, tol=0.0, max_iter=100)
    assert run.status is Status.CONVERGED
    assert run.evaluations == run.n_iter  # no probes
    assert run.remaining >= 0.1 * (max(polished.loglik, plain.loglik) - run.loglik) - 1e-9


def test_the_curvatures_are_those_of_the_loglik():
    x, start = overlapping("VVV", 2_000, 8, 7, 0.6, 0)
    source, family = ArraySource(x), structure("VVV", 8)
    at = climbed(x, start, "VVV").state.mixing
    curvatures, combine = at._curvatures()
    chart = Chart(family, at.floor, source.total_weight, at.at)
    loglik = at.loglik
    vectors = combine @ at.ways
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(len(vectors)), rtol=0, atol=1e-8)
    for value, vector in zip(curvatures, vectors):
        sides = source.moments(chart.mixtures(np.stack([1e-3 * vector, -1e-3 * vector])), "full").loglik
        second = (2 * loglik - sides.sum()) / 1e-6 / source.total_weight
        # the steps were remembered on the way here, where curvatures differ a little
        assert value == pytest.approx(second, rel=0.1, abs=0.02)


@pytest.mark.parametrize("name", ["two apart", "full, 2 dimensions", "full, 32 dimensions"])
def test_without_any_tolerance_it_stops_at_rounding(name):
    x, start, family = problem(name, n=1_000)
    run = climbed(x, start, family, tol=0.0, max_iter=1_000)
    assert run.status is Status.ROUNDING
    assert run.loglik >= climbed(x, start, family).loglik


def test_a_saddle_is_left():
    """Two equal components are a fixed point of EM, where nothing is gained and nothing learnt."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=400) + np.repeat([-2.0, 2.0], 200)
    same = Parameters(np.full(2, 0.5), np.zeros((2, 1)), np.ones((2, 1, 1)))
    run = climbed(x, same, "V")
    assert run.status is Status.CONVERGED
    np.testing.assert_allclose(np.sort(run.parameters.means[:, 0]), [-2, 2], atol=0.2)


@pytest.mark.parametrize("name", ["two apart", "full, 2 dimensions", "diagonal"])
def test_it_evaluates_a_fraction_of_what_the_others_do(name, monkeypatch):
    x, start, family = problem(name)
    mixed = climbed(x, start, family)
    plain = climbed(x, start, family, accelerate=False)
    assert mixed.evaluations < plain.evaluations / 2
    assert mixed.loglik >= plain.loglik - 1e-3


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(30, 200), st.integers(1, 3), st.integers(2, 4))
def test_the_likelihood_never_falls(seed, n, d, k):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)) + 2.0 * rng.normal(size=(k, d))[rng.integers(k, size=n)]
    start = Parameters(np.full(k, 1 / k), x[:k], np.repeat(np.diag(x.var(axis=0))[None], k, axis=0))
    run = climbed(x, start, "VVV", max_iter=60)
    if run.status is not Status.DEGENERATE and not len(
        [v for v in np.linalg.eigvalsh(run.parameters.covariances).ravel() if v < 1e-9]
    ):
        assert (np.diff(run.history) >= -rounding(run.loglik)).all()


@pytest.mark.parametrize("cut", [3, 9, 12, 17, 25])
def test_a_resumed_run_ends_in_the_bits_of_an_uninterrupted_one(cut):
    x, start, family = problem("full, 2 dimensions")
    whole = climbed(x, start, family, max_iter=40)
    half = climbed(x, start, family, max_iter=cut)
    rest = climbed(x, start, family, max_iter=40 - cut, state=half.state)
    again = climbed(x, start, family, max_iter=40 - cut, state=half.state)
    for other in (rest, again):
        assert np.array_equal(other.history, whole.history)
        assert np.array_equal(other.parameters.means, whole.parameters.means)


def test_a_mixture_that_loses_is_given_up_for_the_em_step_of_the_best(monkeypatch):
    x, start, family = problem("full, 2 dimensions")
    falls = []
    learn = anderson.Mixing.learn

    def spy(self, moments, step):
        before, fallback = self.loglik, self.step
        moved = learn(self, moments, step)
        if float(moments.loglik) < before - rounding(before):
            falls.append(self.next is fallback and self.loglik == before)
        return moved

    monkeypatch.setattr(anderson.Mixing, "learn", spy)
    climbed(x, start, family)
    assert falls
    assert all(falls)


def test_newtons_method_takes_over_where_mixing_does_not_arrive(monkeypatch):
    monkeypatch.setattr(climber, "MOST_MIXED", 5)
    x, start, family = problem("full, 2 dimensions")
    run = climbed(x, start, family)
    assert run.status is Status.CONVERGED
    assert run.state.mixed == 5
    assert run.state.leaps > climber.CLOSING


@pytest.mark.parametrize(("scale", "shift"), [(1e-7, 0.0), (1e7, 0.0), (1.0, 1e6)])
def test_shifting_and_scaling_the_data_changes_nothing_else(scale, shift):
    x, start, family = problem("diagonal", n=1_000)
    run = climbed(x, start, family, tol=1e-8)
    moved = Parameters(start.weights, scale * start.means + shift, scale**2 * start.covariances)
    other = climbed(scale * x + shift, moved, family, tol=1e-8)
    n, d = x.shape
    assert other.loglik + n * d * np.log(scale) == pytest.approx(run.loglik, rel=0, abs=1e-6)


@pytest.mark.parametrize(
    ("ahead", "falling", "arrives"), [(0.5, False, True), (0.5, True, False), (0.05, True, True)]
)
def test_while_the_flattest_curvature_falls_only_a_slight_remainder_is_believed(
    monkeypatch, ahead, falling, arrives
):
    x, start, family = problem("full, 2 dimensions")
    source = ArraySource(x)
    shape = structure(family, source.n_features)
    floor = make_floor(source)
    moments = source.moments(start, shape.form)
    mixed = anderson.Mixing(shape, floor, source.total_weight, start, moments, shape.maximise(moments, floor))
    tol = 1e-4

    def choose():
        mixed.remaining = ahead * tol
        mixed.flattest *= 0.5 if falling else 1.0

    monkeypatch.setattr(mixed, "_choose", choose)
    for _ in range(anderson.SURE):
        assert not mixed.arrived()
        assert mixed.aim(tol)
    assert mixed.arrived() is arrives

"""The loop: to the maximum, the same bits however it is cut, and true about what is left."""

import pickle
from itertools import islice

import numpy as np
import pytest
from benchmarks.passes import measure
from benchmarks.problems import PROBLEMS
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import multivariate_normal
from tests.helpers import FAMILIES, assert_same, climbed, overlapping, problem_of

from mixtura.em import Status, em_passes, maximise_all
from mixtura.em.stopping import rounding
from mixtura.model.parameters import Parameters, stacked

STRUCTURES = ["VVV", "EEE", "VVI", "VII"]


def negative_loglik(theta, x, k, name):
    """Return minus the log-likelihood with softmax weights and Cholesky factors as free parameters."""
    d = x.shape[1]
    logits, means, rest = (
        np.append(theta[: k - 1], 0.0),
        theta[k - 1 :][: k * d].reshape(k, d),
        theta[k - 1 + k * d :],
    )
    weights = np.exp(logits - logits.max())
    below = np.tril_indices(d, -1)
    size = {"VVV": d * (d + 1) // 2, "EEE": d * (d + 1) // 2, "VVI": d, "VII": 1}[name]
    density = np.zeros(len(x))
    for c in range(k):
        own = rest[:size] if name == "EEE" else rest[c * size :][:size]
        factor = np.diag(np.exp(np.broadcast_to(own[:d], d)))
        if size > d:
            factor[below] = own[d:]
        density += weights[c] / weights.sum() * multivariate_normal.pdf(x, means[c], factor @ factor.T)
    return -np.log(density).sum()


@pytest.mark.parametrize("name", STRUCTURES)
def test_the_maximum_is_that_of_a_direct_search(name):
    x, start = overlapping(n=300)
    run = climbed(problem_of(x, name), start, tol=1e-9)
    k, d = 2, 2
    lower = np.linalg.cholesky(run.parameters.covariances)
    each = [np.r_[np.log(np.diagonal(f)), f[np.tril_indices(d, -1)]] for f in lower]
    shapes = {
        "VVV": np.concatenate(each),
        "EEE": each[0],
        "VVI": np.concatenate([e[:d] for e in each]),
        "VII": np.array([e[0] for e in each]),
    }[name]
    weights = run.parameters.weights
    theta = np.r_[np.log(weights[:-1] / weights[-1]), run.parameters.means.ravel(), shapes]
    assert -negative_loglik(theta, x, k, name) == pytest.approx(run.loglik, abs=1e-9)
    # from a little off, the search comes back to it and no higher
    away = theta + 0.05 * np.random.default_rng(1).normal(size=len(theta))
    found = minimize(negative_loglik, away, args=(x, k, name), method="BFGS", options={"gtol": 1e-3})
    assert -found.fun == pytest.approx(run.loglik, abs=1e-5)
    assert -found.fun <= run.loglik + 1e-8


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_what_is_said_to_be_left_is_left(problem):
    """The estimate of the remaining gain is never below a tenth of the true one."""
    row = measure(problem, n=min(problem.n, 3_000), patience=1)
    assert row["status"] == "converged"
    assert row["estimated"] <= 1e-4
    assert row["estimated"] >= 0.1 * row["missing"] - 1e-9
    assert row["passes"] <= 150


@pytest.mark.parametrize("name", ["two apart", "full, 2 dimensions", "tied", "diagonal"])
def test_tens_of_passes_do_where_plain_em_needs_hundreds(name):
    drawn = next(p for p in PROBLEMS if p.name == name)
    x, start = drawn.make(4_000)
    problem = problem_of(x, drawn.structure)
    run = climbed(problem, start)
    plain = climbed(problem, start, accelerate=False, max_iter=40)
    assert run.n_iter <= 40
    assert run.loglik > plain.loglik + 0.01
    assert plain.status is Status.ITERATION_LIMIT


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(12, 200),
    d=st.integers(1, 4),
    k=st.integers(1, 4),
    name=st.sampled_from(FAMILIES),
    shape=st.sampled_from(["normal", "cauchy", "rounded", "tiny and far"]),
)
def test_the_likelihood_never_falls(seed, n, d, k, name, shape):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(k, d))[rng.integers(k, size=n)] * 2 + rng.normal(size=(n, d))
    if shape == "cauchy":
        x = rng.standard_cauchy(size=(n, d))
    elif shape == "rounded":
        x = np.round(3 * x)
    elif shape == "tiny and far":
        x = 1e-6 * x + 1.0
    covariances = np.repeat(np.diag(x.var(axis=0))[None], k, axis=0)
    start = Parameters(np.full(k, 1 / k), x[rng.choice(n, k, replace=False)], covariances)
    problem = problem_of(x, name)
    run = climbed(problem, start, max_iter=60)
    assert np.isfinite(run.history).all()
    if not problem.at_floor(run.parameters).any():  # there rounding has another measure
        assert (np.diff(run.history) >= -rounding(run.loglik)).all()
    assert run.loglik == float(problem.evaluate(run.parameters.at(None)).loglik[0])


@pytest.mark.parametrize("cut", [1, 3, 5, 8, 11])
@pytest.mark.parametrize("name", ["V", "VVV", "EEE"])
def test_a_resumed_run_ends_in_the_bits_of_an_uninterrupted_one(name, cut):
    x, start = overlapping(d=1 if name == "V" else 3, k=3)
    problem = problem_of(x, name)
    whole = climbed(problem, start, tol=0.0, max_iter=14)
    first = climbed(problem, start, tol=0.0, max_iter=cut)
    states = [climbed(problem, start, first.state, tol=0.0, max_iter=14 - cut) for _ in "ab"]
    for resumed in states:  # twice: a state is not used up
        assert_same(resumed, whole)
        assert resumed.n_iter == 14
    assert first.n_iter == cut
    stored = pickle.loads(pickle.dumps(first.state))
    assert_same(climbed(problem, start, stored, tol=0.0, max_iter=14 - cut), whole)


def test_starts_in_lock_step_do_what_each_does_alone():
    x, _ = overlapping(k=3)
    starts = [overlapping(k=3, seed=seed)[1] for seed in range(4)]
    problem = problem_of(x)
    together = maximise_all(problem, stacked(starts))
    for start, run in zip(starts, together):
        assert_same(run, climbed(problem, start))


def test_without_acceleration_every_step_is_plain_em():
    x, start = overlapping()
    problem = problem_of(x)
    run = climbed(problem, start, accelerate=False, tol=0.0, max_iter=30)
    now, history = start, []
    for _ in range(30):
        moments = problem.source.moments(now, problem.structure.form)
        history.append(float(moments.loglik))
        now = problem.structure.maximise(moments, problem.floor)
    assert np.array_equal(run.history, history)
    *_, last = islice(em_passes(problem, start.at(None)), 30)
    assert last.loglik[0] == history[-1]
    assert np.array_equal(last.steps.means[0], now.means)


def test_plain_em_stops_only_when_probes_agree():
    x, start = PROBLEMS[1].make(2_000)
    problem = problem_of(x, "V")
    run = climbed(problem, start, accelerate=False, tol=1e-3)
    top = climbed(problem, start, tol=1e-9).loglik
    assert run.status is Status.CONVERGED
    assert run.n_iter > 100
    assert top - run.loglik <= 2e-3


def test_the_limit_counts_passes_and_the_callback_sees_each():
    x, start = overlapping()
    seen = []
    run = climbed(problem_of(x), start, max_iter=6, tol=0.0, callback=seen.append)
    assert run.n_iter == 6
    assert run.status is Status.ITERATION_LIMIT
    assert [progress.passes for progress in seen] == [1, 2, 3, 4, 5, 6]
    assert [progress.loglik for progress in seen] == list(run.history)
    assert all(progress.alive == 1 for progress in seen)


def test_an_interrupt_passes_through():
    x, start = overlapping()

    def interrupt(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        climbed(problem_of(x), start, callback=interrupt)


def test_a_tolerance_beyond_rounding_ends_and_says_so():
    x, start = overlapping()
    run = climbed(problem_of(x), start, tol=0.0)
    assert run.status is Status.ROUNDING
    assert run.n_iter < 60
    assert run.score_norm < 1e-5


@pytest.mark.parametrize(("scale", "shift"), [(1e-7, 0.0), (1e7, 0.0), (1.0, 1e6), (1e-3, -5.0)])
@pytest.mark.parametrize("name", FAMILIES)
def test_shifting_and_scaling_the_data_changes_nothing_else(name, scale, shift):
    x, start = overlapping(k=3, d=3, n=600)
    moved = Parameters(start.weights, scale * start.means + shift, scale**2 * start.covariances)
    run = climbed(problem_of(x, name), start, tol=1e-8)
    other = climbed(problem_of(scale * x + shift, name), moved, tol=1e-8)
    noise = 1e-5 + 1e-8 * abs(shift) / scale
    np.testing.assert_allclose(other.parameters.weights, run.parameters.weights, atol=noise)
    np.testing.assert_allclose(
        (other.parameters.means - shift) / scale, run.parameters.means, atol=10 * noise
    )
    np.testing.assert_allclose(
        other.parameters.covariances / scale**2, run.parameters.covariances, atol=10 * noise
    )
    assert other.loglik + x.size * np.log(scale) == pytest.approx(run.loglik, abs=1e-6)


def test_row_weights_count_as_rows():
    x, start = overlapping(n=150)
    weights = np.random.default_rng(0).integers(0, 4, size=len(x)).astype(float)
    weighted = climbed(problem_of(x, weights=weights), start, tol=1e-9)
    repeated = climbed(problem_of(np.repeat(x, weights.astype(int), axis=0)), start, tol=1e-9)
    assert weighted.loglik == pytest.approx(repeated.loglik, abs=1e-8)


def ridged_fixed_point(x, start, ridge):
    """Iterate plain EM with a number added to every variance until nothing moves any more."""
    weights, means, covariances = start.weights, start.means, start.covariances
    n, d = x.shape
    for _ in range(100_000):
        away = np.swapaxes(x - means[:, None], 1, 2)  # (k, d, n)
        squares = (away * np.linalg.solve(covariances, away)).sum(1)
        log_joint = -0.5 * (squares + np.linalg.slogdet(covariances)[1][:, None])
        joint = weights[:, None] * np.exp(log_joint - log_joint.max(0))
        r = joint / joint.sum(0)
        before = np.concatenate([weights, means.ravel(), covariances.ravel()])
        counts = r.sum(1)
        weights, means = counts / n, r @ x / counts[:, None]
        away = np.swapaxes(x - means[:, None], 1, 2)
        covariances = (r[:, None] * away) @ np.swapaxes(away, 1, 2) / counts[:, None, None]
        covariances += ridge * np.eye(d)
        after = np.concatenate([weights, means.ravel(), covariances.ravel()])
        if np.abs(after - before).max() <= 1e-13:
            break
    return Parameters(weights, means, covariances)


def one_apart():
    """Return rows of two normals one deviation apart, and a start outside them."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1_000, 1)) + np.repeat([0.0, 1.0], 500)[:, None]
    return x, Parameters(np.full(2, 0.5), np.array([[-0.4], [1.4]]), np.full((2, 1, 1), 0.5))


@pytest.mark.parametrize(("draw", "ridge"), [(overlapping, 0.1), (overlapping, 1e-3), (one_apart, 1e-3)])
def test_a_ridge_leads_to_the_fixed_point_of_em_with_that_ridge(draw, ridge):
    x, start = draw()
    problem, wanted = problem_of(x, reg_covar=ridge), ridged_fixed_point(x, start, ridge)
    run = climbed(problem, start, tol=1e-9)
    assert run.status is Status.CONVERGED
    assert run.n_iter <= 3 * climbed(problem_of(x), start, tol=1e-9).n_iter
    end = climbed(problem, start, run.state, tol=0.0, max_iter=200)
    # a tolerance of 1e-9 nats is one of sqrt(2e-9) = 4.5e-5 standard errors, which are below 1 here
    for found, atol in ((run, 4.5e-5), (end, 1e-6)):
        for name in ("weights", "means", "covariances"):
            np.testing.assert_allclose(
                getattr(found.parameters, name), getattr(wanted, name), rtol=0, atol=atol, err_msg=name
            )


def test_binned_rows_converge_as_the_rows_themselves():
    """A component under half a row of 55 bins held thousands of values, and was taken for dying."""
    rng = np.random.default_rng(0)
    x = np.round(np.concatenate([rng.normal(size=60_000), 6.0 + rng.normal(size=400)]), 1)
    values, counts = np.unique(x, return_counts=True)
    start = Parameters(np.array([0.9, 0.1]), np.array([[0.0], [5.0]]), np.ones((2, 1, 1)))
    whole = climbed(problem_of(x[:, None], "V"), start)
    binned = climbed(problem_of(values[:, None], "V", weights=counts.astype(float)), start)
    assert binned.status is whole.status is Status.CONVERGED
    assert binned.n_iter <= whole.n_iter + 2
    assert binned.loglik == pytest.approx(whole.loglik, abs=1e-3)

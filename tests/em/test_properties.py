"""What must hold for every covariance structure and any data: properties, on examples made by hypothesis."""

from itertools import islice, pairwise
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixtura import _core, fit_mixture
from mixtura.em import Problem, em_passes
from mixtura.model.moments import Moments
from mixtura.model.parameters import Parameters
from mixtura.sources import ArraySource
from mixtura.structures import STRUCTURES

EPS = np.finfo(float).eps
LINES = ("E", "V")  # structures of one dimension

every_structure = pytest.mark.parametrize("name", STRUCTURES)


def examples(n):
    """Make n examples, the same ones in every run."""
    return settings(
        max_examples=n,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.differing_executors],
    )


class Drawn(NamedTuple):
    """Rows, their weights and a start that every structure may have."""

    x: np.ndarray
    omega: np.ndarray
    start: Parameters


def make_problem(name, seed, k, n, separation, kind="plain"):
    """Make k clusters ``separation`` deviations apart; rows as they are, rounded to integers, or repeated."""
    rng, d = np.random.default_rng(seed), 1 if name in LINES else 3
    centres = separation * np.arange(k)[:, None] + rng.normal(size=(k, d))
    noise = rng.normal(size=(n, d)) @ (np.eye(d) + 0.3 * rng.normal(size=(d, d)))
    x = centres[np.arange(n) % k] + noise
    if kind == "integers":
        x = np.round(4 * x)
    elif kind == "repeated":
        x = x[rng.integers(n // 2, size=n)]
    omega = rng.exponential(size=n) + 0.01
    shared = np.broadcast_to(x.var() * np.eye(d), (k, d, d))
    return Drawn(x, omega, Parameters(np.full(k, 1 / k), centres, shared))


@st.composite
def problems(
    draw, name, separations=(0.0, 1.0, 4.0, 30.0), kinds=("plain", "integers", "repeated"), n_max=300
):
    """Draw a problem; every structure gets enough rows for its covariances."""
    return make_problem(
        name,
        draw(st.integers(0, 10**6)),
        draw(st.integers(1, 4)),
        draw(st.integers(40, n_max)),
        draw(st.sampled_from(separations)),
        draw(st.sampled_from(kinds)),
    )


def step(name, start, x, omega=None, n_steps=1, **options):
    """Make EM steps of this structure; return the parameters and the log-likelihood before the last step."""
    problem = Problem.of(ArraySource(x, omega, **options), STRUCTURES[name])
    *_, last = islice(em_passes(problem, start.at(None)), n_steps)
    return last.steps.at(0), float(last.loglik[0])


def assert_close(found, wanted, tol):
    """Compare parameters in units of the wanted components' own deviations."""
    sd = np.sqrt(np.diagonal(wanted.covariances, axis1=-2, axis2=-1))
    np.testing.assert_allclose(found.weights, wanted.weights, rtol=0, atol=tol, err_msg="weights")
    np.testing.assert_allclose((found.means - wanted.means) / sd, 0.0, rtol=0, atol=tol, err_msg="means")
    gap = (found.covariances - wanted.covariances) / (sd[..., :, None] * sd[..., None, :])
    np.testing.assert_allclose(gap, 0.0, rtol=0, atol=tol, err_msg="covariances")


@every_structure
def test_moments_of_chunks_add_up_to_moments_of_the_whole(name):
    @examples(15)
    @given(problems(name), st.lists(st.integers(0, 300), max_size=4))
    def holds(problem, cuts):
        x, omega, start = problem
        form = STRUCTURES[name].form
        whole = ArraySource(x, omega).moments(start, form)
        edges = [0, *sorted(c for c in cuts if c < len(x)), len(x)]
        parts = []
        for low, high in pairwise(edges):
            if high > low:
                parts.append(_moments_of_rows(x[low:high], omega[low:high], start, form))
        total = sum(parts[1:], parts[0])
        size = omega @ np.abs(x[:, None] - start.means).max(axis=(1, 2)) ** 2
        for field in ("counts", "sums", "scatters", "loglik"):
            np.testing.assert_allclose(
                getattr(total, field), getattr(whole, field), rtol=1e-12, atol=1e-13 * size, err_msg=field
            )

    holds()


def _moments_of_rows(x, omega, start, form):
    """Make a pass over rows as they are: a piece may be a single row, which no source would take."""
    found = _core.kernels().moments(
        x, omega, start.weights, start.means, form.spreads(start.covariances), form.name, 1
    )
    return Moments(start.means, *found, form)


@every_structure
def test_pieces_of_the_data_give_the_m_step_of_the_whole(name):
    """Summed up and passed over apart, moved about the means of the first piece, and put together again."""

    @examples(10)
    @given(problems(name, kinds=("plain",)), st.integers(2, 5))
    def holds(problem, n_pieces):
        x, omega, start = problem
        structure, whole = STRUCTURES[name], ArraySource(x, omega)
        pieces = [
            ArraySource(x[i : i + size], omega[i : i + size])
            for size in [-(-len(x) // n_pieces)]
            for i in range(0, len(x), size)
        ]
        summary = sum((piece.summary for piece in pieces[1:]), pieces[0].summary)
        np.testing.assert_allclose(summary.mean, whole.mean, rtol=0, atol=1e-12 * np.abs(x).max())
        np.testing.assert_allclose(summary.variance, whole.variance, rtol=1e-11, atol=0)
        parts = [piece.moments(start, structure.form) for piece in pieces]
        about = parts[0].centred()[1]
        total = sum((part.about(about) for part in parts[1:]), parts[0].about(about))
        floor = Problem.of(whole, structure).floor
        wanted = structure.maximise(whole.moments(start, structure.form), floor)
        assert_close(structure.maximise(total, floor), wanted, 1e-9)

    holds()


@every_structure
def test_any_number_of_threads_gives_the_same_bits(name):
    problem = make_problem(name, seed=1, k=3, n=5000, separation=2.0)
    for omega in (None, problem.omega):
        options = {"structure": name, "sample_weight": omega, "start": problem.start, "max_iter": 30}
        fits = [fit_mixture(problem.x, 3, n_threads=t, compress=False, **options) for t in (1, 2, 5)]
        for other in fits[1:]:
            np.testing.assert_array_equal(other._parameters.weights, fits[0]._parameters.weights)
            np.testing.assert_array_equal(other._parameters.means, fits[0]._parameters.means)
            np.testing.assert_array_equal(other._parameters.covariances, fits[0]._parameters.covariances)
            assert other.loglik == fits[0].loglik


@every_structure
def test_the_order_of_rows_does_not_matter(name):
    @examples(15)
    @given(problems(name), st.integers(0, 10**6))
    def holds(problem, seed):
        x, omega, start = problem
        order = np.random.default_rng(seed).permutation(len(x))
        shuffled, loglik = step(name, start, x[order], omega[order], n_steps=2)
        wanted, before = step(name, start, x, omega, n_steps=2)
        assert_close(shuffled, wanted, 1e-9)
        np.testing.assert_allclose(loglik, before, rtol=1e-12, atol=1e-9)

    holds()


@every_structure
def test_weight_two_is_a_row_twice_and_weight_zero_is_no_row(name):
    @examples(15)
    @given(problems(name), st.integers(0, 10**6))
    def holds(problem, seed):
        x, _, start = problem
        times = np.random.default_rng(seed).integers(0, 4, size=len(x))
        times[:20] = 1
        repeated = np.repeat(x, times, axis=0)
        x = np.where(times[:, None] > 0, x, 1e3)
        weighted, loglik = step(name, start, x, times.astype(float), n_steps=2)
        wanted, before = step(name, start, repeated, n_steps=2)
        assert_close(weighted, wanted, 1e-9)
        np.testing.assert_allclose(loglik, before, rtol=1e-12, atol=1e-9)

    holds()


@every_structure
def test_a_whole_fit_with_weights_is_that_of_the_rows_repeated(name):
    problem = make_problem(name, seed=2, k=2, n=400, separation=5.0)
    times = np.random.default_rng(0).integers(0, 4, size=400)
    options = {"structure": name, "start": problem.start, "tol": 1e-9, "compress": False}
    weighted = fit_mixture(problem.x, 2, sample_weight=times.astype(float), **options)
    repeated = fit_mixture(np.repeat(problem.x, times, axis=0), 2, **options)
    assert_close(weighted._parameters, repeated._parameters, 1e-5)
    np.testing.assert_allclose(weighted.loglik, repeated.loglik, rtol=0, atol=1e-7)


def affine_pair(x, log_scale, shift):
    """Return a, b, data y near a x + b, and the x that y is exactly (y - b) / a of, to its own rounding."""
    a = 10.0**log_scale
    b = shift * a * x.std()
    y = a * x + b
    return a, b, y, (y - b) / a


@every_structure
def test_a_step_follows_any_unit_and_origin(name):
    @examples(25)
    @given(
        problems(name, kinds=("plain",)),
        st.floats(-7, 7),
        st.sampled_from([0.0, 1.0, -1e4, 1e6, -1e8, 1e8]),
    )
    def holds(problem, log_scale, shift):
        a, b, y, x = affine_pair(problem.x, log_scale, shift)
        start = problem.start
        moved = Parameters(start.weights, a * start.means + b, a**2 * start.covariances)
        # Means are kept where the data are, to the rounding of numbers of that size, in deviations.
        start = Parameters(start.weights, (moved.means - b) / a, start.covariances)
        found, loglik = step(name, moved, y, n_steps=3)
        wanted, before = step(name, start, x, n_steps=3)
        back = Parameters(found.weights, (found.means - b) / a, found.covariances / a**2)
        unit = (
            EPS
            * (1 + abs(shift))
            * x.std()
            / np.sqrt(np.diagonal(wanted.covariances, axis1=-2, axis2=-1).min())
        )
        assert_close(back, wanted, 1e-9 + 200 * unit)
        np.testing.assert_allclose(
            loglik + x.size * np.log(a), before, rtol=1e-11, atol=len(x) * (1e-11 + 200 * unit)
        )

    holds()


@every_structure
@pytest.mark.parametrize(
    ("log_scale", "shift"), [(-7, 0.0), (-7, 1e8), (7, 0.0), (7, -1e8), (0, 1e8), (0.3, 1e5), (-3, -1e7)]
)
def test_a_whole_fit_follows_any_unit_and_origin(name, log_scale, shift):
    problem = make_problem(name, seed=3, k=2, n=500, separation=6.0)
    a, b, y, x = affine_pair(problem.x, log_scale, shift)
    start = problem.start
    moved = Parameters(start.weights, a * start.means + b, a**2 * start.covariances)
    found = fit_mixture(y, 2, structure=name, start=moved, tol=1e-7, compress=False)
    wanted = fit_mixture(x, 2, structure=name, start=start, tol=1e-7, compress=False)
    back = found.mixture.affine(1 / a, -b / a)
    assert not found.degenerate
    # Both end within 1e-7 nats of the maximum, so within 4.5e-4 standard errors, each 0.06 deviations or so.
    assert_close(back.parameters, wanted.mixture.parameters, 1e-4 + 1e3 * EPS * abs(shift))
    np.testing.assert_allclose(found.loglik + x.size * np.log(a), wanted.loglik, rtol=1e-11, atol=1e-5)


@every_structure
def test_the_likelihood_never_falls_from_step_to_step(name):
    @examples(20)
    @given(problems(name))
    def holds(problem):
        x, omega, now = problem
        em, last = Problem.of(ArraySource(x, omega), STRUCTURES[name]), -np.inf
        for evaluation in islice(em_passes(em, now.at(None)), 12):
            if em.floor.touches(evaluation.mixtures.covariances).any():
                break
            assert evaluation.loglik[0] >= last - 1e-10 * (1 + abs(last))
            last = evaluation.loglik[0]

    holds()


@every_structure
def test_a_fit_climbs_and_its_likelihood_is_that_of_its_mixture(name):
    @examples(10)
    @given(problems(name))
    def holds(problem):
        x, omega, start = problem
        k = len(start.weights)
        fit = fit_mixture(x, k, structure=name, sample_weight=omega, start=start, compress=False)
        # A component that is held at the floor is no maximum, and what holds it may cost likelihood.
        falls = -np.diff(fit.history) if not fit.degenerate else np.zeros(1)
        assert falls.max(initial=0.0) <= 1e-10 * (1 + abs(fit.loglik))
        assert fit.loglik >= fit.history[0]
        summed = omega @ fit.mixture.logpdf(x)
        np.testing.assert_allclose(fit.loglik, summed, rtol=1e-10, atol=1e-8)

    holds()


@every_structure
def test_single_precision_storage_fits_as_its_double_precision_copy(name):
    problem = make_problem(name, seed=4, k=2, n=600, separation=4.0)
    single = problem.x.astype(np.float32)
    options = {"structure": name, "start": problem.start, "compress": False}
    fits = [fit_mixture(rows, 2, **options) for rows in (single, single.astype(np.float64))]
    np.testing.assert_allclose(fits[0].loglik, fits[1].loglik, rtol=1e-12, atol=0)
    assert_close(fits[0]._parameters, fits[1]._parameters, 1e-12)

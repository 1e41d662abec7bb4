"""The three programs agree with one another, and the fast pass with them."""

import numpy as np
import pytest

from mixtura import Mixture, _core, fit_mixture
from mixtura.datasets import ALPHAS_START, ALPHAS_THRESHOLD, alphas
from mixtura.em.reference import STEPS, Univariate, run, simulate, step_broadcast, step_loops
from mixtura.model.parameters import Parameters
from mixtura.sources import ArraySource
from mixtura.structures import STRUCTURES, Floor

NO_FLOOR = Floor(np.array([1e-300]))


@pytest.fixture(params=sorted(_core._backends))
def backend(request):
    before = _core.use(request.param)
    yield request.param
    _core.use(before)


def iterate_pass(x, start, n_iter, **options):
    """Make n_iter EM iterations with the library's own pass and the M-step of structure V."""
    source, structure = ArraySource(x, **options), STRUCTURES["V"]
    parameters = Parameters(start.weights, start.means[:, None], start.variances[:, None, None])
    for _ in range(n_iter):
        parameters = structure.maximise(source.moments(parameters, structure.form), NO_FLOOR)
    return Univariate(parameters.weights, parameters.means[:, 0], parameters.covariances[:, 0, 0])


def assert_same(found, wanted, rtol):
    for name, a, b in zip(Univariate._fields, found, wanted):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=0, err_msg=name)


@pytest.mark.parametrize("name", STEPS)
def test_the_three_programs_agree(name):
    truth = Univariate(np.array([0.2, 0.3, 0.5]), np.array([-2.0, 0.0, 3.0]), np.array([0.5, 1.0, 2.0]))
    x, _ = simulate(truth, 300, np.random.default_rng(0))
    start = Univariate(np.full(3, 1 / 3), np.array([-1.0, 0.5, 1.0]), np.ones(3))
    found, n_iter = run(STEPS[name], x, start, threshold=0.0, max_iter=5)
    assert n_iter == 5
    assert_same(found, run(step_broadcast, x, start, threshold=0.0, max_iter=5)[0], rtol=1e-12)


def test_a_step_by_hand():
    # Two values, each nearer its own mean: r = 1 / (1 + exp(-2)) for the near one, by symmetry.
    near = 1 / (1 + np.exp(-2.0))
    start = Univariate(np.array([0.5, 0.5]), np.array([-1.0, 1.0]), np.ones(2))
    mean = 2 * near - 1
    for step in STEPS.values():
        found = step(np.array([-1.0, 1.0]), start)
        assert_same(
            found, Univariate(np.full(2, 0.5), np.array([-mean, mean]), np.full(2, 1 - mean**2)), 1e-14
        )


def test_the_threshold_ends_the_loop():
    # On the alphas' scale of 1e-3 an absolute threshold of 1e-4 says stop long before a maximum.
    x = alphas(seed=0).data.ravel()
    found, n_iter = run(step_broadcast, x, ALPHAS_START, threshold=ALPHAS_THRESHOLD)
    before, _ = run(step_broadcast, x, ALPHAS_START, threshold=0.0, max_iter=n_iter - 1)
    assert max(np.abs(a - b).max() for a, b in zip(found, before)) < ALPHAS_THRESHOLD
    assert n_iter < 20


def test_three_iterations_equal_the_double_loops(backend):
    x = alphas(seed=0).data.ravel()
    wanted, _ = run(step_loops, x, ALPHAS_START, threshold=0.0, max_iter=3)
    assert_same(iterate_pass(x, ALPHAS_START, 3), wanted, rtol=1e-9)


def test_a_hundred_iterations_equal_the_broadcast_program(backend):
    x = alphas(seed=0).data.ravel()
    wanted, _ = run(step_broadcast, x, ALPHAS_START, threshold=0.0, max_iter=100)
    assert_same(iterate_pass(x, ALPHAS_START, 100), wanted, rtol=1e-9)


def test_a_wide_table_is_the_same_in_any_layout(backend):
    table = alphas(seed=0).data
    flat = iterate_pass(table.ravel(), ALPHAS_START, 2)
    padded = np.zeros((table.size, 3))
    padded[:, 1] = table.ravel()
    assert_same(iterate_pass(padded[:, 1:2], ALPHAS_START, 2), flat, rtol=0)
    assert_same(iterate_pass(table.ravel(), ALPHAS_START, 2, n_threads=2), flat, rtol=0)


@pytest.mark.parametrize("structure", ["E", "V"])
def test_the_alphas_fitted_to_convergence_keep_their_variance(structure):
    # A fixed 1e-6 added to every variance would double it. 2% is over two standard errors of this variance.
    x = alphas(seed=0).data.ravel()
    start = Mixture(ALPHAS_START.weights, ALPHAS_START.means, ALPHAS_START.variances)
    for options in ({}, {"start": start}):
        fit = fit_mixture(x, 2, structure=structure, **options)
        within = fit.mixture.weights @ fit.mixture.covariances[:, 0, 0]
        np.testing.assert_allclose(within, 9.5e-7, rtol=0.02, atol=0)


def test_the_original_program_and_the_pass_end_with_both_variances_right():
    # Converged by the original program's own threshold; scikit-learn's floor of 1e-6 gives 1.93e-6 for both.
    x = alphas(seed=0).data.ravel()
    wanted, n_iter = run(step_broadcast, x, ALPHAS_START, threshold=ALPHAS_THRESHOLD)
    found = iterate_pass(x, ALPHAS_START, n_iter)
    for components in (wanted, found):
        np.testing.assert_allclose(components.variances, 9.5e-7, rtol=0.02, atol=0)

"""Confirmation: a climb that says it has converged has, and the flattest way is found wherever it leads."""

from itertools import islice

import numpy as np
import pytest
from tests.helpers import climbed, overlapping, problem_of

from mixtura import fit_mixture
from mixtura.em import Status, em_passes
from mixtura.em.confirmation import Confirmation
from mixtura.em.information import observed_information
from mixtura.em.newton import MOST_PROBES
from mixtura.model.parameters import Parameters

MORE = 1_000  # passes of plain EM that must not find what a converged fit has missed
CASES = [
    ("VVV", 3, 4),
    ("EEE", 4, 4),
    ("VVI", 4, 6),
    ("VII", 6, 5),
]  # of more parameters than one pass probes


def blobs(seed, n, d, k, apart):
    """Return rows of unit normals about centres that are themselves drawn from a normal."""
    r = np.random.default_rng(seed)
    return (r.normal(size=(k, d)) * apart)[r.integers(k, size=n)] + r.normal(size=(n, d))


@pytest.mark.parametrize(
    ("name", "n", "d", "k", "apart", "seed"),
    [
        # the first led over a plateau that lies six nats below the maximum: EM leaves it after 500 passes
        ("VVI", 2_000, 3, 12, 4.0, 285),
        *[("VVI", 2_000, 8, 20, 4.0, seed) for seed in range(4)],
        *[("VVV", 300, 3, 2, 1.0, seed) for seed in range(8)],
    ],
)
def test_plain_em_gains_nothing_more_where_a_fit_says_that_it_converged(name, n, d, k, apart, seed):
    x = blobs(seed, n, d, k, apart)
    fit = fit_mixture(x, k, structure=name, seed=seed, n_init=1)
    assert fit.status is Status.CONVERGED
    *_, last = islice(em_passes(problem_of(x, name), fit._parameters.at(None)), MORE)
    assert last.loglik[0] - fit.loglik <= 3e-4


def looked_at(problem, at, tol=1e-4):
    """Return the solver after it has looked around a mixture (k,) and put to the test what it saw."""
    solver = Confirmation(problem, problem.evaluate(at.at(None)).at(0), tol)
    least = []
    for _ in range(100):
        if solver.finished:
            break
        solver.learn(problem.evaluate(solver.propose()))
        least.append(float(solver.model.curvatures[0]))
    assert solver.finished
    return solver, least[-1]


def least_eigenvalue(problem, at):
    """Return the least curvature of all, by probes in all directions."""
    return np.linalg.eigvalsh(observed_information(problem, problem.parametrisation(at)))[0]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("name", "k", "d"), CASES)
def test_at_a_maximum_the_least_curvature_is_that_of_all_directions(name, k, d, seed):
    x, start = overlapping(1_000, d, k, apart=2.0, seed=seed)
    problem = problem_of(x, name)
    assert problem.n_parameters(k) > MOST_PROBES
    run = climbed(problem, start, tol=1e-9)
    solver, least = looked_at(problem, run.parameters)
    assert solver.certain
    assert solver.remaining <= 1e-4
    assert least == pytest.approx(least_eigenvalue(problem, run.parameters), rel=0.1, abs=1e-5)


def doubled(problem, run):
    """Return a maximum with its first component in two equal halves, where the score vanishes as well."""
    p = run.parameters
    order = np.r_[0, np.arange(p.n_components)]
    halves = np.r_[0.5, 0.5, np.ones(p.n_components - 1)]
    return Parameters(p.weights[order] * halves, p.means[order], p.covariances[order])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("name", "k", "d"), CASES)
def test_on_a_saddle_the_way_up_is_found_and_taken(name, k, d, seed):
    x, _ = overlapping(1_000, d, k, apart=2.0, seed=seed)
    problem = problem_of(x, name)
    fewer = overlapping(1_000, d, k - 1, apart=2.0, seed=seed)[1]
    at = doubled(problem, climbed(problem, fewer, tol=1e-11))
    wanted = least_eigenvalue(problem, at)
    solver, least = looked_at(problem, at)
    before = float(problem.evaluate(at.at(None)).loglik[0])
    assert wanted < -0.1
    assert least == pytest.approx(wanted, rel=0.1, abs=0)
    assert not solver.certain
    assert solver.here.loglik > before + 1e-6
    run = climbed(problem, at)
    assert run.status is Status.CONVERGED
    assert run.loglik > before + 0.1


def test_a_look_asks_for_fewer_mixtures_than_there_are_directions():
    x, start = overlapping(2_000, 10, 6, apart=2.0)
    problem = problem_of(x)
    run = climbed(problem, start, tol=1e-6)
    before = problem.work.evaluations
    solver, _ = looked_at(problem, run.parameters)
    assert solver.certain
    assert problem.work.evaluations - before < problem.n_parameters(6) / 2


def test_a_run_cut_while_it_confirms_goes_on_to_the_tolerance_that_it_is_resumed_with():
    x, at = overlapping(400, 3, 4, apart=3.0, seed=2)
    problem = problem_of(x)
    whole = climbed(problem, at, tol=0.1)
    runs = [climbed(problem, at, tol=0.1, max_iter=cut) for cut in range(1, whole.n_iter)]
    cut = next(run for run in runs if isinstance(run.state.solver, Confirmation))
    further = climbed(problem, at, cut.state, tol=1e-6, max_iter=1)
    assert isinstance(further.state.solver, Confirmation)
    assert further.state.solver.tol == 1e-6
    assert cut.state.solver.tol == 0.1

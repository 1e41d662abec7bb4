"""What the tests of fits share: problems of rows, overlapping components, a climb, runs to the bit."""

from itertools import islice

import numpy as np

from mixtura.em import Problem, Run, Settings, State, em_passes, maximise
from mixtura.model.parameters import Parameters
from mixtura.sources import ArraySource, Source
from mixtura.structures import STRUCTURES, structure

FAMILIES = [name for name in STRUCTURES if len(name) == 3]  # of two dimensions and more
TURNED = ("EEV", "VEV", "EVE", "VVE")


def problem_of(x, name="VVV", weights=None, reg_covar=None) -> Problem:
    """Return the problem of rows (n, d) or (n,), or of a source, with a structure."""
    source = x if isinstance(x, Source) else ArraySource(x, weights)
    return Problem.of(source, structure(name, source.n_features), reg_covar)


def climbed(problem: Problem, start: Parameters, state: State | None = None, **settings) -> Run:
    """Climb from a start with these settings, or go on from a state."""
    return maximise(problem, start, Settings(**settings), state=state)


def overlapping(n=400, d=2, k=2, *, apart=1.3, seed=0):
    """Return rows (n, d) of overlapping components, and a start from random rows."""
    rng = np.random.default_rng(seed)
    x = apart * rng.normal(size=(k, d))[rng.integers(k, size=n)] + rng.normal(size=(n, d))
    covariances = np.repeat(np.diag(x.var(axis=0))[None], k, axis=0)
    return x, Parameters(np.full(k, 1 / k), x[rng.choice(n, k, replace=False)], covariances)


def fitted_a_little(name, k, d, n=300, seed=0):
    """Return a problem of overlapping components and a mixture that two EM steps have fitted a little.

    Where a structure turns components, they are longer than wide, or there would be nothing to turn.
    """
    x, at = overlapping(n, d, k, apart=1.5, seed=seed)
    if name in TURNED:
        stretch = 2.0 ** np.arange(d)
        x, at = stretch * x, Parameters(at.weights, stretch * at.means, stretch**2 * at.covariances)
    problem = problem_of(x, name)
    for evaluation in islice(em_passes(problem, at.at(None)), 2):
        at = evaluation.steps.at(0)
    return problem, at


def assert_same(one: Run, other: Run) -> None:
    """Check that two runs made the same passes and ended at the same mixture, to the bit."""
    assert one.loglik == other.loglik
    for name in ("weights", "means", "covariances"):
        np.testing.assert_array_equal(getattr(one.parameters, name), getattr(other.parameters, name))
    np.testing.assert_array_equal(one.history, other.history)

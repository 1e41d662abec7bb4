"""Fewer components: the bound on what merging two costs holds, and saves the passes where they are dear."""

import numpy as np
import pytest
from tests.helpers import climbed, overlapping, problem_of

from mixtura.search import reduction


def fitted(name, seed, apart=1.5, d=3, n=800):
    """Return the problem of four overlapping blobs, and its fit."""
    x, start = overlapping(n, d, 4, apart=apart, seed=seed)
    problem = problem_of(x, name)
    return problem, climbed(problem, start)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["VVV", "EEE", "VVI", "VII"])
def test_merging_two_components_loses_no_more_than_the_bound(name, seed):
    problem, run = fitted(name, seed)
    first, second = np.triu_indices(4, 1)
    starts = problem.structure.admitted(reduction.merge(run.parameters, first, second), problem.floor)
    for i, loglik in enumerate(problem.evaluate(starts).loglik):
        loss = reduction.merging_loss(run.parameters, starts.at(i), problem.source.total_weight)
        assert run.loglik - loglik <= loss + 1e-2  # the fit is a maximum to 1e-4 nats


def test_where_passes_are_dear_a_bound_that_settles_it_costs_none(monkeypatch):
    monkeypatch.setattr(reduction, "CHEAP", 0.0)
    problem, run = fitted("VVV", 0, apart=0.5, d=16, n=3_000)
    reads = problem.work.reads
    bounded = reduction.one_less(problem, run.parameters, run.loglik)
    assert problem.work.reads == reads
    monkeypatch.undo()
    better = reduction.one_less(problem, run.parameters, run.loglik)
    assert problem.work.reads > reads
    assert bounded.loglik <= better.loglik
    assert bounded.n_components == better.n_components == 3

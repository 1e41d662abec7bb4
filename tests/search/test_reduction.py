"""Fewer components: the bound on what merging two costs holds, and saves the passes where they are dear."""

import numpy as np
import pytest

from mixtura import em
from mixtura.model.parameters import Parameters
from mixtura.search import reduction
from mixtura.search.fitting import make_floor
from mixtura.sources import ArraySource
from mixtura.structures import restricted, structure


def fitted(name, seed, apart=1.5, k=4, d=3, n=800):
    """Return source, structure, floor and a fit of k overlapping blobs."""
    rng = np.random.default_rng(seed)
    x = apart * rng.normal(size=(k, d))[rng.integers(k, size=n)] + rng.normal(size=(n, d))
    source, family = ArraySource(x), structure(name, d)
    floor = make_floor(source)
    start = Parameters(np.full(k, 1 / k), x[:k], np.repeat(np.diag(source.variance)[None], k, axis=0))
    return source, family, floor, em.fit(source, family, start, floor=floor)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["VVV", "EEE", "VVI", "VII"])
def test_merging_two_components_loses_no_more_than_the_bound(name, seed):
    source, family, _, run = fitted(name, seed)
    first, second = np.triu_indices(4, 1)
    starts = restricted(reduction.merge(run.parameters, first, second), family.form)
    logliks = source.moments(starts, family.form).loglik
    for i, loglik in enumerate(logliks):
        loss = reduction.merging_loss(run.parameters, starts.at(i), source.total_weight)
        assert run.loglik - loglik <= loss + 1e-2  # the fit is a maximum to 1e-4 nats


def test_where_passes_are_dear_a_bound_that_settles_it_costs_none(monkeypatch):
    monkeypatch.setattr(reduction, "CHEAP", 0.0)
    source, family, floor, run = fitted("VVV", 0, apart=0.5, d=16, n=4_000)
    monkeypatch.setattr(source, "moments", None)
    bounded = reduction.one_less(run.parameters, run.loglik, source, family, floor)
    monkeypatch.undo()
    better = reduction.one_less(run.parameters, run.loglik, source, family, floor)
    assert bounded.loglik <= better.loglik
    assert bounded.n_components == better.n_components == 3

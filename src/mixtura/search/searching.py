"""The search: starts of many kinds, then from optimum to optimum, and what is to be said of it."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ..em import Run
from ..model.parameters import Parameters
from ..sources import Source
from .account import Search, account_of, first_account
from .candidates import Candidates, walked
from .effort import Effort
from .generations import breed
from .ground import Ground
from .multistart import exactly, first_look, fresh_overfits, halved, is_settled, lean_look, portfolio
from .population import LOOSE, Population
from .repair import repair
from .sample import Sample
from .starts import Rows

DEAR = 3e5  # nanoseconds of an evaluation, from which on single components are looked at before all are
PARAMETER_ROWS = 6  # rows of a sample for each parameter
LEAST_ROWS = 4000  # of a sample
MUCH_SMALLER = 1.25  # times fewer than all rows are worth a sample
START_ROWS = 3000  # rows that starts are drawn from
SHARES = 2e6  # of rows and components that are held at a time
LOOSE_DEAR = 0.3  # nats that may be ahead of an optimum there, while components are exchanged
LEADERS = 3  # of starts on a sample that go on where passes are dear
LEAD_STEPS = 4  # passes over the whole that tell the leaders of a sample apart


def apart(rng: Generator) -> Generator:
    """Return a generator to draw rows with, so that all else is drawn alike however a source draws."""
    return np.random.default_rng(rng.integers(2**63))


def start_rows(source: Source, k: int, rng: Generator) -> Rows:
    """Return the rows that starts are drawn from."""
    values = source.sample(max(START_ROWS, 40 * k), apart(rng))
    return Rows(values, source.mean, np.sqrt(source.variance))


def search(
    ground: Ground, k: int, rng: Generator, effort: Effort, n_init: int | None
) -> tuple[Parameters, Search, Run | None]:
    """Return where to climb to the end from (m,), the best optimum first, the account of the search, and the
    run that has come near to that optimum, if one has.
    """
    rows = start_rows(ground.source, k, rng)
    small = smaller(ground, k, rng)
    dear = ground.time(k) > DEAR
    if n_init is not None:
        found = exactly(small, rows, k, n_init, rng)
    elif dear:
        found = lean_look(small, rows, k, rng)
    else:
        found = first_look(small, rows, k, rng)
        if effort.settles and is_settled(found):
            return found.parameters.at(found.ranked()), first_account(found, small.n_rows), None
        found = found + portfolio(small, rows, k, rng, effort)
    found, behind = found.parted(LEADERS) if dear else halved(small, found)
    population = Population(ground, LOOSE_DEAR if dear else LOOSE)
    population.leave(behind, same_rows=small is ground)
    population.add(on_all_rows(ground, small, found), 1 if dear else effort.contenders)
    if dear and n_init is None:
        if population.leader is not None:
            sample = Sample.of(ground.source, max(LEAST_ROWS, int(SHARES / k)), apart(rng), ground.unit)
            fresh = fresh_overfits(small, rows, k, rng)
            repair(ground, small, population, fresh, sample, rng, effort)
            if population.agreed >= effort.agreed:
                return population.leaders(), account_of(population, small.n_rows), population.leader.run
        found, behind = halved(small, portfolio(small, rows, k, rng, effort))
        population.leave(behind, same_rows=small is ground)
        population.add(on_all_rows(ground, small, found), effort.contenders)
    if population.leader is None:
        return found.parameters.at(found.ranked()), account_of(population, small.n_rows), None
    if n_init is None:
        breed(ground, population, rows, rng, effort)
    assert population.leader is not None
    return population.leaders(), account_of(population, small.n_rows), population.leader.run


def on_all_rows(ground: Ground, small: Ground, found: Candidates) -> Candidates:
    """Return candidates that were compared on a sample where they stand on all rows, the best first."""
    if small is ground:
        return found
    found = walked(ground, found.parameters, found.kinds, LEAD_STEPS)
    return found.at(found.ranked())


def smaller(ground: Ground, k: int, rng: Generator) -> Ground:
    """Return the search on a sample that is large enough to compare starts, where that is much smaller."""
    size = max(LEAST_ROWS, PARAMETER_ROWS * ground.problem.n_parameters(k))
    if ground.n_rows <= MUCH_SMALLER * size:
        return ground
    try:
        sample = ground.source.subsample(size, apart(rng))
    except ValueError:  # a column does not vary in the sample
        return ground
    return ground.on(sample) if sample.cost.rows < ground.n_rows else ground

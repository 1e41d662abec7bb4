"""Generations: a search goes on from the optima it knows, until several in a row find no better."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ..model.parameters import Parameters, concatenated, stacked
from .candidates import walked
from .effort import Effort
from .ground import Ground
from .merging import merged_down
from .offspring import crossed, mutated, united
from .population import Population
from .starts import Rows

MIX = ("moved", "crossed", "united", "both")  # of a brood, in turn
UNITED_PASSES = 3  # of a union of two mixtures, before the first merge
WALK = 12  # passes of a brood
LEADING = 6  # that are climbed
AGAIN = 1.0  # times the generations until the best was found, that may then be in vain
HALF = 0.5  # of all that was tried, that have led to the best, from which on few generations are enough
CLEAR = 2  # of these
CHILD = 20.0  # evaluations, about, that one takes
LEAST = 6  # offspring of a generation


def breed(ground: Ground, population: Population, rows: Rows, rng: Generator, effort: Effort) -> None:
    """Make generations of offspring until several in a row lead no higher, or the time is spent.

    Offspring are optima one of whose components was moved; two crossed; both of it; two united, one of them
    moved, and merged down. A search that has found its best late goes on for longer.

    What lost, in fits of 256 that ended below the best that any of 20 searches found, at the time that these
    (33) take: exchanges of components that look promising among the offspring (36, at 1.2 times the time),
    moves alone (48), unions and crossings alone (39), a population of 16 in place of 8 (39), fewer offspring
    in more generations (28, at 1.2 times), second walks of plain EM in place of climbs (38).
    """
    evaluation = ground.time(population.n_components)
    time = effort.time_to_search(evaluation)
    end = ground.spent + time
    size = int(np.clip(time / (CHILD * evaluation * max(effort.vain, 1)), LEAST, max(LEAST, effort.brood)))
    vain = made = found_at = 0
    while ground.spent < end:
        most = population.agreed >= HALF * population.tried and effort.settles
        if vain >= (min(CLEAR, effort.vain) if most else max(effort.vain, AGAIN * found_at)):
            break
        stack, kinds = brood(ground, population, rows, rng, max(LEAST, size // 3) if most else size)
        leading, behind = walked(ground, stack, kinds, WALK).parted(LEADING)
        made += 1
        if population.add(leading + behind, LEADING):
            vain, found_at = 0, made
        else:
            vain += 1


def brood(
    ground: Ground, population: Population, rows: Rows, rng: Generator, size: int
) -> tuple[Parameters, tuple[str, ...]]:
    """Return the offspring (m,) of a generation, and their kinds."""
    made: list[tuple[Parameters, str]] = []
    unions: list[Parameters] = []
    alone = len(population.members) < 2
    for kind in (MIX * (1 + size // len(MIX)))[:size]:
        if alone or kind == "moved":
            made.append((mutated(ground, population.parent(rng).parameters, rows.values, rng), "moved"))
            continue
        one, other = population.pair(rng)
        if kind == "united":
            unions.append(united(mutated(ground, one, rows.values, rng), other))
            continue
        child = crossed(one, other, rng)
        made.append((mutated(ground, child, rows.values, rng) if kind == "both" else child, kind))
    stack = ground.admitted(stacked([child for child, _ in made]))
    kinds = tuple(kind for _, kind in made)
    if unions:
        merged = merged_down(ground, ground.admitted(stacked(unions)), population.n_components, UNITED_PASSES)
        stack, kinds = concatenated([stack, merged]), kinds + ("united",) * len(unions)
    return stack, kinds

"""Generations: a search goes on from the optima it knows, until several in a row find no better."""

from __future__ import annotations

from numpy.random import Generator

from ..model.parameters import Parameters, concatenated, stacked
from .candidates import walked
from .effort import Effort
from .exchanges import exchanges
from .ground import Ground
from .merging import merged_down
from .offspring import crossed, mutated, united
from .population import Member, Population
from .sample import Look, Sample
from .starts import Rows

MIX = ("exchange", "united", "moved", "crossed", "exchange", "united", "moved", "both")  # of a brood, in turn
UNITED_PASSES = 3  # of a union of two mixtures, before the first merge
FIRST_WALK, SECOND_WALK = 12, 15  # passes of a brood, and of those that lead it
LEADING = 6  # that walk on
CLIMBS = 2  # of a generation


def breed(
    ground: Ground, population: Population, rows: Rows, sample: Sample, rng: Generator, effort: Effort
) -> None:
    """Make generations of offspring until several in a row lead no higher, or the time is spent.

    Offspring are exchanges, the most promising first; optima one of whose components was moved; two crossed;
    two united and merged down. What each of them misses another finds: of 39 small problems that starts alone
    had missed, ten generations of eight found 26 by exchanges, 24 by moves, 24 by a mixture of the three
    others, and 27 by all four, where as many more starts found 15.
    """
    end = ground.spent + effort.time_to_search(ground.time(population.n_components))
    vain = 0
    while vain < effort.vain and ground.spent < end:
        stack, kinds = brood(ground, population, rows, sample, rng, effort.brood)
        leading = walked(ground, stack, kinds, FIRST_WALK).distinct(LEADING)
        leading = walked(ground, leading.parameters, leading.kinds, SECOND_WALK)
        vain = 0 if population.add(leading, CLIMBS) else vain + 1


def brood(
    ground: Ground, population: Population, rows: Rows, sample: Sample, rng: Generator, size: int
) -> tuple[Parameters, tuple[str, ...]]:
    """Return the offspring (m,) of a generation, and their kinds."""
    made: list[tuple[Parameters, str]] = []
    unions: list[Parameters] = []
    alone = len(population.members) < 2
    for kind in (MIX * (1 + size // len(MIX)))[:size]:
        if kind == "exchange":
            parent = population.leader if rng.random() < 0.6 else population.parent(rng)
            assert parent is not None
            if (child := exchanged(ground, parent, sample, rng)) is not None:
                made.append((child, "exchange"))
                continue
        if alone or kind in ("moved", "exchange"):
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


def exchanged(ground: Ground, parent: Member, sample: Sample, rng: Generator) -> Parameters | None:
    """Return a parent after the next most promising exchange, if there is one left."""
    if parent.exchanges is None:
        look = Look.of(ground, sample, parent.parameters)
        parent.exchanges = [] if look is None else exchanges(ground, look, rng)
    return parent.exchanges.pop(0).made(parent.parameters) if parent.exchanges else None

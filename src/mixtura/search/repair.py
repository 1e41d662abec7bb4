"""Repair: components of the best mixture exchanged as long as that leads higher, where passes are dear."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from numpy.random import Generator

from ..model.parameters import Parameters, concatenated, stacked
from .candidates import walked
from .effort import Effort
from .exchanges import Exchange, exchanges, put
from .generations import UNITED_PASSES
from .ground import Ground
from .merging import merged_down
from .offspring import united
from .partial import Moved, moved
from .population import Population
from .sample import Look, Sample

LOOKED_AT = 12  # exchanges whose components move
PARTIAL = 8  # passes of these components
UNIONS = 1  # of the leader with a fresh start, that are tried with the exchanges
TRIED = 3  # exchanges, the best of them, that all components answer
STEPS = 4  # passes of that
LEADING = 1  # of them that walks on
LONGEST = 4.0  # times the time that a search may take, it may while it leads higher
FURTHER = 10  # passes: what is ahead of a slow one looks less than it is


def repair(
    ground: Ground,
    small: Ground,
    population: Population,
    fresh: Iterator[Parameters],
    sample: Sample,
    rng: Generator,
    effort: Effort,
) -> None:
    """Exchange components of the leader as long as that leads higher, where passes are dear.

    Of the most promising exchanges only the components concerned move at first; the best few of them, and all
    those together that pay and do not touch each other, are then tried on the whole, beside the leader united
    with a ``fresh`` start.
    """
    time = effort.time_to_search(ground.time(population.n_components))
    end, last = ground.spent + time, ground.spent + LONGEST * time
    vain, leader, look, left = 0, None, None, list[Exchange]()
    while ground.spent < end:
        enough = 1 if population.agreed >= effort.agreed else effort.exchanges
        if vain >= enough:
            break
        if population.leader is not leader:
            leader = population.leader
            assert leader is not None
            look = Look.of(ground, sample, leader.parameters)
            found = [] if look is None else exchanges(ground, look, rng)
            left = [one for one in found if one.hopeful]
        assert leader is not None
        now, left = left[:LOOKED_AT], left[LOOKED_AT:]
        tried = [] if look is None else [moved(ground, look, exchange, PARTIAL) for exchange in now]
        made = exchanged(leader.parameters, sorted(tried, key=lambda one: -(one.net + one.ahead)))
        for other in islice(fresh, UNIONS):
            made.append((union(small if vain < 2 else ground, leader.parameters, other.at(0)), "united"))
        if not made:
            break
        stack = ground.admitted(stacked([mixture for mixture, _ in made]))
        stood = walked(ground, stack, tuple(kind for _, kind in made), STEPS)
        leading, behind = stood.parted(LEADING)
        leading = walked(ground, leading.parameters, leading.kinds, FURTHER)
        if population.add(leading + behind, 1):
            vain, end = 0, min(last, max(end, ground.spent + 0.5 * time))
        else:
            vain += 1


def exchanged(mixture: Parameters, tried: list[Moved]) -> list[tuple[Parameters, str]]:
    """Return the mixtures (k,) after the best exchanges, and after several at once, with their kinds."""
    made = [(one.made(mixture), "exchange") for one in tried[:TRIED]]
    if (several := together(mixture, tried)) is not None:
        made.append((several, "exchanges"))
    return made


def together(mixture: Parameters, tried: list[Moved]) -> Parameters | None:
    """Return the mixture (k,) after all exchanges that pay and share no component, if they are several."""
    used: set[int] = set()
    chosen: list[Moved] = []
    for one in tried:
        if one.net > 0 and not used & set(one.exchange.components):
            chosen.append(one)
            used |= set(one.exchange.components)
    if len(chosen) < 2:
        return None
    instead = concatenated([one.instead for one in chosen])
    if float(instead.weights.sum()) >= 1.0 and len(used) < mixture.n_components:
        return None
    return put(mixture, tuple(c for one in chosen for c in one.exchange.components), instead)


def union(ground: Ground, leader: Parameters, other: Parameters) -> Parameters:
    """Return the leader united with another mixture (k,), and merged down again."""
    both = ground.admitted(united(leader, other).at(None))
    return merged_down(ground, both, leader.n_components, UNITED_PASSES).at(0)

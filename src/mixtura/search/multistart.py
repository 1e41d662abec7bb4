"""Multistart: starts of many kinds, a few of which go on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.random import Generator

from ..model.parameters import Parameters, concatenated
from .candidates import Candidates, walked
from .effort import Effort
from .ground import Ground
from .merging import merged_down
from .starts import Metric, Rows, agglomerated, clustered, scattered, sliced, widespread

OVERFIT_PASSES = 8  # with too many components, before the first merge
LEAN_PASSES = 8
LEAN_OVERFITS = (2.0, 1.5)
QUICK_OVERFIT = 2.0
LOOK = 10  # passes of the first few starts
LOOKS = (10, 6, 4, 5, 8, 12, 15)  # passes of the first few starts, and of those that may lead higher
SETTLED = 6  # of them have to reach one optimum
STAGES = ((12, 16), (4, 8))  # passes, and how many go on after them
ENOUGH = 2.0  # times the rows that are needed, for each component of an over-fit


def first_look(ground: Ground, rows: Rows, k: int, rng: Generator) -> Candidates:
    """Return eight starts of different kinds, walked until it shows where the promising ones lead."""
    parts = [
        (clustered(rows, k, 2, rng), "k-means standard"),
        (scattered(rows, k, 4, rng), "scattered"),
        (widespread(rows, k, 2, rng), "widespread"),
    ]
    seen = _walked(ground, parts, LOOKS[0])
    for passes in LOOKS[1:]:
        goes_on = seen.unsure()
        if not goes_on.any():
            break
        walking = seen.at(np.flatnonzero(goes_on))
        rest = seen.at(np.flatnonzero(~goes_on))
        seen = rest + walked(ground, walking.parameters, walking.kinds, passes)
    return seen


def lean_look(ground: Ground, rows: Rows, k: int, rng: Generator) -> Candidates:
    """Return five starts, most of them merged down, after a few passes: for where passes are dear."""
    parts = []
    for factor in LEAN_OVERFITS:
        parts += overfits(ground, rows, k, factor, LEAN_PASSES, rng, rows.metrics[:2])
    parts.append((clustered(rows, k, 1, rng), "k-means standard"))
    return _walked(ground, parts, LEAN_PASSES)


def fresh_overfits(ground: Ground, rows: Rows, k: int, rng: Generator) -> Iterator[Parameters]:
    """Yield mixtures (1, k) merged down from more components, without end, of different kinds in turn.

    There may be none where the rows carry no more than k components.
    """
    while True:
        for factor in LEAN_OVERFITS:
            for metric in rows.metrics[:2]:
                found = overfits(ground, rows, k, factor, LEAN_PASSES, rng, (metric,))
                if not found:
                    return
                yield found[0][0].at(slice(0, 1))


def overfits(
    ground: Ground,
    rows: Rows,
    k: int,
    factor: float,
    passes: int,
    rng: Generator,
    metrics: tuple[Metric, ...] = (),
) -> list[tuple[Parameters, str]]:
    """Return starts with ``factor`` times k components merged down to k, one from each metric."""
    metrics = metrics or rows.metrics
    room = int(ground.n_rows / (ENOUGH * ground.rows_needed(k)))
    many = min(max(k + 1, round(factor * k)), room, len(rows.values) - 1)
    if many <= k:
        return []
    each = 1 if len(rows.metrics) > 1 else 3
    starts = [clustered(rows, many, each, rng, metric) for metric in metrics]
    merged = merged_down(ground, ground.admitted(concatenated(starts)), k, passes)
    return [
        (merged.at(slice(i * each, (i + 1) * each)), f"merged {metric}") for i, metric in enumerate(metrics)
    ]


def is_settled(candidates: Candidates) -> bool:
    """Say whether starts of different kinds agree on one optimum, and nothing seems to lead higher."""
    hits = candidates.at_height(candidates.top)
    return bool(hits.sum() >= SETTLED and not candidates.unsure().any())


def portfolio(ground: Ground, rows: Rows, k: int, rng: Generator, effort: Effort) -> Candidates:
    """Return starts of all kinds where they stand after a few passes, as many as the effort has time for."""
    end = ground.spent + effort.time_to_start(ground.time(k))
    parts: list[tuple[Parameters, str]] = []
    for factor in effort.overfits:
        parts += overfits(ground, rows, k, factor, OVERFIT_PASSES, rng)
        if ground.spent > end:
            break
    one_dimension = len(rows.metrics) == 1
    if one_dimension:
        parts.append((sliced(rows, k), "sliced"))
    for i in range(effort.others):
        metric = rows.metrics[i % len(rows.metrics)]
        parts.append((clustered(rows, k, 1, rng, metric), f"k-means {metric}"))
        parts.append((scattered(rows, k, 1, rng, metric), f"scattered {metric}"))
        if i < len(rows.metrics):
            parts.append((agglomerated(rows, k, rng, metric), f"Ward {metric}"))
    return _walked(ground, parts, STAGES[0][0] // 2)


def exactly(ground: Ground, rows: Rows, k: int, n: int, rng: Generator) -> Candidates:
    """Return so many starts of all kinds after twenty passes."""
    parts: list[tuple[Parameters, str]] = []
    while sum(len(start.weights) for start, _ in parts) < n:
        for metric in rows.metrics:
            parts.append((clustered(rows, k, 1, rng, metric), f"k-means {metric}"))
            parts.append((scattered(rows, k, 1, rng, metric), f"scattered {metric}"))
        parts += overfits(ground, rows, k, QUICK_OVERFIT, OVERFIT_PASSES, rng)
    starts = concatenated([start for start, _ in parts]).at(slice(0, n))
    kinds = tuple(kind for start, kind in parts for _ in range(len(start.weights)))[:n]
    return walked(ground, ground.admitted(starts), kinds, LOOK)


def halved(ground: Ground, candidates: Candidates) -> tuple[Candidates, Candidates]:
    """Return the few candidates that lead when all have walked on, twice, and those left behind."""
    behind = candidates.at(np.arange(0))
    for passes, most in STAGES:
        going_on, left = candidates.parted(2 * most)
        candidates, more = walked(ground, going_on.parameters, going_on.kinds, passes).parted(most)
        behind = behind + left + more
    return candidates, behind


def _walked(ground: Ground, parts: list[tuple[Parameters, str]], passes: int) -> Candidates:
    starts = ground.admitted(concatenated([start for start, _ in parts]))
    kinds = tuple(kind for start, kind in parts for _ in range(len(start.weights)))
    return walked(ground, starts, kinds, passes)

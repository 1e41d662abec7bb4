"""Sampling: rows drawn from many, without a pass for each."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ..model.parameters import Array

BLOCK = 1024  # rows whose weights are summed, so that a draw finds its block first and its row in there
ROUNDS = 8  # of draws, before the slow way


def one_of_each(n: int, size: int, rng: Generator) -> np.ndarray:
    """Draw one of n rows from each of ``size`` equal parts, and return them, sorted."""
    rows = ((np.arange(size) + rng.random(size)) * (n / size)).astype(np.intp)
    return np.minimum(rows, n - 1)


def draw_rows(weights: Array, size: int, rng: Generator) -> np.ndarray:
    """Draw ``size`` distinct rows by weight, one after the other without replacement, and return them sorted.

    ``weights`` (n,) must have at least ``size`` that are not zero. Drawing with replacement and passing over
    what has been drawn before is the same thing; only when few rows hold nearly all the weight is it slow,
    and then NumPy does it.
    """
    starts = np.arange(0, len(weights), BLOCK)
    cumulative = np.cumsum(np.add.reduceat(weights, starts))
    found = np.zeros(0, dtype=np.intp)
    for _ in range(ROUNDS):
        found = np.concatenate([found, _draw(weights, cumulative, size, rng)])
        first = np.sort(np.unique(found, return_index=True)[1])
        found = found[first]
        if len(found) >= size:
            return np.sort(found[:size])
    chosen = rng.choice(len(weights), size=size, replace=False, p=weights / weights.sum(), shuffle=False)
    return np.sort(chosen)


def _draw(weights: Array, cumulative: Array, size: int, rng: Generator) -> np.ndarray:
    """Draw rows (size,) by weight with replacement, the first drawn first."""
    places = np.minimum(rng.random(size) * cumulative[-1], np.nextafter(cumulative[-1], 0.0))
    order = np.argsort(places)
    blocks, first = np.unique(np.searchsorted(cumulative, places[order], side="right"), return_index=True)
    rows = np.empty(size, dtype=np.intp)
    for block, here in zip(blocks, np.split(order, first[1:])):
        inside = np.cumsum(weights[block * BLOCK : (block + 1) * BLOCK])
        before = cumulative[block - 1] if block else 0.0
        # Rounding may leave a place beyond the block's last row.
        within = np.minimum(places[here] - before, np.nextafter(inside[-1], 0.0))
        rows[here] = block * BLOCK + np.searchsorted(inside, within, side="right")
    return rows

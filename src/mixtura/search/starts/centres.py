"""Centres: k-means++ seeds, random rows, Lloyd's rounds, for many starts at once."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...model.parameters import Array

ELEMENTS = 4_000_000  # of a distance matrix at a time, to bound memory


def random_rows(z: Array, k: int, m: int, rng: Generator) -> Array:
    """Return m times k rows of z (n, d) drawn without replacement: centres (m, k, d)."""
    n = len(z)
    if n > 50 * k:  # a collision is rare, costs little (two equal centres) and EM parts from the others
        chosen = rng.integers(n, size=(m, k))
    else:
        chosen = rng.permuted(np.broadcast_to(np.arange(n), (m, n)), axis=1)[:, :k]
    return z[chosen]


def kmeans_plusplus(z: Array, k: int, m: int, rng: Generator) -> Array:
    """Return m draws of k-means++ seeds from z (n, d): centres (m, k, d).

    Each next centre is a row drawn with probability proportional to its squared distance from the nearest one
    so far (Arthur and Vassilvitskii 2007, SODA, section 2.2).
    """
    n = len(z)
    norms = (z * z).sum(1)
    draws = rng.random((m, k))
    chosen = np.empty((m, k), dtype=np.intp)
    chosen[:, 0] = draws[:, 0] * n
    nearest = np.full((m, n), np.inf)
    for j in range(1, k):
        last = z[chosen[:, j - 1]]
        squares = norms - 2.0 * (last @ z.T) + (last * last).sum(1)[:, None]
        np.minimum(nearest, np.maximum(squares, 0.0), out=nearest)
        heap = nearest.cumsum(1)
        target = draws[:, j] * heap[:, -1]
        chosen[:, j] = np.minimum((heap <= target[:, None]).sum(1), n - 1)
    return z[chosen]


def lloyd(z: Array, centres: Array, rounds: int) -> tuple[Array, Array]:
    """Move centres (m, k, d) to their rows' means ``rounds`` times; return them and the spreads left (m,).

    A spread is the mean squared distance, per feature, of a row from its nearest centre. A centre without
    rows stays where it is.
    """
    m, k, d = centres.shape
    n = len(z)
    block = max(1, ELEMENTS // (n * k))
    if m > block:
        parts = [lloyd(z, centres[i : i + block], rounds) for i in range(0, m, block)]
        return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
    norms = (z * z).sum()
    with_one = np.concatenate([z, np.ones((n, 1))], axis=1)
    offsets = np.arange(m)[:, None] * k
    for _ in range(rounds + 1):
        cost = (centres * centres).sum(-1)[:, :, None] - 2.0 * (centres @ z.T)  # (m, k, n), less |z|^2
        labels = cost.argmin(1)
        spreads = (np.take_along_axis(cost, labels[:, None, :], 1).sum((1, 2)) + norms) / (n * d)
        if _ == rounds:
            break
        member = np.zeros((m * k, n))
        member[labels + offsets, np.arange(n)] = 1.0
        totals = (member @ with_one).reshape(m, k, d + 1)
        counts = totals[..., d:]
        centres = np.where(counts > 0, totals[..., :d] / np.maximum(counts, 1.0), centres)
    return centres, spreads

"""Quantiles: one dimension cut into slices."""

from __future__ import annotations

import numpy as np

from ...model.parameters import Array


def quantile_slices(z: Array, k: int) -> tuple[Array, Array]:
    """Cut one dimension (n, 1) into k slices of equally many rows: centres (1, k, 1) and spread (1,)."""
    ordered = np.sort(z[:, 0])
    edges = np.linspace(0, len(ordered), k + 1).round().astype(np.intp)
    counts = np.diff(edges)
    centres = np.add.reduceat(ordered, edges[:-1]) / counts
    spread = ((ordered - np.repeat(centres, counts)) ** 2).mean()
    return centres[None, :, None], np.array([spread])


def widest_gaps(z: Array, k: int) -> tuple[Array, Array]:
    """Cut one dimension (n, 1) at the k - 1 widest gaps between neighbours: centres (1, k, 1), spread (1,).

    What lies far from all the rest gets a component of its own, however few its rows are.
    """
    ordered = np.sort(z[:, 0])
    cuts = np.sort(np.argpartition(np.diff(ordered), -(k - 1))[-(k - 1) :]) + 1
    edges = np.concatenate([[0], cuts, [len(ordered)]])
    counts = np.diff(edges)
    centres = np.add.reduceat(ordered, edges[:-1]) / counts
    spread = ((ordered - np.repeat(centres, counts)) ** 2).mean()
    return centres[None, :, None], np.array([spread])

"""Cells: one dimension cut into pieces, and what the rows in each piece sum to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import _core
from ..model.parameters import Array, Parameters

NEIGHBOURS = 1 / 64  # of the sample: as many neighbours tell how finely to cut around a place
CELLS_PER_REACH = 16.0  # cells in the distance to that many neighbours
DEVIATIONS_PER_CELL = 0.2  # of the narrowest component at hand; a cell's error goes with the 8th power of it
POWERS = 8  # powers whose sums are kept, 0 to 7
DEAD = 1e-9  # a component of less than this weight is none
SCALES = (1.0, 0.1, 0.01)  # of a component's deviation, around its mean, when cells are cut finer
REACH = 10.0  # standard deviations beyond which a component is too thin to matter


def cut(sample: Array, minimum: float, maximum: float) -> Array:
    """Cut the line from minimum to maximum where a sample (m,) is dense finely, and coarsely elsewhere.

    A cell is a fixed part of the distance r(x) to a fixed number of neighbours in the sample. r changes by
    no more than x does, so the cells widen geometrically into gaps and tails: a thousand reach across any of
    them. There are about 2 CELLS_PER_REACH / NEIGHBOURS cells. Returns the edges (cells + 1,), increasing.
    """
    places = np.unique(np.concatenate([[minimum, maximum], sample]))
    reach = _reach(places)
    gaps = np.diff(places)
    # Inside a gap r(x) is the less of reach[i] + (x - places[i]) and reach[i + 1] + (places[i + 1] - x): they
    # cross at `rise` from the left. The number of cells up to x, the integral of 1 / r, is a logarithm on
    # either side.
    rise = np.clip(0.5 * (gaps + reach[1:] - reach[:-1]), 0.0, gaps)
    left = np.log1p(rise / reach[:-1])
    right = np.log1p((gaps - rise) / reach[1:])
    counted = np.concatenate([[0.0], np.cumsum(left + right)])
    n_cells = int(np.ceil(counted[-1] * CELLS_PER_REACH))
    asked = counted[-1] * np.arange(1, n_cells) / n_cells
    gap = np.clip(np.searchsorted(counted, asked, side="right") - 1, 0, len(gaps) - 1)
    from_left = asked - counted[gap]
    from_right = np.maximum(left[gap] + right[gap] - from_left, 0.0)
    edges = np.where(
        from_left <= left[gap],
        places[gap] + reach[gap] * np.expm1(np.minimum(from_left, left[gap])),
        places[gap + 1] - reach[gap + 1] * np.expm1(np.minimum(from_right, right[gap])),
    )
    return _apart(np.concatenate([[minimum], edges, [maximum]]))


def cut_finer(edges: Array, parameters: Parameters) -> Array:
    """Add edges around each component wherever its cells are too wide for it.

    Closer to its mean they lie closer, for the component may become narrower still.
    """
    # One deviation beyond the reach, so that no wide cell is left that begins within it.
    half = np.arange(0.0, REACH + 1.0, DEVIATIONS_PER_CELL)
    steps = np.unique(np.outer(SCALES, np.concatenate([-half, half])))
    deviations = np.sqrt(parameters.covariances[:, :, 0])
    wanted = parameters.means + steps * deviations
    cell = np.clip(np.searchsorted(edges, wanted, side="right") - 1, 0, len(edges) - 2)
    wide = np.diff(edges)[cell] > DEVIATIONS_PER_CELL * deviations
    inside = (wanted > edges[0]) & (wanted < edges[-1])
    return _apart(np.sort(np.concatenate([edges, wanted[wide & inside]])))


def _reach(places: Array) -> Array:
    """Return about the distance from each place (m,), sorted, to its m NEIGHBOURS-th neighbour."""
    m = len(places)
    window = min(max(1, round(m * NEIGHBOURS)), m - 1)
    half = (window + 1) // 2
    reach = np.full(m, np.inf)
    span = places[window:] - places[:-window]
    reach[window:] = span
    reach[:-window] = np.minimum(reach[:-window], span)
    if 2 * half < m:
        middle = places[half:-half]
        both = np.maximum(middle - places[: -2 * half], places[2 * half :] - middle)
        reach[half:-half] = np.minimum(reach[half:-half], both)
    return reach


def _apart(edges: Array) -> Array:
    """Drop edges so close to the one before that a cell would hold only a few floating-point numbers."""
    keep = np.diff(edges, prepend=-np.inf) > 16 * np.spacing(np.abs(edges))
    keep[-1] = True
    kept = edges[keep]
    return np.delete(kept, -2) if len(kept) > 2 and kept[-2] >= kept[-1] else kept


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The sums of the first eight powers of the rows' places in each cell: all that a fit needs of them.

    They add: those of two parts of the data, cut at the same edges, are the sum of the parts'.
    """

    edges: Array  # (m + 1,), increasing
    table: Array  # (m, 8), sums of weight times t^q, t in [-1, 1] the place in the cell, q = 0 to 7

    @classmethod
    def of(cls, x: Array, sample_weight: Array | None, edges: Array, n_threads: int = 1) -> Cells:
        """Sum the rows x (n, 1), float64 or float32, with weights (n,) or None, in one pass.

        Raises
        ------
        ValueError
            If a row of positive weight lies outside the edges.
        """
        table, outside = _core.kernels().sum_cells(x, sample_weight, edges, n_threads)
        if outside:
            raise ValueError(
                f"rows of weight {outside:g} lie outside the cells from {edges[0]:g} to {edges[-1]:g}; "
                "cut cells that reach from the minimum to the maximum of all the data"
            )
        return cls(edges, table)

    def __add__(self, other: Cells) -> Cells:
        """Merge the sums of two parts of the data, which must be cut at the same edges."""
        if not np.array_equal(self.edges, other.edges):
            raise ValueError(
                "cells add only when they have the same edges; cut both parts at one sample's edges"
            )
        return Cells(self.edges, self.table + other.table)

    def nodes(self, origin: float = 0.0, n_threads: int = 1) -> tuple[Array, Array]:
        """Return values less the origin (s,) and positive weights (s,): at most four nodes a cell.

        They are the Gauss rule of each cell's rows: their powers, up to the seventh, have the rows' sums. A
        cell with at most four distinct values keeps them.
        """
        places, weights = _core.kernels().gauss_nodes(self.table, n_threads)
        half = 0.5 * np.diff(self.edges)[:, None]
        values = (self.edges[:-1, None] - origin) + half * (1.0 + places)
        used = weights > 0
        return values[used], weights[used]

    def too_wide(self, parameters: Parameters) -> np.ndarray:
        """Say for each component (k,) whether the cells near it are too wide for it.

        The 8th power of a cell's width over the deviation, on average over the rows near a component,
        measures the error: a few rows of a tail may lie in wide cells.
        """
        occupied = self.table[:, 0] > 0
        left, right, rows = self.edges[:-1][occupied], self.edges[1:][occupied], self.table[occupied, 0]
        means, deviations = parameters.means, np.sqrt(parameters.covariances[:, :, 0])
        near = (left < means + REACH * deviations) & (right > means - REACH * deviations)
        with np.errstate(over="ignore"):
            errors = (near * rows * ((right - left) / deviations) ** POWERS).sum(1)
        allowed = DEVIATIONS_PER_CELL**POWERS * parameters.weights * rows.sum()
        return (errors > allowed) & (parameters.weights >= DEAD)

    def far_too_wide(self, parameters: Parameters) -> np.ndarray:
        """Say for each component (k,) whether the cell at its mean is far too wide for it: a quick look."""
        cell = np.clip(np.searchsorted(self.edges, parameters.means[:, 0]) - 1, 0, len(self.edges) - 2)
        width = self.edges[cell + 1] - self.edges[cell]
        return (width > 0.5 * np.sqrt(parameters.covariances[:, 0, 0])) & (parameters.weights >= DEAD)

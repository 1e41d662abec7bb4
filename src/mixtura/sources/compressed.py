"""The compressed source: one dimension without the data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.random import Generator

from .. import _core
from ..model.forms import Form
from ..model.moments import Moments
from ..model.parameters import Array, Parameters
from .assigned import Blocks
from .base import Source, Values
from .cells import cut, cut_finer
from .cost import Cost
from .summary import Summary

SAMPLE = 16_384  # rows that tell where to cut
MOST_REFINEMENTS = 10  # during a climb


class CompressedSource(Source):
    """Some ten thousand weighted nodes that stand for any number of rows in one dimension.

    Responsibilities are smooth, so a pass over the nodes of a cell, which reproduce the sums of the first
    eight powers of its rows' places, gives what a pass over the rows does up to the eighth power of the
    cell's width: with cells of a fifth of a component's standard deviation, parameters to within 1e-6
    standard errors. A pass over the rows, ``source.exact.moments``, certifies that.

    Parameters
    ----------
    exact : Source
        The rows, one-dimensional; they are read once. It sums them up in `Source.in_cells`.
    edges : array (m + 1,), optional
        Where to cut the line; found from a sample of the rows by default.
    """

    def __init__(self, exact: Source, edges: Array | None = None) -> None:
        if exact.n_features != 1:
            raise ValueError(f"only one dimension can be compressed, and the data have {exact.n_features}")
        self._exact, self.names = exact, exact.names
        if edges is None:
            summary = exact.summary
            sample, _ = exact.rows(SAMPLE, np.random.default_rng(0))
            edges = cut(sample[:, 0], float(summary.minimum[0]), float(summary.maximum[0]))
        self.origin = float(self.mean[0])
        self.refinements = 0  # times that the cells were cut finer
        self._read(edges)

    def _read(self, edges: Array) -> None:
        """Read the rows into cells with these edges, and make the nodes."""
        self.cells = self._exact.in_cells(edges)
        # Nodes are kept as differences from the mean: an offset of the data takes none of their digits.
        values, self.node_weight = self.cells.nodes(self.origin, self._exact.n_threads)
        self.nodes = values[:, None]
        self._cost = Cost(len(self.nodes), 1, 0.1 * len(self.nodes))

    @property
    def approximation(self) -> CompressedSource:
        """Return itself: the nodes stand for the rows."""
        return self

    @property
    def size(self) -> int:
        """Return how many nodes stand for the rows."""
        return len(self.nodes)

    @property
    def exact(self) -> Source:
        """Return the source of the rows themselves."""
        return self._exact

    @property
    def n_reads(self) -> int | None:  # type: ignore[override]  # it changes there
        """Return how often rows that lie elsewhere were read."""
        return self._exact.n_reads

    @property
    def summary(self) -> Summary:
        """Return what is known of the rows."""
        return self._exact.summary

    @property
    def cost(self) -> Cost:
        """Return what passes over the nodes cost."""
        return self._cost

    def moments(self, parameters: Parameters, form: Form) -> Moments:
        """Make one pass over the nodes under a mixture, or under each of a stack of mixtures (m,).

        Where a component has become so narrow that it could shrink on to a single node, the rows are first
        read again into finer cells.
        """
        weights, means, covariances = parameters.weights, parameters.means, parameters.covariances
        if self.refinements < MOST_REFINEMENTS:
            components = Parameters(weights.reshape(-1), means.reshape(-1, 1), covariances.reshape(-1, 1, 1))
            narrow = self.cells.far_too_wide(components)
            if narrow.any() and not self.refine(components.at(narrow)):
                self.refinements = MOST_REFINEMENTS
        counts, sums, scatters, loglik = _core.kernels().moments(
            self.nodes,
            self.node_weight,
            weights,
            means - self.origin,
            form.spreads(covariances),
            form.name,
            self._exact.n_threads,
        )
        return Moments(means, counts, sums, scatters, loglik, form)

    def weighted_moments(self, parameters: Parameters, form: Form, weights: Sequence[Array]) -> Moments:
        """Make one pass over the rows under each of a stack of mixtures (m,), each with weights (n,)."""
        return self._exact.weighted_moments(parameters, form, weights)

    def sample(self, size: int, rng: Generator) -> Array:
        """Return at most ``size`` distinct rows (size, 1) drawn by weight without replacement."""
        return self._exact.sample(size, rng)

    def subsample(self, size: int, rng: Generator) -> CompressedSource:
        """Return the source itself, whose passes are cheap."""
        return self

    def rows(self, most: int, rng: Generator) -> tuple[Array, Array | None]:
        """Return all rows (n, 1) as float64 with their weights, or one from each of ``most`` equal runs."""
        return self._exact.rows(most, rng)

    def blocks(self, size: int) -> Iterator[tuple[Array, Array | None]]:
        """Yield all rows (size, 1) as float64, with their weights (size,), so many at a time."""
        return self._exact.blocks(size)

    def added(self, values: Values, size: int) -> tuple[Any, ...]:
        """Return the sums of what a function makes of blocks of the rows themselves."""
        return self._exact.added(values, size)

    def evaluate(self, parameters: Parameters, want: str) -> np.ndarray[Any, Any]:
        """Return the "log_density" (n,), "responsibilities" (n, k) or "labels" (n,) of the rows."""
        return self._exact.evaluate(parameters, want)

    def n_distinct(self, most: int) -> int:
        """Return how many distinct rows there are, or ``most`` if there are so many or more."""
        return self._exact.n_distinct(most)

    def assigned(self, responsibilities: Blocks, k: int, form: Form) -> Moments:
        """Return the moments that blocks of given responsibilities (b, k) make of the rows themselves."""
        return self._exact.assigned(responsibilities, k, form)

    @property
    def n_given(self) -> int:
        """Return the number of rows that were given, those of weight zero included."""
        return self._exact.n_given

    def resolves(self, parameters: Parameters) -> bool:
        """Say whether the cells are narrow enough for each component of a mixture."""
        return not self.cells.too_wide(parameters).any()

    def refine(self, parameters: Parameters) -> bool:
        """Read the rows again into cells narrow enough for each component; say whether there are finer."""
        edges = cut_finer(self.cells.edges, parameters)
        finer = len(edges) > len(self.cells.edges)
        if finer:
            self._read(edges)
            self.refinements += 1
        return finer

    def halve(self) -> None:
        """Read the rows again into cells of half the width."""
        edges = self.cells.edges
        self._read(np.sort(np.concatenate([edges, 0.5 * (edges[:-1] + edges[1:])])))
        self.refinements += 1

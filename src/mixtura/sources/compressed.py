"""The compressed source: one dimension without the data."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from .. import _core
from ..model.moments import Form, Moments
from ..model.parameters import Array, Parameters
from ..structures import spreads
from .array import ArraySource
from .cells import Cells, cut, cut_finer
from .sampling import one_of_each

SAMPLE = 16_384  # rows that tell where to cut
MOST_REFINEMENTS = 10  # during a climb


class CompressedSource:
    """Some ten thousand weighted nodes that stand for any number of rows in one dimension.

    Responsibilities are smooth, so a pass over the nodes of a cell, which reproduce the sums of the first
    eight powers of its rows' places, gives what a pass over the rows does up to the eighth power of the
    cell's width: with cells of a fifth of a component's standard deviation, parameters to within 1e-6
    standard errors. A pass over the rows, ``source.exact.moments``, certifies that.

    Parameters
    ----------
    exact : ArraySource
        The rows, one-dimensional; they are read once.
    edges : array (m + 1,), optional
        Where to cut the line; found from a sample of the rows by default.
    """

    def __init__(self, exact: ArraySource, edges: Array | None = None) -> None:
        if exact.n_features != 1:
            raise ValueError(f"only one dimension can be compressed, and the data have {exact.n_features}")
        self.exact = exact
        self.n_rows, self.n_features = exact.n_rows, 1
        self.total_weight, self.unit = exact.total_weight, exact.unit
        self.mean, self.variance = exact.mean, exact.variance
        self.minimum, self.maximum = exact.minimum, exact.maximum
        if edges is None:
            edges = cut(_sample(exact), float(self.minimum[0]), float(self.maximum[0]))
        self.origin = float(self.mean[0])
        self.refinements = 0  # times that the cells were cut finer
        self._read(edges)

    def _read(self, edges: Array) -> None:
        """Read the rows into cells with these edges, and make the nodes."""
        exact = self.exact
        self.cells = Cells.of(exact.x, exact.sample_weight, edges, exact.n_threads)
        # Nodes are kept as differences from the mean: an offset of the data takes none of their digits.
        values, self.node_weight = self.cells.nodes(self.origin, exact.n_threads)
        self.nodes = values[:, None]
        self.pass_rows = len(self.nodes)  # rows that a pass reads

    @property
    def x(self) -> Array:
        """Return the rows (n, 1) themselves."""
        return self.exact.x

    @property
    def sample_weight(self) -> Array | None:
        """Return the weights (n,) of the rows themselves."""
        return self.exact.sample_weight

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
            spreads(covariances, form),
            form,
            self.exact.n_threads,
        )
        return Moments(means, counts, sums, scatters, loglik, form)

    def sample(self, size: int, rng: Generator) -> Array:
        """Return at most ``size`` distinct rows (size, 1) drawn by weight without replacement."""
        return self.exact.sample(size, rng)

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


def _sample(source: ArraySource) -> Array:
    """Return up to SAMPLE rows of positive weight (s,): one from each of as many equal parts of the data."""
    values = source.x[:, 0]
    if source.n_rows > SAMPLE:
        rows = one_of_each(source.n_rows, SAMPLE, np.random.default_rng(0))
        if source.sample_weight is None:
            values = values[rows]
        elif (used := rows[source.sample_weight[rows] > 0]).size >= SAMPLE // 4:
            values = values[used]
        else:  # weights of zero nearly everywhere
            rows = np.flatnonzero(source.sample_weight)
            values = values[rows[:: max(1, len(rows) // SAMPLE)]]
    elif source.sample_weight is not None:
        values = values[source.sample_weight > 0]
    return np.asarray(values, dtype=np.float64)

"""Coordinates: a flat space around a mixture, free of the data's units, where every point is a mixture."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from .. import _core
from ..model.moments import Moments
from ..model.parameters import Array, Parameters
from ..structures import Floor, Structure

STEP = 1e-6  # from a mixture to its neighbours, where coordinates carry 16 digits
FAR = 1.0  # of a component's deviation, and of the logarithms of weights and deviations
EPSILON = float(np.finfo(np.float64).eps)


class Chart:
    """Coordinates y (q,) of a structure's mixtures near an anchor, which itself lies at the origin.

    They are logarithms of weights and deviations and whitened means and correlations, each times the root of
    its component's weight: `mixtura._core.twin_chart.Chart` has the formulas. At the anchor the Fisher
    information of a row with a known component is the identity here. So lengths are free of the data's units,
    an EM step is the score itself to first order, every y is a mixture, and shifted or scaled data give the
    same y. Methods take and give stacks of mixtures along one leading axis.
    """

    def __init__(self, structure: Structure, floor: Floor, total_weight: float, anchor: Parameters) -> None:
        self.structure, self.floor, self.total_weight, self.anchor = structure, floor, total_weight, anchor
        self.k, self.d = k, d = anchor.means.shape
        spreads = structure.spreads(anchor.covariances)
        self.core = _core.kernels().Chart(structure.form, anchor.weights, anchor.means, spreads)
        self.size: int = self.core.size  # q
        self.tied = structure.form == "tied"
        # with a parameter for every coordinate, the score is a function of one pass's moments
        self.exact = self.size == structure.n_parameters(k, d)
        self.unit = math.sqrt(anchor.weights.min())

    @cached_property
    def resolution(self) -> float:
        """Return the step that differences of scores need: means far from the origin carry fewer digits."""
        deviations = np.sqrt(np.diagonal(self.anchor.covariances, axis1=-2, axis2=-1))
        noise = EPSILON * float(np.abs(self.anchor.means / deviations).max())
        return max(STEP, math.sqrt(noise))

    def serves(self, y: Array) -> bool:
        """Say whether the chart is still a good one around y (q,): no component is another one by then."""
        return math.sqrt(y @ y) <= FAR * self.unit

    def coordinates(self, mixtures: Parameters) -> Array:
        """Return y (m, q) of mixtures (m,)."""
        spreads = self.structure.spreads(mixtures.covariances)
        return np.asarray(self.core.coordinates(mixtures.weights, mixtures.means, spreads))

    def mixtures(self, y: Array) -> Parameters:
        """Return the mixtures (m,) at y (m, q), or for a constrained structure the nearest in its family."""
        weights, means, spreads = self.core.mixtures(y)
        return Parameters(weights, means, self.structure.nearest(weights, spreads, self.floor))

    def score(self, mixtures: Parameters, moments: Moments) -> Array:
        """Return the gradient (m, q) of the log-likelihood by y, a row's share of it: nats over total weight.

        By Fisher's identity it is a function of the moments alone. For a structure that constrains its
        covariances further than its form does, the EM step, equal to first order, takes its place.
        """
        if not self.exact:
            return self.coordinates(self.structure.maximise(moments, self.floor)) - self.coordinates(mixtures)
        spreads = self.structure.spreads(mixtures.covariances)
        return np.asarray(
            self.core.score(
                mixtures.weights,
                spreads,
                moments.counts,
                moments.counts,
                moments.sums,
                moments.scatters,
                self.total_weight,
            )
        )

    def norm(self, score: Array) -> float:
        """Return the length of a score (q,) in standard errors that complete data would have."""
        return math.sqrt(self.total_weight * (score @ score))

    def strides(self, y: Array) -> Array:
        """Return how far a step y (q,) takes each component (k,) in its own unit, however few rows it has."""
        k, d = self.k, self.d
        squares = (y[k - 1 : k - 1 + k * d].reshape(k, d) ** 2).sum(1)
        if not self.tied:
            squares = squares + (y[k - 1 + k * d :].reshape(k, -1) ** 2).sum(1)
        return np.asarray(np.sqrt(self.core.growth(y) ** 2 + squares / self.anchor.weights))

"""Coordinates: a flat space around a mixture, free of the data's units, where every point is a mixture."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dtrtri

from .moments import Moments
from .parameters import Array, Parameters
from .structures import Floor, Structure

LARGEST_LOG = 3.0  # a step multiplies no weight and no standard deviation by more than exp(3)
LEAST_RATIO = float(np.exp(-LARGEST_LOG))

STEP = 1e-6  # from a mixture to its neighbours, where coordinates carry 16 digits
FAR = 1.0  # of a component's deviation, and of the logarithms of weights and deviations
EPSILON = float(np.finfo(np.float64).eps)
ROOT_2 = float(np.sqrt(2.0))

Floats = NDArray[np.floating[Any]]


class Chart:
    r"""Coordinates y (q,) of the mixtures near an anchor, which itself lies at the origin.

    With the anchor's weights w, means m and Cholesky factors L L' = S, a mixture w', m', S' has

    - :math:`\sqrt{w_c} \log(w'_c / w_c)`, along the k - 1 directions that do not rescale all weights alike
    - :math:`\sqrt{w_c} L_c^{-1} (m'_c - m_c)`
    - the Cholesky factor of :math:`L_c^{-1} S'_c L_c^{-T}`: :math:`\sqrt{2 w_c} \log` of its diagonal and
      :math:`\sqrt{w_c}` times its rest; of variances alone, :math:`\sqrt{w_c / 2} \log(s'_c / s_c)`

    At the anchor the Fisher information of a row with a known component is the identity here. So lengths
    are free of the data's units, an EM step is the score itself to first order, every y is a mixture, and
    shifted or scaled data give the same y. Methods take and give stacks of mixtures along one leading axis.
    """

    def __init__(self, structure: Structure, floor: Floor, total_weight: float, anchor: Parameters) -> None:
        self.structure, self.floor, self.total_weight = structure, floor, total_weight
        self.k, self.d = k, d = anchor.means.shape
        self.weights, self.means = anchor.weights, anchor.means
        root = np.sqrt(self.weights)  # (k,)
        all_but_one, last = _split_identity(k)
        edge = root + last
        # (k - 1, k), rows orthogonal to root: of a Householder reflection all but the last
        across = all_but_one - root[:-1, None] * (edge / edge[-1])
        self.log_weights, self.weight_logs = across / root, (across * root).T  # to logarithms, and from them
        self.matrices = structure.form in ("full", "tied") and d > 1
        self.tied = structure.form == "tied"
        self.shape = {"full": (k, d, d), "tied": (d, d), "diagonal": (k, d), "spherical": (k,)}[
            structure.form
        ]
        self.shared = d if structure.form == "spherical" else 1  # features that share one variance
        groups = 1 if self.tied else k
        spreads = structure.spreads(anchor.covariances)
        if self.matrices:
            self.factor = np.linalg.cholesky(spreads.reshape(groups, d, d))
            # for many dimensions far cheaper than the inverse of a matrix that might not be triangular
            self.inverse = np.array([dtrtri(upper)[0].T for upper in _t(self.factor)])
            self.below = np.tril_indices(d, -1)
            self.along = np.arange(d)
            self.scale = np.ones((1, 1)) if self.tied else root[:, None]
            self.deviations = np.sqrt(spreads.diagonal(0, -2, -1))  # (k or none, d)
            self.units = root[:, None]  # (k, 1), of whitened means
            size = groups * (d * (d + 1) // 2)
        else:
            self.spreads = spreads.reshape(groups, -1)
            half = np.sqrt(0.5 * self.shared)
            self.scale = np.full((1, 1), half) if self.tied else half * root[:, None]
            self.deviations = np.sqrt(self.spreads)  # (groups, 1 or d)
            self.units = root[:, None] / self.deviations  # (k, 1 or d)
            size = self.spreads.size
        self.size = k - 1 + k * d + size  # q
        # with a parameter for every coordinate, the score is a function of one pass's moments
        self.exact = self.size == structure.n_parameters(k, d)
        self._resolution: float | None = None
        self.unit = float(root.min())

    @property
    def resolution(self) -> float:
        """Return the step that differences of scores need: means far from the origin carry fewer digits."""
        if self._resolution is None:
            noise = EPSILON * float(np.abs(self.means / self.deviations).max())
            self._resolution = max(STEP, math.sqrt(noise))
        return self._resolution

    def serves(self, y: Array) -> bool:
        """Say whether the chart is still a good one around y (q,): no component is another one by then."""
        return math.sqrt(y @ y) <= FAR * self.unit

    def coordinates(self, mixtures: Parameters) -> Array:
        """Return y (m, q) of mixtures (m,)."""
        m = len(mixtures.weights)
        ratios: Array = np.maximum(mixtures.weights / self.weights, LEAST_RATIO)
        means = mixtures.means - self.means
        spreads = self.structure.spreads(mixtures.covariances)
        if self.matrices:
            means = np.matmul(self.inverse, means[..., None])[..., 0]
            factors = self._factors(spreads)
            shapes = self._flat(ROOT_2 * np.log(factors[..., self.along, self.along]), factors)
        else:
            shapes = np.log(spreads.reshape(m, *self.spreads.shape) / self.spreads) * self.scale
        return _joined(m, np.log(ratios) @ self.weight_logs, means * self.units, shapes)

    def mixtures(self, y: Array) -> Parameters:
        """Return the mixtures (m,) at y (m, q), or for a constrained structure the nearest in its family."""
        m, k, d = len(y), self.k, self.d
        weights = self.weights * _limited_exp(y[:, : k - 1] @ self.log_weights, LARGEST_LOG)
        weights /= np.add.reduce(weights, 1, keepdims=True)
        means = y[:, k - 1 : k - 1 + k * d].reshape(m, k, d) / self.units
        shapes = y[:, k - 1 + k * d :].reshape(m, len(self.scale), -1) / self.scale
        if self.matrices:
            factors = np.zeros((*shapes.shape[:-1], d, d))
            factors[..., self.along, self.along] = _limited_exp(shapes[..., :d] / ROOT_2, LARGEST_LOG)
            factors[..., self.below[0], self.below[1]] = shapes[..., d:]
            factors = self.factor @ factors
            spreads = factors @ _t(factors)
            means = np.matmul(self.factor, means[..., None])[..., 0]
        else:
            spreads = self.spreads * _limited_exp(shapes, 2.0 * LARGEST_LOG)
        covariances = self.structure.nearest(weights, spreads.reshape(m, *self.shape), self.floor)
        return Parameters(weights, self.means + means, covariances)

    def score(self, mixtures: Parameters, moments: Moments) -> Array:
        """Return the gradient (m, q) of the log-likelihood by y, a row's share of it: nats over total weight.

        By Fisher's identity it is a function of the moments alone. For a structure that constrains its
        covariances further than its form does, the EM step, equal to first order, takes its place.
        """
        if not self.exact:
            return self.coordinates(self.structure.maximise(moments, self.floor)) - self.coordinates(mixtures)
        m, n = len(mixtures.weights), self.total_weight
        counts = moments.counts / n
        weights = (counts - mixtures.weights) @ self.log_weights.T
        spreads = self.structure.spreads(mixtures.covariances)
        totals = np.add.reduce(counts, 1, keepdims=True) if self.tied else counts
        if self.matrices:
            factors = self._factors(spreads)
            inverse = np.linalg.inv(factors)
            whiten = inverse @ self.inverse  # of the mixtures, not of the anchor
            excess = whiten @ (moments.scatters / n).reshape(factors.shape) @ _t(whiten)
            excess[..., self.along, self.along] -= totals[..., None]
            gradient = _t(inverse) @ excess
            diagonal = gradient[..., self.along, self.along] / inverse[..., self.along, self.along]
            shapes = self._flat(diagonal / ROOT_2, gradient, divide=True)
            means = np.matmul(_t(inverse), np.matmul(whiten, (moments.sums / n)[..., None]))[..., 0]
        else:
            precisions = 1.0 / (n * spreads.reshape(m, *self.spreads.shape))
            means = moments.sums * precisions
            excess = (
                moments.scatters.reshape(precisions.shape) * precisions - (self.shared * totals)[..., None]
            )
            shapes = excess * (0.5 / self.scale)
        return _joined(m, weights, means / self.units, shapes)

    def norm(self, score: Array) -> float:
        """Return the length of a score (q,) in standard errors that complete data would have."""
        return math.sqrt(self.total_weight * (score @ score))

    def _factors(self, spreads: Array) -> Floats:
        """Return the Cholesky factors (m, g, d, d) of covariances (m, *shape) in the anchor's coordinates."""
        return self.inverse @ np.linalg.cholesky(spreads.reshape(len(spreads), -1, self.d, self.d))

    def _flat(self, diagonal: Floats, matrices: Floats, divide: bool = False) -> Array:
        """Join diagonals (m, g, d) and what lies below them: (m, g, d (d + 1) / 2), in the chart's units."""
        flat = np.concatenate([diagonal, matrices[..., self.below[0], self.below[1]]], -1)
        return np.asarray(flat / self.scale if divide else flat * self.scale, dtype=np.float64)


@cache
def _split_identity(k: int) -> tuple[Array, Array]:
    identity = np.eye(k)
    return identity[:-1], identity[-1]


def _limited_exp(logs: Array, limit: float) -> Array:
    return np.asarray(np.exp(np.minimum(np.maximum(logs, -limit), limit)))


def _t(matrices: Floats) -> Floats:
    return matrices.swapaxes(-1, -2)


def _joined(m: int, *parts: Array) -> Array:
    return np.concatenate([part.reshape(m, -1) for part in parts], 1)

"""Coordinates: a flat space around a mixture, free of the data's units, where every point is a mixture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .moments import Moments
from .parameters import Array, Parameters
from .structures import Floor, Structure

LARGEST_LOG = 3.0  # a step multiplies no weight and no standard deviation by more than exp(3)

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
        self.root = np.sqrt(anchor.weights)  # (k,)
        edge = self.root.copy()
        edge[-1] += 1.0
        self.across = (np.eye(k) - np.outer(edge, edge) / edge[-1])[
            :-1
        ]  # (k - 1, k), rows orthogonal to root
        self.matrices = structure.form in ("full", "tied") and d > 1
        self.tied = structure.form == "tied"
        self.shared = d if structure.form == "spherical" else 1  # features that share one variance
        groups = 1 if self.tied else k
        spreads = structure.spreads(anchor.covariances)
        share = np.ones(1) if self.tied else anchor.weights
        if self.matrices:
            self.factor = np.linalg.cholesky(spreads.reshape(groups, d, d))
            self.inverse = np.linalg.inv(self.factor)
            self.below = np.tril_indices(d, -1)
            self.along = np.arange(d)
            self.scale = np.sqrt(share)[:, None]
        else:
            self.spreads = spreads.reshape(groups, -1)
            self.deviations = np.sqrt(self.spreads)  # (groups, 1 or d)
            self.scale = np.sqrt(share * self.shared / 2.0)[:, None]
        size = groups * (d * (d + 1) // 2 if self.matrices else self.spreads.shape[1])
        self.size = k - 1 + k * d + size  # q
        # with a parameter for every coordinate, the score is a function of one pass's moments
        self.exact = self.size == structure.n_parameters(k, d)

    def coordinates(self, mixtures: Parameters) -> Array:
        """Return y (m, q) of mixtures (m,)."""
        m = len(mixtures.weights)
        least = np.exp(-LARGEST_LOG)
        weights = (self.root * np.log(np.maximum(mixtures.weights / self.weights, least))) @ self.across.T
        means = mixtures.means - self.means
        spreads = self.structure.spreads(mixtures.covariances)
        if self.matrices:
            means = np.matmul(self.inverse, means[..., None])[..., 0]
            factors = np.linalg.cholesky(
                self.inverse @ spreads.reshape(m, -1, self.d, self.d) @ np.swapaxes(self.inverse, -1, -2)
            )
            shapes = self._flat(ROOT_2 * np.log(factors[..., self.along, self.along]), factors)
        else:
            means = means / self.deviations
            shapes = np.log(spreads.reshape(m, *self.spreads.shape) / self.spreads) * self.scale
        return _joined(m, weights, means * self.root[:, None], shapes)

    def mixtures(self, y: Array) -> Parameters:
        """Return the mixtures (m,) at y (m, q), or for a constrained structure the nearest in its family."""
        m, k, d = len(y), self.k, self.d
        logs = (y[:, : k - 1] @ self.across) / self.root
        weights = self.weights * np.exp(np.clip(logs, -LARGEST_LOG, LARGEST_LOG))
        weights /= weights.sum(-1, keepdims=True)
        means = y[:, k - 1 : k - 1 + k * d].reshape(m, k, d) / self.root[:, None]
        counts = weights * self.total_weight
        totals = np.full((m, 1), self.total_weight) if self.tied else counts
        shapes = y[:, k - 1 + k * d :].reshape(m, totals.shape[1], -1) / self.scale
        if self.matrices:
            factors = np.zeros((*totals.shape, d, d))
            logs = shapes[..., :d] / ROOT_2
            factors[..., self.along, self.along] = np.exp(np.clip(logs, -LARGEST_LOG, LARGEST_LOG))
            factors[..., self.below[0], self.below[1]] = shapes[..., d:]
            factors = self.factor @ factors
            spreads = factors @ np.swapaxes(factors, -1, -2) * totals[..., None, None]
            means = np.matmul(self.factor, means[..., None])[..., 0]
        else:
            limit = 2.0 * LARGEST_LOG
            spreads = (
                self.spreads * np.exp(np.clip(shapes, -limit, limit)) * (totals * self.shared)[..., None]
            )
            means = means * self.deviations
        shape = {"full": (k, d, d), "tied": (d, d), "diagonal": (k, d), "spherical": (k,)}[
            self.structure.form
        ]
        about = self.means + means
        return self.structure.maximise(
            Moments(
                about, counts, np.zeros_like(about), spreads.reshape(m, *shape), counts, self.structure.form
            ),
            self.floor,
        )

    def score(self, mixtures: Parameters, moments: Moments) -> Array:
        """Return the gradient (m, q) of the log-likelihood by y, a row's share of it: nats over total weight.

        By Fisher's identity it is a function of the moments alone. For a structure that constrains its
        covariances further than its form does, the EM step, equal to first order, takes its place.
        """
        if not self.exact:
            return self.coordinates(self.structure.maximise(moments, self.floor)) - self.coordinates(mixtures)
        m, n = len(mixtures.weights), self.total_weight
        counts = moments.counts / n
        weights = ((counts - mixtures.weights) / self.root) @ self.across.T
        means = moments.sums / n
        spreads = self.structure.spreads(mixtures.covariances)
        totals = counts.sum(-1, keepdims=True) if self.tied else counts
        if self.matrices:
            shape = (m, -1, self.d, self.d)
            inverse = np.linalg.inv(
                np.linalg.cholesky(self.inverse @ spreads.reshape(shape) @ _t(self.inverse))
            )
            whiten = inverse @ self.inverse  # of the mixtures, not of the anchor
            excess = whiten @ (moments.scatters / n).reshape(shape) @ _t(whiten)
            excess[..., self.along, self.along] -= totals[..., None]
            gradient = _t(inverse) @ excess
            diagonal = gradient[..., self.along, self.along] / inverse[..., self.along, self.along]
            shapes = self._flat(diagonal / ROOT_2, gradient, divide=True)
            means = np.matmul(_t(inverse), np.matmul(whiten, means[..., None]))[..., 0]
        else:
            variances = spreads.reshape(m, *self.spreads.shape)
            means = means / variances * self.deviations
            ratio = (moments.scatters / n).reshape(variances.shape) / variances
            shapes = 0.5 * (ratio - (totals * self.shared)[..., None]) / self.scale
        return _joined(m, weights, means / self.root[:, None], shapes)

    def norm(self, score: Array) -> float:
        """Return the length of a score (q,) in standard errors that complete data would have."""
        return float(np.linalg.norm(score)) * float(np.sqrt(self.total_weight))

    def _flat(self, diagonal: Floats, matrices: Floats, divide: bool = False) -> Array:
        """Join diagonals (m, g, d) and what lies below them: (m, g, d (d + 1) / 2), in the chart's units."""
        flat = np.concatenate([diagonal, matrices[..., self.below[0], self.below[1]]], -1)
        return np.asarray(flat / self.scale if divide else flat * self.scale, dtype=np.float64)


def _t(matrices: Array) -> Array:
    return np.swapaxes(matrices, -1, -2)


def _joined(m: int, *parts: Array) -> Array:
    return np.concatenate([part.reshape(m, -1) for part in parts], -1)

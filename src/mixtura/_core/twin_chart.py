"""The NumPy twin of the chart: the same coordinates, of stacks of mixtures along one leading axis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .twin_checks import check, check_mixtures

Array = NDArray[np.float64]
Floats = NDArray[np.floating[Any]]

LARGEST_LOG = 3.0  # a step multiplies no weight and no standard deviation by more than exp(3)
ROOT_2 = float(np.sqrt(2.0))


class Chart:
    r"""Coordinates y (q,) of the mixtures near an anchor, which itself lies at the origin.

    With the anchor's weights w, means m and Cholesky factors L L' = S, a mixture w', m', S' has

    - :math:`\sqrt{w_c} \log(w'_c / w_c)`, along the k - 1 directions that do not rescale all weights alike
    - :math:`\sqrt{w_c} L_c^{-1} (m'_c - m_c)`
    - the Cholesky factor of :math:`L_c^{-1} S'_c L_c^{-T}`: :math:`\sqrt{2 w_c} \log` of its diagonal and
      :math:`\sqrt{w_c}` times its rest; of variances alone, :math:`\sqrt{w_c / 2} \log(s'_c / s_c)`

    A shared covariance is not multiplied by :math:`\sqrt{w_c}`. Weights are (m, k), means (m, k, d), spreads
    and scatters (m, by form).

    Raises
    ------
    numpy.linalg.LinAlgError
        If a covariance is not positive definite; of a matrix in `coordinates` and `score` too.
    ValueError
        If shapes do not fit, here or in a method.
    """

    def __init__(self, form: str, weights: Array, means: Array, spreads: Array) -> None:
        check_mixtures(form, weights, means, spreads, stacked=False)
        self.k, self.d = k, d = means.shape
        self.weights, self.means, self.shape = weights, means, spreads.shape
        root = np.sqrt(weights)  # (k,)
        edge = root + np.eye(k)[-1]
        # (k - 1, k), rows orthogonal to root: of a Householder reflection all but the last
        across = np.eye(k)[:-1] - root[:-1, None] * (edge / edge[-1])
        self.log_weights, self.weight_logs = across / root, (across * root).T  # to logarithms, and from them
        self.matrices = form in ("full", "tied") and d > 1
        self.tied = form == "tied"
        self.shared = d if form == "spherical" else 1  # features that share one variance
        groups = 1 if self.tied else k
        if self.matrices:
            self.factor = np.linalg.cholesky(spreads.reshape(groups, d, d))
            self.inverse = np.linalg.inv(self.factor)
            self.below = np.tril_indices(d, -1)
            self.along = np.arange(d)
            self.scale = np.ones((1, 1)) if self.tied else root[:, None]
            self.units = root[:, None]  # (k, 1), of whitened means
            size = groups * (d * (d + 1) // 2)
        else:
            self.spreads = spreads.reshape(groups, -1)
            if not (self.spreads > 0.0).all():
                raise np.linalg.LinAlgError("a variance is not positive")
            half = np.sqrt(0.5 * self.shared)
            self.scale = np.full((1, 1), half) if self.tied else half * root[:, None]
            self.units = root[:, None] / np.sqrt(self.spreads)  # (k, 1 or d)
            size = self.spreads.size
        self.size = k - 1 + k * d + size  # q

    def coordinates(self, weights: Array, means: Array, spreads: Array) -> Array:
        """Return y (m, q)."""
        m = len(weights)
        check("weights", weights, m, self.k)
        check("means", means, m, self.k, self.d)
        check("spreads", spreads, m, *self.shape)
        logs = np.log(np.maximum(weights / self.weights, np.exp(-LARGEST_LOG)))
        shifts = means - self.means
        if self.matrices:
            shifts = np.matmul(self.inverse, shifts[..., None])[..., 0]
            factors = self._factors(spreads)
            shapes = self._flat(ROOT_2 * np.log(factors[..., self.along, self.along]), factors)
        else:
            shapes = np.log(spreads.reshape(m, *self.spreads.shape) / self.spreads) * self.scale
        return _joined(m, logs @ self.weight_logs, shifts * self.units, shapes)

    def mixtures(self, y: Array) -> tuple[Array, Array, Array]:
        """Return weights, means and spreads at y (m, q)."""
        m, k, d = len(y), self.k, self.d
        check("y", y, m, self.size)
        weights = self.weights * _limited_exp(y[:, : k - 1] @ self.log_weights, LARGEST_LOG)
        shifts = y[:, k - 1 : k - 1 + k * d].reshape(m, k, d) / self.units
        shapes = y[:, k - 1 + k * d :].reshape(m, len(self.scale), -1) / self.scale
        if self.matrices:
            factors = np.zeros((*shapes.shape[:-1], d, d))
            factors[..., self.along, self.along] = _limited_exp(shapes[..., :d] / ROOT_2, LARGEST_LOG)
            factors[..., self.below[0], self.below[1]] = shapes[..., d:]
            factors = self.factor @ factors
            spreads = factors @ _t(factors)
            shifts = np.matmul(self.factor, shifts[..., None])[..., 0]
        else:
            spreads = self.spreads * _limited_exp(shapes, 2.0 * LARGEST_LOG)
        weights /= weights.sum(1, keepdims=True)
        return weights, self.means + shifts, spreads.reshape(m, *self.shape)

    def growth(self, y: Array) -> Array:
        """Return the logarithms (k,) of what weights grow by at y (q,), before they are made to sum to 1."""
        check("y", y, self.size)
        return np.asarray(y[: self.k - 1] @ self.log_weights)

    def score(
        self,
        weights: Array,
        spreads: Array,
        counts: Array,
        covariance_counts: Array,
        sums: Array,
        scatters: Array,
        total: float,
    ) -> Array:
        """Return the gradient (m, q) of the log-likelihood by y, over the total weight.

        By Fisher's identity it is a function of the moments that a pass makes under these mixtures.
        Covariances are divided by counts of their own, which of a pass alone are the counts; with a prior
        they are not, and neither need sum to the total.
        """
        m, k, d = len(weights), self.k, self.d
        check("weights", weights, m, k)
        check("spreads", spreads, m, *self.shape)
        check("counts", counts, m, k)
        check("covariance_counts", covariance_counts, m, k)
        check("sums", sums, m, k, d)
        check("scatters", scatters, m, *self.shape)
        shares, totals = counts / total, covariance_counts / total
        changes = (shares - shares.sum(1, keepdims=True) * weights) @ self.log_weights.T
        if self.tied:
            totals = totals.sum(1, keepdims=True)
        if self.matrices:
            factors = self._factors(spreads)
            inverse = np.linalg.inv(factors)
            whiten = inverse @ self.inverse  # of the mixtures, not of the anchor
            excess = whiten @ (scatters / total).reshape(factors.shape) @ _t(whiten)
            excess[..., self.along, self.along] -= totals[..., None]
            gradient = _t(inverse) @ excess
            diagonal = gradient[..., self.along, self.along] / inverse[..., self.along, self.along]
            shapes = self._flat(diagonal / ROOT_2, gradient, divide=True)
            means = np.matmul(_t(inverse), np.matmul(whiten, (sums / total)[..., None]))[..., 0]
        else:
            precisions = 1.0 / (total * spreads.reshape(m, *self.spreads.shape))
            means = sums * precisions
            excess = scatters.reshape(precisions.shape) * precisions - (self.shared * totals)[..., None]
            shapes = excess * (0.5 / self.scale)
        return _joined(m, changes, means / self.units, shapes)

    def _factors(self, spreads: Array) -> Floats:
        """Return the Cholesky factors (m, g, d, d) of covariances (m, *shape) in the anchor's coordinates."""
        return self.inverse @ np.linalg.cholesky(spreads.reshape(len(spreads), -1, self.d, self.d))

    def _flat(self, diagonal: Floats, matrices: Floats, divide: bool = False) -> Array:
        """Join diagonals (m, g, d) and what lies below them: (m, g, d (d + 1) / 2), in the chart's units."""
        flat = np.concatenate([diagonal, matrices[..., self.below[0], self.below[1]]], -1)
        return np.asarray(flat / self.scale if divide else flat * self.scale, dtype=np.float64)


def _limited_exp(logs: Array, limit: float) -> Array:
    return np.asarray(np.exp(np.minimum(np.maximum(logs, -limit), limit)))


def _t(matrices: Floats) -> Floats:
    return matrices.swapaxes(-1, -2)


def _joined(m: int, *parts: Array) -> Array:
    return np.concatenate([part.reshape(m, -1) for part in parts], 1)

"""Coordinates of matrices of one orientation with one shape, or with both their own: triangular factors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..model.forms import FULL
from ..model.parameters import Array, Parameters
from .logarithms import Layout
from .parametrisation import Family


class Factors(Family):
    r"""Cholesky factors seen from the anchor's: :math:`\Sigma_c = e^{v_c} L_c T_c T_c^T L_c^T`.

    L is the anchor's factor and T lower triangular with determinant 1: what is below its diagonal, and the
    logarithms of the diagonal along a basis of what sums to 0. Either T and L are one for all components and
    volumes v vary (VEE), or the volume is one and each component has a T of its own (EVV).
    """

    form = FULL

    def __init__(self, letters: tuple[str, str, str], anchor: Parameters) -> None:
        self.k, self.d = k, d = anchor.means.shape
        self.layout = Layout(letters, k, d, anchor.weights)
        self.many = self.layout.n_shapes  # factors
        covariances = anchor.covariances
        self.factor = np.linalg.cholesky(covariances)
        self.scale = np.ones(k)
        if self.many < k:
            roots = np.exp(np.log(_diagonal(self.factor)).mean(-1))
            self.factor, self.scale = self.factor[:1] / roots[0], roots**2
        self.inverse = np.linalg.inv(self.factor)
        self.below = np.tril_indices(d, -1)
        volumes, shapes = self.layout.units
        roots = np.sqrt(anchor.weights) if self.many == k > 1 else np.ones(self.many)
        below = len(self.below[0])
        self.units = np.concatenate([np.sqrt(0.5 * d) * volumes, np.sqrt(2.0) * shapes, roots.repeat(below)])
        owners = np.arange(k) if self.many == k > 1 else np.full(self.many, -1)
        self.owners = np.concatenate([self.layout.owners, owners.repeat(below)])

    def flatten(self, spreads: Array) -> Array:
        """Return the coordinates (m, r) of covariances (m, k, d, d)."""
        factors = np.linalg.cholesky(spreads / self.scale[:, None, None])
        roots = np.exp(np.log(_diagonal(factors)).mean(-1))  # (m, k)
        turned = self.inverse @ (factors / roots[..., None, None])[:, : self.many]
        across = np.log(_diagonal(turned))
        if self.many == self.k:
            roots = roots * np.exp(-np.log(_diagonal(self.factor)).mean(-1))
            across = across - across.mean(-1, keepdims=True)
            turned = turned / np.exp(np.log(_diagonal(turned)).mean(-1))[..., None, None]
        logs = np.broadcast_to(across, (len(spreads), self.k, self.d)) + 2.0 * np.log(roots)[..., None]
        below = turned[..., self.below[0], self.below[1]].reshape(len(spreads), -1)
        return np.concatenate([self.layout.flat(logs), below], axis=1)

    def _parts(self, flat: Array) -> tuple[Array, Array]:
        """Return what multiplies volumes (m, k) and the factors T (m, 1 or k, d, d)."""
        m, d = len(flat), self.d
        logs = self.layout.logs(flat)
        volumes = logs.mean(-1)
        factors = np.zeros((m, self.many, d, d))
        factors[..., self.below[0], self.below[1]] = flat[:, self.layout.end :].reshape(m, self.many, -1)
        along = np.arange(d)
        factors[..., along, along] = np.exp((logs - volumes[..., None])[:, : self.many])
        return np.exp(volumes) * self.scale, factors

    def spreads(self, flat: Array) -> Array:
        """Return the covariances (m, k, d, d) that coordinates (m, r) say."""
        volumes, factors = self._parts(flat)
        whole = self.factor @ factors
        return np.asarray(volumes[..., None, None] * (whole @ np.swapaxes(whole, -1, -2)))

    def pull_back(self, flat: Array, gradients: Array) -> Array:
        """Return the gradient (m, r), given that by the covariances (m, k, d, d)."""
        volumes, factors = self._parts(flat)
        seen = np.swapaxes(self.factor, -1, -2) @ (volumes[..., None, None] * gradients) @ self.factor
        by_factor = 2.0 * seen @ factors  # (m, k, d, d), of which the lower triangle moves
        along = _diagonal(by_factor) * _diagonal(factors)
        # a volume multiplies the whole: its slope is half of what scaling all of T by one number would have
        scaled = 0.5 * (by_factor * factors).sum((-2, -1))  # (m, k)
        slopes = along + ((scaled - along.sum(-1)) / self.d)[..., None]
        below = by_factor[..., self.below[0], self.below[1]]
        below = below if self.many == self.k else below.sum(1, keepdims=True)
        return np.concatenate([self.layout.summed(slopes), below.reshape(len(flat), -1)], axis=1)


def _diagonal(matrices: np.ndarray[Any, np.dtype[np.floating[Any]]]) -> Array:
    return np.asarray(np.diagonal(matrices, axis1=-2, axis2=-1), dtype=np.float64)

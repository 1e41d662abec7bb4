"""Coordinates of diagonal covariances: logarithms of volumes and of shapes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..model.forms import Form
from ..model.parameters import Array, Parameters
from .parametrisation import Family


class Logarithms(Family):
    r"""Logarithms of variances less the anchor's: :math:`\log \sigma_{cj} = a_{cj} + v_c + (B s_c)_j`.

    Volumes v and shapes s, d - 1 numbers each along an orthonormal basis B of what sums to 0, are one for all
    components or one for each, by the letters of the family's name.
    """

    def __init__(self, letters: tuple[str, str, str], form: Form, anchor: Parameters) -> None:
        self.form, self.letters = form, letters
        self.k, self.d = anchor.means.shape
        self.logs = np.log(form.spreads(anchor.covariances))  # (k, d), or (k,) where features share one
        self.layout = Layout(letters, self.k, self.d, anchor.weights)
        volumes, shapes = self.layout.units
        self.units = np.concatenate([np.sqrt(0.5 * self.d) * volumes, np.sqrt(0.5) * shapes])
        self.owners = self.layout.owners

    def flatten(self, spreads: Array) -> Array:
        """Return the coordinates (m, r) of variances (m, k, d), or (m, k)."""
        return self.layout.flat(self._by_feature(np.log(spreads) - self.logs))

    def spreads(self, flat: Array) -> Array:
        """Return the variances (m, k, d), or (m, k), that coordinates (m, r) say."""
        logs = self.layout.logs(flat)
        return np.exp(self.logs + (logs[..., 0] if self.form.one_variance else logs))

    def pull_back(self, flat: Array, gradients: Array) -> Array:
        """Return the gradient (m, r), given that by the variances."""
        slopes = gradients * self.spreads(flat)
        if self.form.one_variance:
            slopes = self._by_feature(slopes / self.d)
        return self.layout.summed(slopes)

    def _by_feature(self, values: Array) -> Array:
        if self.form.one_variance:
            return np.broadcast_to(values[..., None], (*values.shape, self.d))
        return values


class Layout:
    """Where volumes and shapes stand among flat coordinates, and what logarithms (m, k, d) they make."""

    def __init__(self, letters: tuple[str, str, str], k: int, d: int, weights: Array) -> None:
        self.k, self.d = k, d
        self.n_volumes, self.n_shapes = {"E": 1, "V": k}[letters[0]], {"E": 1, "V": k, "I": 0}[letters[1]]
        self.basis = np.linalg.qr(np.eye(d)[:, :-1] - 1.0 / d)[0] if d > 1 else np.empty((1, 0))
        self.end = self.n_volumes + self.n_shapes * (d - 1)
        roots = np.sqrt(weights)
        self.units = tuple(
            np.repeat(roots if many == k > 1 else np.ones(many), each)
            for many, each in ((self.n_volumes, 1), (self.n_shapes, d - 1))
        )
        self.owners = np.concatenate(
            [
                np.repeat(np.arange(k) if many == k > 1 else np.full(many, -1), each)
                for many, each in ((self.n_volumes, 1), (self.n_shapes, d - 1))
            ]
        )

    def logs(self, flat: Array) -> Array:
        """Return the logarithms (m, k, d) that coordinates (m, r) add."""
        m, d = len(flat), self.d
        volumes = flat[:, : self.n_volumes, None]
        shapes = flat[:, self.n_volumes : self.end].reshape(m, self.n_shapes, d - 1) @ self.basis.T
        logs = volumes + shapes if self.n_shapes else volumes
        return np.broadcast_to(logs, (m, self.k, d))

    def flat(self, logs: Array) -> Array:
        """Return the coordinates (m, r) of logarithms (m, k, d); of what is one for all, the mean."""
        return self._joined(logs.mean(-1), logs @ self.basis, np.mean)

    def summed(self, slopes: Array) -> Array:
        """Return the gradient (m, r), given that (m, k, d) by the logarithms."""
        return self._joined(slopes.sum(-1), slopes @ self.basis, np.sum)

    def _joined(self, volumes: Array, shapes: Array, together: Callable[..., Array]) -> Array:
        parts = []
        for values, many in ((volumes[..., None], self.n_volumes), (shapes, self.n_shapes)):
            if many:
                kept = values if many == self.k else together(values, axis=1, keepdims=True)
                parts.append(kept.reshape(len(values), -1))
        return np.concatenate(parts, axis=1)

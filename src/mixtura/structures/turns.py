"""Coordinates of matrices by their eigenvalues and by turns of their axes."""

from __future__ import annotations

import numpy as np

from ..model.forms import FULL
from ..model.parameters import Array, Parameters
from .axes import common_axes, composed, planes, resolved, turned_by
from .logarithms import Layout
from .parametrisation import Family

# Of a turn in a plane where variances are alike, which changes nothing: a turn by more is another chart's.
LEAST_UNIT = 0.03


class Turns(Family):
    r"""Eigenvalues by their logarithms, and axes by turns: :math:`\Sigma_c = D_c Q_c E_c Q_c^T D_c^T`.

    D are the anchor's axes and :math:`Q = (1 - K/2)^{-1} (1 + K/2)`, Cayley's transform of a skew matrix K.
    Either axes are one for all components (EVE, VVE), or shapes are, and each has axes of its own (EEV, VEV).
    """

    form = FULL

    def __init__(self, letters: tuple[str, str, str], anchor: Parameters) -> None:
        self.k, self.d = k, d = anchor.means.shape
        self.layout = Layout(letters, k, d, anchor.weights)
        self.many = 1 if letters[2] == "E" else k  # orientations
        self.first, self.second = planes(d)
        if self.many == k:
            values, self.axes = np.linalg.eigh(anchor.covariances)
        else:
            self.axes = common_axes(anchor.covariances)[None]
            values = _seen(self.axes, anchor.covariances)
        values = resolved(values)
        self.logs = np.log(values)  # (k, d)
        volumes, shapes = self.layout.units
        ratios = values[:, self.first] / values[:, self.second]
        turns = (ratios - 1.0) ** 2 / ratios  # (k, pairs)
        weights = anchor.weights[:, None]
        information = weights * np.maximum(turns, LEAST_UNIT**2)
        information = information if self.many == k else information.sum(0)
        self.units = np.concatenate(
            [np.sqrt(0.5 * d) * volumes, np.sqrt(0.5) * shapes, np.sqrt(information).ravel()]
        )
        owners = np.arange(k) if self.many == k > 1 else np.full(self.many, -1)
        self.owners = np.concatenate([self.layout.owners, owners.repeat(len(self.first))])

    def flatten(self, spreads: Array) -> Array:
        """Return the coordinates (m, r) of covariances (m, k, d, d)."""
        m = len(spreads)
        if self.many == self.k:
            values, axes = np.linalg.eigh(spreads)
            turn = np.swapaxes(self.axes, -1, -2) @ axes  # (m, k, d, d)
            order = _order((turn * turn).sum(1))[:, None]  # one for all components, as their shape is
            turn = np.take_along_axis(turn, order[..., None, :], -1)
            values = np.take_along_axis(values, order, -1)
        else:
            own = np.swapaxes(self.axes, -1, -2) @ spreads @ self.axes
            turn = common_axes(own)
            turn = np.take_along_axis(turn, _order(turn * turn)[:, None], -1)[:, None]
            values = _seen(turn, own)
        turn = _proper(turn)
        eye = np.eye(self.d)
        # K = 2 (Q - 1) (Q + 1)^-1, by transposes
        half = np.linalg.solve(np.swapaxes(turn + eye, -1, -2), np.swapaxes(turn - eye, -1, -2))
        skew = 2.0 * np.swapaxes(half, -1, -2)[..., self.first, self.second]
        return np.concatenate(
            [self.layout.flat(np.log(resolved(values)) - self.logs), skew.reshape(m, -1)], axis=1
        )

    def _parts(self, flat: Array) -> tuple[Array, Array, Array]:
        """Return (1 - K/2)^-1 and turns (m, 1 or k, d, d), and eigenvalues (m, k, d)."""
        skew = flat[:, self.layout.end :].reshape(len(flat), self.many, -1)
        inverse, turn = turned_by(skew, self.d)
        return inverse, turn, np.exp(self.logs + self.layout.logs(flat))

    def spreads(self, flat: Array) -> Array:
        """Return the covariances (m, k, d, d) that coordinates (m, r) say."""
        _, turn, values = self._parts(flat)
        return composed(self.axes @ turn, values)

    def pull_back(self, flat: Array, gradients: Array) -> Array:
        """Return the gradient (m, r), given that by the covariances (m, k, d, d)."""
        inverse, turn, values = self._parts(flat)
        seen = np.swapaxes(self.axes, -1, -2) @ gradients @ self.axes @ turn
        slopes = (turn * seen).sum(-2) * values  # by logarithms of eigenvalues
        by_turn = 2.0 * seen * values[..., None, :]
        if self.many < self.k:
            by_turn = by_turn.sum(1, keepdims=True)
        # dQ = (1 - K/2)^-1 dK (1 - K/2)^-1
        back = np.swapaxes(inverse, -1, -2)
        by_skew = back @ by_turn @ back
        skew = (by_skew - np.swapaxes(by_skew, -1, -2))[..., self.first, self.second]
        return np.concatenate([self.layout.summed(slopes), skew.reshape(len(flat), -1)], axis=1)


def _seen(axes: Array, matrices: Array) -> Array:
    """Return the variances (..., k, d) of matrices (..., k, d, d) along axes, the columns of (..., d, d)."""
    return np.asarray((axes * (matrices @ axes)).sum(-2))


def _order(shares: Array) -> np.ndarray:
    """Return which axis (m, d) stands for each of the anchor's, of what they have in common (m, d, d)."""
    nearest = shares.argmax(-1)
    for i in np.flatnonzero((np.sort(nearest, -1) != np.arange(shares.shape[-1])).any(-1)):
        from scipy.optimize import linear_sum_assignment

        nearest[i] = linear_sum_assignment(-shares[i])[1]
    return nearest


def _proper(turn: Array) -> Array:
    """Return turns (..., d, d) whose columns have the signs nearest to the identity's, without reflection."""
    along = np.diagonal(turn, axis1=-2, axis2=-1)
    turn = turn * np.where(along < 0.0, -1.0, 1.0)[..., None, :]
    mirrored = np.linalg.det(turn) < 0.0
    if mirrored.any():
        least = np.abs(np.diagonal(turn, axis1=-2, axis2=-1)).argmin(-1)
        flips = np.where(np.arange(turn.shape[-1]) == least[..., None], -1.0, 1.0)
        turn = np.where(mirrored[..., None, None], turn * flips[..., None, :], turn)
    return turn

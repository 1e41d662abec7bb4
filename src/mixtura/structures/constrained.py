"""Constrained: families whose components share a part of their covariances, beyond what their form says."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from .. import _core
from .._core.twin_floor import LEAST_CORRELATION
from ..model.forms import diagonal_matrices
from ..model.parameters import Array, Parameters
from .axes import common_axes, composed, resolved
from .base import Structure, per_count
from .floor import Floor
from .inner import SETTLED
from .parametrisation import ConstrainedChart, Family, Parametrisation

LEAST_WEIGHT = 1e-6  # of a component whose covariance takes part in what others share
NOWHERE = 1e-24  # times the least variance that there is
LEAST_COUNT = 1e-30  # of all rows, for which a component without any is taken
# Least variance over largest, in units of the data's, where each component has a shape of its own: of its own
# rows; and of a covariance that has come to that, along axes that may not be quite its own.
FLATTEST, FLAT = 1e-10, 1e-9
CLEAR = 1.01  # times the floor, where a component is raised to


class Constrained(Structure):
    """A family that says in `estimated` how scatters make its spreads, and in `family` its coordinates."""

    adds_scatters = False

    @abstractmethod
    def estimated(
        self, counts: Array, scatters: Array, before: Array | None = None, close: float = SETTLED
    ) -> Array:
        """Return the maximising spreads (..., by form), given positive definite scatters of some rows each.

        Where they are found by iteration, that starts from covariances ``before`` (..., k, d, d), and ends
        with a step shorter than ``close``.
        """

    @abstractmethod
    def family(self, anchor: Parameters) -> Family:
        """Return flat coordinates of spreads near those of an anchor (k,)."""

    def covariances(
        self,
        counts: Array,
        scatters: Array,
        floor: Floor,
        before: Array | None = None,
        close: float = SETTLED,
    ) -> Array:
        """Return the maximising covariances (..., k, d, d), given scatters about the components' means."""
        k, d = counts.shape[-1], len(floor.variances)
        shape = (*counts.shape, d, d)
        flat = counts.reshape(-1, k)
        kept = scatters.reshape(len(flat), *scatters.shape[counts.ndim - 1 :])
        last = None if before is None else before.reshape(-1, k, d, d)
        made, done = _core.kernels().constrained(self.name, flat, kept, floor.variances, last, close)
        if not done.all():
            rest = ~done
            last = None if last is None else last[rest]
            made[rest] = self._near_floor(flat[rest], kept[rest], floor, last, close)
        return np.asarray(made.reshape(shape))

    def _near_floor(
        self, counts: Array, scatters: Array, floor: Floor, before: Array | None, close: float
    ) -> Array:
        """Return the maximising covariances (m, k, d, d), whether they come near the floor or not.

        A component whose own rows lie in a subspace is first raised to the floor, so that it has a volume.
        """
        k, d = counts.shape[-1], len(floor.variances)
        raise_ = floor.raise_matrices if self.form.matrices else floor.raise_variances
        counts = np.maximum(counts, LEAST_COUNT * counts.sum(-1, keepdims=True))
        own = raise_(per_count(scatters, counts))
        if self._flattens:
            own = self._rounded(own, floor)
        rows = counts.reshape(counts.shape + (1,) * (own.ndim - counts.ndim))
        spreads = self.raised(self.estimated(counts, rows * own, before, close), floor)
        return self.form.covariances(spreads, k, d)

    @property
    def _flattens(self) -> bool:
        """Say whether a component of rows in a subspace gets ever flatter, whatever becomes of its volume."""
        return self.letters[1] == "V"

    def touches(self, covariances: Array, floor: Floor) -> np.ndarray:
        """Say which covariances (..., k, d, d) lie at the floor, or are as flat as may be: flags (..., k)."""
        low = floor.touches(covariances)
        return np.asarray(low | _flat(covariances, floor, FLAT)) if self._flattens else low

    def _rounded(self, spreads: Array, floor: Floor) -> Array:
        """Return spreads (..., k, by form) with no direction flatter than it may be."""
        matrices = self.form.covariances(spreads, *spreads.shape[-2:]) if not self.form.matrices else spreads
        flat = _flat(matrices, floor, FLATTEST)
        if not flat.any():
            return spreads
        unit = floor.deviations[:, None] * floor.deviations
        values, axes = np.linalg.eigh(matrices[flat] / unit)
        matrices = matrices.copy()
        matrices[flat] = composed(axes, np.maximum(values, FLATTEST * values[..., -1:])) * unit
        return self.form.spreads(matrices)

    def restricted(self, parameters: Parameters) -> Parameters:
        """Return mixtures (..., k) with covariances of the family: the M-step of rows with those given."""
        counts = np.maximum(parameters.weights, LEAST_WEIGHT)
        given = parameters.covariances
        scatters = self.form.kept(counts[..., None, None] * given)
        variances = np.diagonal(given, axis1=-2, axis2=-1).reshape(-1, given.shape[-1])
        # a floor that none of the family lies at, which has the volume of those given
        floor = Floor(np.maximum(NOWHERE * variances.min(0), np.finfo(np.float64).tiny))
        if (floor.touches(given) | _flat(given, floor, FLAT)).any():
            k, d = parameters.means.shape[-2:]
            covariances = self.form.covariances(self.estimated(counts, scatters, given), k, d)
        else:
            covariances = self.covariances(counts, scatters, floor, given)
        return Parameters(self.weights(parameters.weights), parameters.means, covariances)

    def admitted(self, parameters: Parameters, floor: Floor) -> Parameters:
        """Return mixtures (..., k) with covariances of the family, raised to the floor.

        Those given are raised as well, so that what they share has a volume.
        """
        own = floor.raise_matrices(parameters.covariances)
        return super().admitted(Parameters(parameters.weights, parameters.means, own), floor)

    def chart(self, anchor: Parameters, floor: Floor) -> Parametrisation:
        """Return coordinates of the family's mixtures near an anchor (k,), whose weights are free."""
        return ConstrainedChart(self.family(anchor), self.raised, floor, anchor)

    def raised(self, spreads: Array, floor: Floor) -> Array:
        """Return spreads of the family, none of them under the floor: those that are get more volume.

        Matrices that are flat as well, for which more volume does nothing, are first made less so, together
        with all that share their shape.
        """
        if self.form.matrices:
            low = floor.touches(spreads)
            if not low.any():
                return spreads
            mixtures = low.any(-1)
            spreads = spreads.copy()
            spreads[mixtures] = self._lifted(_rounder(spreads[mixtures]), floor)
            return spreads
        factors = np.maximum(floor.variances / spreads, 1.0).max(-1, keepdims=True)
        if self.letters[0] == "E":
            factors = factors.max(-2, keepdims=True)
        return spreads if (factors <= 1.0).all() else spreads * factors

    def _lifted(self, matrices: Array, floor: Floor) -> Array:
        """Return matrices (..., k, d, d) with volumes that hold them above the floor."""
        unit = floor.deviations[:, None] * floor.deviations
        least = np.linalg.eigvalsh(matrices / unit)[..., 0]
        factors = np.where(least < 1.0, CLEAR / np.maximum(least, LEAST_COUNT), 1.0)
        if self.letters[0] == "E":
            # rounding shapes off has made volumes differ
            logs = np.linalg.slogdet(matrices)[1] / matrices.shape[-1]
            factors = factors * np.exp(logs)
            factors = factors.max(-1, keepdims=True) / np.exp(logs)
        return matrices * factors[..., None, None]

    def conformed(self, covariances: Array, mixture: Array) -> Array:
        """Return what the family has of covariances (..., p, d, d), each alone.

        What components share is held as it is in the covariances (..., k, d, d) of a mixture.
        """
        volume, shape, orientation = self.letters
        one = mixture[..., :1, :, :]
        if orientation == "I":
            axes: Array | None = None
            values, common = (np.diagonal(c, axis1=-2, axis2=-1) for c in (covariances, one))
        elif orientation == "E":
            axes = common_axes(mixture)[..., None, :, :]
            values, common = ((axes * (c @ axes)).sum(-2) for c in (covariances, one))
        else:
            values, axes = np.linalg.eigh(covariances)
            common = np.asarray(np.linalg.eigvalsh(one))
        values, common = resolved(values), resolved(common)
        volumes = np.exp(np.log(common).mean(-1, keepdims=True))
        shapes = common / volumes if shape == "E" else values / np.exp(np.log(values).mean(-1, keepdims=True))
        if volume == "V":
            volumes = (values / shapes).mean(-1, keepdims=True)
        values = np.broadcast_to(volumes * shapes, (*covariances.shape[:-1],))
        return diagonal_matrices(values) if axes is None else composed(axes, values)


def _flat(matrices: Array, floor: Floor, part: float) -> np.ndarray:
    """Say of which matrices (..., d, d) the least variance over the largest is at most so small a part."""
    d = matrices.shape[-1]
    flags = _core.kernels().flat(matrices.reshape(-1, d, d), floor.variances, part)
    return flags.reshape(matrices.shape[:-2])


def _rounder(matrices: Array) -> Array:
    """Return matrices (..., d, d) whose least variance along an axis stands clear of rounding."""
    values, axes = np.linalg.eigh(matrices)
    least = 2.0 * matrices.shape[-1] * LEAST_CORRELATION * values[..., -1:]
    flat = (values < least).any(-1)
    if not flat.any():
        return matrices
    return np.where(flat[..., None, None], composed(axes, np.maximum(values, least)), matrices)

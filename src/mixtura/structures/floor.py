"""Floor: how small a variance may become, relative to the data's own scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import _core
from .._core.twin_floor import LEAST_CORRELATION
from ..model.parameters import Array
from ..model.singly import singly

# Components may lie 1e6 standard deviations apart: a component's deviation may be 1e-6 of the data's.
RELATIVE_DEVIATION = 1e-8
ROUNDING_UNITS = 4.0
MANY = 16  # features, beyond which a factorisation costs far less than the eigenvalues of a closer look
CLEAR_PIVOT = 1e-8  # squared pivots of a correlation matrix above it are not made of rounding


@dataclass(frozen=True, slots=True, eq=False)
class Floor:
    """The least variance that a component may have along each feature.

    ``variances`` (d,) stop a component that collapses on a few rows: no eigenvalue of a covariance, in units
    of these variances, falls under 1. They are far below any variance that the data can carry, so that an
    honest component never meets them.
    """

    variances: Array

    @classmethod
    def relative_to(cls, variance: Array, magnitude: Array, unit: float) -> Floor:
        """Make the floor for data of this variance (d,) and largest magnitude (d,), rounded to ``unit``."""
        deviation = np.maximum(RELATIVE_DEVIATION * np.sqrt(variance), ROUNDING_UNITS * unit * magnitude)
        return cls(np.maximum(deviation**2, np.finfo(np.float64).tiny))

    def raise_variances(self, variances: Array) -> Array:
        """Return variances (..., d) no smaller than the floor."""
        return np.maximum(variances, self.variances)

    def raise_scalar(self, variances: Array) -> Array:
        """Return variances (...), each shared by all features, no smaller than the floor's mean."""
        return np.maximum(variances, self.variances.mean())

    def raise_matrices(self, covariances: Array) -> Array:
        """Return covariances (..., d, d) that are raised where they fall under the floor.

        Two things are asked of each: eigenvalues of at least 1 in units of the floor, and a correlation
        matrix whose least eigenvalue stands clear of rounding. The second stops rows that lie in a subspace,
        whose Cholesky factor, where there is one, is made of rounding alone.
        """
        d = covariances.shape[-1]
        if d == 1 or not covariances.size:
            return np.maximum(covariances, self.variances[0])
        low = self.touches(covariances)
        if not low.any():
            return covariances
        unit = self.deviations[:, None] * self.deviations
        raised = _clipped(covariances[low] / unit, 1.0) * unit
        own = np.sqrt(np.diagonal(raised, axis1=-2, axis2=-1))
        unit = own[..., :, None] * own[..., None, :]
        covariances = covariances.copy()
        covariances[low] = _clipped(raised / unit, d * LEAST_CORRELATION) * unit
        return covariances

    def touches(self, covariances: Array) -> np.ndarray:
        """Say which of the covariances (..., d, d) lie at the floor, or under it: a flag (...)."""
        if covariances.shape[-1] == 1:
            return np.asarray(covariances[..., 0, 0] <= self.variances[0] * (1.0 + 1e-6))
        if covariances.shape[-1] > MANY and self._is_clear(covariances):
            return np.zeros(covariances.shape[:-2], dtype=bool)

        def flags(some: Array) -> np.ndarray:
            matrices = some.reshape(-1, *some.shape[-2:])
            return _core.kernels().touches(matrices, self.variances).reshape(some.shape[:-2])

        return singly(flags, covariances)

    def _is_clear(self, covariances: Array) -> bool:
        """Say whether a quick look tells that none of these covariances (..., d, d) is near the floor.

        Squared Cholesky pivots over variances are those of the correlation matrix, whatever the units.
        """
        try:
            pivots = np.diagonal(singly(np.linalg.cholesky, covariances), axis1=-2, axis2=-1)
        except np.linalg.LinAlgError:
            return False
        variances = np.diagonal(covariances, axis1=-2, axis2=-1)
        least = np.maximum(CLEAR_PIVOT * variances, self.variances / CLEAR_PIVOT)
        return bool((pivots * pivots >= least).all())

    @property
    def deviations(self) -> Array:
        """Return the least standard deviations (d,)."""
        return np.sqrt(self.variances)


def _clipped(matrices: Array, least: float) -> Array:
    """Return symmetric matrices (..., d, d) with no eigenvalue under ``least``."""

    def raised(some: Array) -> Array:
        values, vectors = np.linalg.eigh(some)
        up = (vectors * np.maximum(values, least)[..., None, :]) @ np.swapaxes(vectors, -1, -2)
        return np.asarray(0.5 * (up + np.swapaxes(up, -1, -2)))

    return singly(raised, matrices)

"""Floor: how small a variance may become, relative to the data's own scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..parameters import Array

# Components may lie 1e6 standard deviations apart, so a component's standard deviation may be 1e-6 of the data's.
RELATIVE_DEVIATION = 1e-8
ROUNDING_UNITS = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Floor:
    """The least variance that a component may have along each feature, and what is added to every variance.

    ``variances`` (d,) stop a component that collapses on a few rows: no eigenvalue of a covariance, in units of
    these variances, falls under 1. They are far below any variance that the data can carry, so that an honest
    component never meets them. ``ridge`` is scikit-learn's ``reg_covar``, a number added to the diagonals.
    """

    variances: Array
    ridge: float = 0.0

    @classmethod
    def relative_to(cls, variance: Array, magnitude: Array, unit: float, ridge: float = 0.0) -> Floor:
        """Make the floor for data with this variance (d,) and largest magnitude (d,), stored to ``unit`` relative."""
        deviation = np.maximum(RELATIVE_DEVIATION * np.sqrt(variance), ROUNDING_UNITS * unit * magnitude)
        return cls(np.maximum(deviation**2, np.finfo(np.float64).tiny), ridge)

    def raise_variances(self, variances: Array) -> Array:
        """Return variances (..., d) no smaller than the floor."""
        return np.maximum(variances + self.ridge, self.variances)

    def raise_scalar(self, variances: Array) -> Array:
        """Return variances (...), each shared by all features, no smaller than the floor's mean."""
        return np.maximum(variances + self.ridge, self.variances.mean())

    def raise_matrices(self, covariances: Array) -> Array:
        """Return covariances (..., d, d) whose eigenvalues, in units of the floor, are at least 1.

        Where rounding is larger than the floor, they are above rounding.
        """
        d = covariances.shape[-1]
        if d == 1:
            return np.maximum(covariances + self.ridge, self.variances[0])
        if self.ridge:
            covariances = covariances + self.ridge * np.eye(d)
        deviation = np.sqrt(self.variances)
        unit = deviation[:, None] * deviation
        scaled = covariances / unit
        least = _least_eigenvalues(scaled)
        try:
            pivots = np.diagonal(np.linalg.cholesky(scaled), axis1=-2, axis2=-1).min(axis=-1)
            if (pivots**2 >= least).all():
                return covariances
        except np.linalg.LinAlgError:
            pass
        values, vectors = np.linalg.eigh(scaled)
        low = values[..., 0] < least
        if not low.any():
            return covariances
        values = np.maximum(values, least[..., None])
        raised = (vectors * values[..., None, :]) @ np.swapaxes(vectors, -1, -2) * unit
        raised = 0.5 * (raised + np.swapaxes(raised, -1, -2))
        return np.where(low[..., None, None], raised, covariances)

    def touches(self, covariances: Array) -> NDArray[np.bool_]:
        """Say which of the covariances (..., d, d) lie at the floor: a flag (...)."""
        deviation = np.sqrt(self.variances)
        scaled = covariances / (deviation[:, None] * deviation)
        # Raised eigenvalues come back with an error of eps times the largest: at most a quarter of the least.
        return np.linalg.eigvalsh(scaled)[..., 0] <= 1.25 * _least_eigenvalues(scaled)


def _least_eigenvalues(scaled: Array) -> Array:
    """Return the least eigenvalue (...) allowed in matrices (..., d, d) that are in units of the floor.

    It is 1, or what keeps rows that lie in a subspace from a Cholesky factor that only rounding has made.
    """
    d = scaled.shape[-1]
    rounding = 4 * d * np.finfo(np.float64).eps if d > 1 else 0.0
    return np.maximum(1.0, rounding * np.diagonal(scaled, axis1=-2, axis2=-1).max(axis=-1))

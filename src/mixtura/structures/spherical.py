"""VII: every component has one variance for all directions."""

from __future__ import annotations

from ..model.parameters import Array
from .base import Structure, diagonal_matrices, per_count
from .floor import Floor


class VII(Structure):
    """Spherical, varying volume; scikit-learn's "spherical"."""

    name = "VII"
    description = "a variance for each component, the same in all directions"
    form = "spherical"

    def covariances(self, counts: Array, scatters: Array, floor: Floor) -> Array:
        """Return trace(S_c) / (n_c d) on the diagonals of matrices (..., k, d, d)."""
        d = len(floor.variances)
        variances = floor.raise_scalar(per_count(scatters, counts) / d)
        return diagonal_matrices(variances[..., None].repeat(d, axis=-1))

    def n_covariance_parameters(self, k: int, d: int) -> int:
        """Return k."""
        return k

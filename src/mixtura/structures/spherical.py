"""VII: every component has one variance for all directions."""

from __future__ import annotations

from ..model.forms import SPHERICAL
from ..model.parameters import Array
from .base import Structure, per_count
from .floor import Floor


class VII(Structure):
    """Spherical, varying volume; scikit-learn's "spherical"."""

    name = "VII"
    description = "a variance for each component, the same in all directions"
    form = SPHERICAL

    def covariances(self, counts: Array, scatters: Array, floor: Floor) -> Array:
        """Return trace(S_c) / (n_c d) on the diagonals of matrices (..., k, d, d)."""
        d = len(floor.variances)
        variances = self.raised(per_count(scatters, counts) / d, floor)
        return self.form.covariances(variances, counts.shape[-1], d)

    def raised(self, spreads: Array, floor: Floor) -> Array:
        """Return variances (..., k) no smaller than the mean of the floor's."""
        return floor.raise_scalar(spreads)

    def n_covariance_parameters(self, k: int, d: int) -> int:
        """Return k."""
        return k

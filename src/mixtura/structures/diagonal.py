"""VVI: every component has a diagonal covariance of its own."""

from __future__ import annotations

from ..model.forms import DIAGONAL, diagonal_matrices
from ..model.parameters import Array
from .base import Structure, per_count
from .floor import Floor


class VVI(Structure):
    """Diagonal, varying volume and shape; scikit-learn's "diag"."""

    name = "VVI"
    description = "a diagonal covariance matrix for each component"
    form = DIAGONAL

    def covariances(self, counts: Array, scatters: Array, floor: Floor) -> Array:
        """Return diag(S_c) / n_c as matrices (..., k, d, d)."""
        return diagonal_matrices(self.raised(per_count(scatters, counts), floor))

    def raised(self, spreads: Array, floor: Floor) -> Array:
        """Return variances (..., k, d) no smaller than the floor's."""
        return floor.raise_variances(spreads)

    def n_covariance_parameters(self, k: int, d: int) -> int:
        """Return k d."""
        return k * d

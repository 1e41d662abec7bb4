"""EEE: all components share one covariance."""

from __future__ import annotations

from ..model.forms import TIED
from ..model.parameters import Array
from .base import Structure
from .floor import Floor
from .inner import SETTLED


class EEE(Structure):
    """Ellipsoidal, equal volume, shape and orientation; scikit-learn's "tied"."""

    name = "EEE"
    description = "one covariance matrix shared by all components"
    form = TIED

    def covariances(
        self,
        counts: Array,
        scatters: Array,
        floor: Floor,
        before: Array | None = None,
        close: float = SETTLED,
    ) -> Array:
        """Return the pooled S / n, the same (d, d) for every component: a view (..., k, d, d)."""
        shared = self.raised(scatters / counts.sum(-1)[..., None, None], floor)
        return self.form.covariances(shared, counts.shape[-1], scatters.shape[-1])

    def raised(self, spreads: Array, floor: Floor) -> Array:
        """Return matrices (..., d, d) raised to the floor."""
        return floor.raise_matrices(spreads)


class E(EEE):
    """One dimension, one variance shared by all components."""

    name = "E"
    description = "one dimension, one variance shared by all components"

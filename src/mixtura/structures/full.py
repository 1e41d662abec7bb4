"""VVV: every component has a covariance of its own, without constraint."""

from __future__ import annotations

import numpy as np

from ..model.forms import FULL
from ..model.moments import Moments, divisors
from ..model.parameters import Array, Parameters
from .base import Structure, per_count
from .floor import Floor
from .inner import SETTLED


class VVV(Structure):
    """Ellipsoidal, varying volume, shape and orientation; scikit-learn's "full"."""

    name = "VVV"
    description = "a covariance matrix for each component"
    form = FULL

    def covariances(
        self,
        counts: Array,
        scatters: Array,
        floor: Floor,
        before: Array | None = None,
        close: float = SETTLED,
    ) -> Array:
        """Return S_c / n_c (..., k, d, d)."""
        return floor.raise_matrices(per_count(scatters, counts))

    def raised(self, spreads: Array, floor: Floor) -> Array:
        """Return matrices (..., k, d, d) raised to the floor."""
        return floor.raise_matrices(spreads)


class V(VVV):
    """One dimension, a variance for each component."""

    name = "V"
    description = "one dimension, a variance for each component"

    def maximise(
        self, moments: Moments, floor: Floor, before: Parameters | None = None, close: float = SETTLED
    ) -> Parameters:
        """Make the M-step as `Structure.maximise` does: alone it takes longer than a pass over few rows."""
        counts = moments.counts
        if moments.mean_counts is not counts or moments.covariance_counts is not counts:
            return super().maximise(moments, floor)
        rows = divisors(counts)[..., None]
        shifts = moments.sums / rows
        variances = moments.scatters / rows[..., None] - (shifts * shifts)[..., None]
        return Parameters(
            self.weights(counts / np.add.reduce(counts, -1, keepdims=True)),
            moments.means + shifts,
            floor.raise_matrices(variances),
        )

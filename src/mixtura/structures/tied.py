"""EEE: all components share one covariance."""

from __future__ import annotations

import numpy as np

from ..model.parameters import Array
from .base import Structure
from .floor import Floor


class EEE(Structure):
    """Ellipsoidal, equal volume, shape and orientation; scikit-learn's "tied"."""

    name = "EEE"
    description = "one covariance matrix shared by all components"
    form = "tied"

    def covariances(self, counts: Array, scatters: Array, floor: Floor) -> Array:
        """Return the pooled S / n, the same (d, d) for every component: a view (..., k, d, d)."""
        shared = floor.raise_matrices(scatters / counts.sum(-1)[..., None, None])
        k, d = counts.shape[-1], scatters.shape[-1]
        return np.broadcast_to(shared[..., None, :, :], (*counts.shape[:-1], k, d, d))

    def n_covariance_parameters(self, k: int, d: int) -> int:
        """Return d (d + 1) / 2."""
        return d * (d + 1) // 2


class E(EEE):
    """One dimension, one variance shared by all components."""

    name = "E"
    description = "one dimension, one variance shared by all components"

"""VEE, EVV: covariance matrices that differ in volume alone, or in all but volume."""

from __future__ import annotations

import numpy as np

from ..model.forms import FULL
from ..model.parameters import Array, Parameters
from .constrained import Constrained
from .factors import Factors
from .inner import SETTLED
from .parametrisation import Family
from .volumes import log_volumes, volumes_of_matrices


class VEE(Constrained):
    """Ellipsoidal, equal shape and orientation (Celeux and Govaert 1995, model [lambda_k C])."""

    name = "VEE"
    description = "covariance matrices of one shape and orientation, a volume for each component"
    form = FULL

    def estimated(
        self, counts: Array, scatters: Array, before: Array | None = None, close: float = SETTLED
    ) -> Array:
        """Return matrices (..., k, d, d) that are all proportional."""
        last = None if before is None else log_volumes(before)
        scales = np.exp(volumes_of_matrices(counts, scatters, last, close))[..., None, None]
        matrix = (scatters / scales).sum(-3) / counts.sum(-1)[..., None, None]
        return scales * matrix[..., None, :, :]

    def family(self, anchor: Parameters) -> Family:
        """Return logarithms of the volumes and the factor of one matrix."""
        return Factors(self.letters, anchor)


class EVV(Constrained):
    """Ellipsoidal, equal volume (Celeux and Govaert 1995, model [lambda C_k])."""

    name = "EVV"
    description = "covariance matrices of one volume"
    form = FULL

    def estimated(
        self, counts: Array, scatters: Array, before: Array | None = None, close: float = SETTLED
    ) -> Array:
        """Return matrices (..., k, d, d) whose determinants are all one."""
        roots = np.exp(log_volumes(scatters))  # |W_c|^(1/d)
        volume = roots.sum(-1, keepdims=True) / counts.sum(-1, keepdims=True)
        return (volume / roots)[..., None, None] * scatters

    def family(self, anchor: Parameters) -> Family:
        """Return the logarithm of the volume and a factor for each component."""
        return Factors(self.letters, anchor)

"""EEV, VEV: covariance matrices of one shape, each with an orientation of its own."""

from __future__ import annotations

import numpy as np

from ..model.forms import FULL
from ..model.parameters import Array, Parameters
from .axes import composed
from .constrained import Constrained
from .inner import SETTLED
from .parametrisation import Family
from .turns import Turns
from .volumes import log_volumes, volumes_of_variances

EPSILON = float(np.finfo(np.float64).eps)


class EEV(Constrained):
    """Ellipsoidal, equal volume and shape (Celeux and Govaert 1995, model [lambda D_k A D_k'])."""

    name = "EEV"
    description = "covariance matrices of one volume and shape, an orientation for each component"
    form = FULL

    def estimated(
        self, counts: Array, scatters: Array, before: Array | None = None, close: float = SETTLED
    ) -> Array:
        """Return matrices (..., k, d, d) of the same eigenvalues."""
        values, axes = np.linalg.eigh(scatters)
        shared = values.sum(-2, keepdims=True) / counts.sum(-1)[..., None, None]
        return composed(axes, shared)

    def family(self, anchor: Parameters) -> Family:
        """Return logarithms of the volume and the shape, and turns of each component's axes."""
        return Turns(self.letters, anchor)


class VEV(Constrained):
    """Ellipsoidal, equal shape (Celeux and Govaert 1995, model [lambda_k D_k A D_k'])."""

    name = "VEV"
    description = "covariance matrices of one shape"
    form = FULL

    def estimated(
        self, counts: Array, scatters: Array, before: Array | None = None, close: float = SETTLED
    ) -> Array:
        """Return matrices (..., k, d, d) whose eigenvalues are all proportional."""
        values, axes = np.linalg.eigh(scatters)
        values = np.maximum(values, EPSILON * values[..., -1:])  # a least one may come out negative
        last = None if before is None else log_volumes(before)
        scales = np.exp(volumes_of_variances(counts, values, last, close))[..., None]
        shape = (values / scales).sum(-2, keepdims=True) / counts.sum(-1)[..., None, None]
        return composed(axes, scales * shape)

    def family(self, anchor: Parameters) -> Family:
        """Return logarithms of the volumes and the shape, and turns of each component's axes."""
        return Turns(self.letters, anchor)

"""EEI, VEI, EVI, VVI: diagonal covariances, axes along the features."""

from __future__ import annotations

import numpy as np

from ..model.forms import DIAGONAL, diagonal_matrices
from ..model.parameters import Array, Parameters
from .base import Structure, per_count
from .constrained import Constrained
from .floor import Floor
from .inner import SETTLED
from .logarithms import Logarithms
from .parametrisation import ConstrainedChart, Family, Parametrisation
from .pooled import pooled
from .volumes import volumes_of_variances


class VVI(Structure):
    """Diagonal, varying volume and shape; scikit-learn's "diag"."""

    name = "VVI"
    description = "a diagonal covariance matrix for each component"
    form = DIAGONAL

    def covariances(
        self,
        counts: Array,
        scatters: Array,
        floor: Floor,
        before: Array | None = None,
        close: float = SETTLED,
    ) -> Array:
        """Return diag(S_c) / n_c as matrices (..., k, d, d)."""
        return diagonal_matrices(self.raised(per_count(scatters, counts), floor))

    def raised(self, spreads: Array, floor: Floor) -> Array:
        """Return variances (..., k, d) no smaller than the floor's."""
        return floor.raise_variances(spreads)


class EEI(VVI):
    """Diagonal, equal volume and shape."""

    name = "EEI"
    description = "one diagonal covariance matrix shared by all components"

    def covariances(
        self,
        counts: Array,
        scatters: Array,
        floor: Floor,
        before: Array | None = None,
        close: float = SETTLED,
    ) -> Array:
        """Return the pooled diag(S) / n, the same for every component, as matrices (..., k, d, d)."""
        variances = scatters.sum(-2, keepdims=True) / counts.sum(-1)[..., None, None]
        return diagonal_matrices(self.raised(variances, floor).repeat(counts.shape[-1], axis=-2))

    def restricted(self, parameters: Parameters) -> Parameters:
        """Return mixtures (..., k) with the mean of all their diagonals, by weight."""
        return super().restricted(pooled(parameters))

    def chart(self, anchor: Parameters, floor: Floor) -> Parametrisation:
        """Return coordinates near an anchor (k,): of covariances, logarithms of the volume and the shape."""
        return ConstrainedChart(Logarithms(self.letters, self.form, anchor), self.raised, floor, anchor)


class VEI(Constrained):
    """Diagonal, equal shape (Celeux and Govaert 1995, Pattern Recognition 28, model [lambda_k B])."""

    name = "VEI"
    description = "diagonal covariance matrices of one shape, a volume for each component"
    form = DIAGONAL

    def estimated(
        self, counts: Array, scatters: Array, before: Array | None = None, close: float = SETTLED
    ) -> Array:
        """Return variances (..., k, d) that are all proportional."""
        last = None if before is None else np.log(np.diagonal(before, axis1=-2, axis2=-1)).mean(-1)
        scales = np.exp(volumes_of_variances(counts, scatters, last, close))[..., None]
        shape = (scatters / scales).sum(-2) / counts.sum(-1)[..., None]
        return scales * shape[..., None, :]

    def family(self, anchor: Parameters) -> Family:
        """Return logarithms of the volumes and of the shape."""
        return Logarithms(self.letters, self.form, anchor)


class EVI(Constrained):
    """Diagonal, equal volume (Celeux and Govaert 1995, model [lambda B_k])."""

    name = "EVI"
    description = "diagonal covariance matrices of one volume, a shape for each component"
    form = DIAGONAL

    def estimated(
        self, counts: Array, scatters: Array, before: Array | None = None, close: float = SETTLED
    ) -> Array:
        """Return variances (..., k, d) whose products are all one."""
        roots = np.exp(np.log(scatters).mean(-1, keepdims=True))  # |W_c|^(1/d)
        volume = roots.sum(-2, keepdims=True) / counts.sum(-1)[..., None, None]
        return np.asarray(volume * (scatters / roots))

    def family(self, anchor: Parameters) -> Family:
        """Return logarithms of the volume and of the shapes."""
        return Logarithms(self.letters, self.form, anchor)

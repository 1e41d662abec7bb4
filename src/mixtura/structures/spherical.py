"""EII, VII: one variance for all directions."""

from __future__ import annotations

from ..model.forms import SPHERICAL
from ..model.parameters import Array, Parameters
from .base import Structure, per_count
from .floor import Floor
from .inner import SETTLED
from .logarithms import Logarithms
from .parametrisation import ConstrainedChart, Parametrisation
from .pooled import pooled


class VII(Structure):
    """Spherical, varying volume; scikit-learn's "spherical"."""

    name = "VII"
    description = "a variance for each component, the same in all directions"
    form = SPHERICAL

    def covariances(
        self,
        counts: Array,
        scatters: Array,
        floor: Floor,
        before: Array | None = None,
        close: float = SETTLED,
    ) -> Array:
        """Return trace(S_c) / (n_c d) on the diagonals of matrices (..., k, d, d)."""
        d = len(floor.variances)
        variances = self.raised(per_count(scatters, counts) / d, floor)
        return self.form.covariances(variances, counts.shape[-1], d)

    def raised(self, spreads: Array, floor: Floor) -> Array:
        """Return variances (..., k) no smaller than the mean of the floor's."""
        return floor.raise_scalar(spreads)


class EII(VII):
    """Spherical, equal volume: what k-means has in mind."""

    name = "EII"
    description = "one variance for all components and directions"

    def covariances(
        self,
        counts: Array,
        scatters: Array,
        floor: Floor,
        before: Array | None = None,
        close: float = SETTLED,
    ) -> Array:
        """Return the trace of S over n d, the same on the diagonals of all matrices (..., k, d, d)."""
        k, d = counts.shape[-1], len(floor.variances)
        variances = scatters.sum(-1, keepdims=True) / (d * counts.sum(-1, keepdims=True))
        return self.form.covariances(self.raised(variances, floor).repeat(k, axis=-1), k, d)

    def restricted(self, parameters: Parameters) -> Parameters:
        """Return mixtures (..., k) with the mean of all their variances, by weight."""
        return super().restricted(pooled(parameters))

    def chart(self, anchor: Parameters, floor: Floor) -> Parametrisation:
        """Return coordinates near an anchor (k,): of covariances, the logarithm of the variance."""
        return ConstrainedChart(Logarithms(self.letters, self.form, anchor), self.raised, floor, anchor)

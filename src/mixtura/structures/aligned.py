"""EVE, VVE: covariance matrices of one orientation, each with a shape of its own."""

from __future__ import annotations

import numpy as np

from ..model.forms import FULL
from ..model.parameters import Array, Parameters
from .axes import composed
from .constrained import Constrained
from .inner import SETTLED
from .misfit import along
from .orientation import common_orientation
from .parametrisation import Family
from .turns import Turns


class VVE(Constrained):
    """Ellipsoidal, equal orientation (Celeux and Govaert 1995, model [lambda_k D A_k D'])."""

    name = "VVE"
    description = "covariance matrices of one orientation"
    form = FULL

    def estimated(
        self, counts: Array, scatters: Array, before: Array | None = None, close: float = SETTLED
    ) -> Array:
        """Return matrices (..., k, d, d) that share their axes."""
        axes, variances = self._along_axes(counts, scatters, before, close, equal_volumes=False)
        return composed(axes, variances / counts[..., None])

    @staticmethod
    def _along_axes(
        counts: Array, scatters: Array, before: Array | None, close: float, *, equal_volumes: bool
    ) -> tuple[Array, Array]:
        """Return the axes (..., 1, d, d) and what scatters have along them (..., k, d)."""
        axes = common_orientation(counts, scatters, before, close, equal_volumes=equal_volumes)
        return axes[..., None, :, :], along(axes, scatters)

    def family(self, anchor: Parameters) -> Family:
        """Return logarithms of volumes and shapes, and turns of the axes."""
        return Turns(self.letters, anchor)


class EVE(VVE):
    """Ellipsoidal, equal volume and orientation (Celeux and Govaert 1995, model [lambda D A_k D'])."""

    name = "EVE"
    description = "covariance matrices of one volume and orientation, a shape for each component"

    def estimated(
        self, counts: Array, scatters: Array, before: Array | None = None, close: float = SETTLED
    ) -> Array:
        """Return matrices (..., k, d, d) that share their axes and their determinant."""
        axes, variances = self._along_axes(counts, scatters, before, close, equal_volumes=True)
        roots = np.exp(np.log(variances).mean(-1, keepdims=True))  # |W_c|^(1/d)
        volume = roots.sum(-2, keepdims=True) / counts.sum(-1)[..., None, None]
        return composed(axes, volume * (variances / roots))

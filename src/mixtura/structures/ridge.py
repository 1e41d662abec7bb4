"""Ridge: a number added to every variance, scikit-learn's ``reg_covar``, as a penalty."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..model.moments import Moments
from ..model.parameters import Array, Parameters


@dataclass(frozen=True, slots=True)
class Ridge:
    r"""Take :math:`\tfrac{\lambda}{2} n_c \operatorname{tr} \Sigma_c^{-1}` nats for every component c.

    With :math:`n_c` the component's expected rows its M-step is :math:`S_c / n_c + \lambda I`, to the digit
    scikit-learn's. The rows are those of the mixture that one looks from, so that the fixed points are
    scikit-learn's as well: there the score, which has :math:`n_c \lambda I` in its scatters, vanishes.
    """

    variance: float  # lambda, in squared units of the data

    def added(self, moments: Moments) -> Moments:
        """Return moments whose scatters are those of rows with so much more variance."""
        d = moments.means.shape[-1]
        extra = moments.form.identity(self.variance * moments.covariance_counts, d)
        return replace(moments, scatters=moments.scatters + extra)

    def value(self, mixtures: Parameters, around: Moments) -> Array:
        """Return the nats (m,) that mixtures (m,) cost with the rows that components have ``around``."""
        traces = np.trace(np.linalg.inv(mixtures.covariances), axis1=-2, axis2=-1)
        return np.asarray(0.5 * self.variance * (traces @ around.covariance_counts))

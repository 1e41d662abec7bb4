"""The native core's NumPy twin: the same functions, written to be read and to be tested against.

Shapes: x (n, d); sample_weight (n,) or None; a stack of m mixtures has weights (m, k), means (m, k, d) and
spreads: what the form says of the covariances, full (m, k, d, d), diagonal (m, k, d) variances, spherical
(m, k) variances, tied (m, d, d). Scatters come back in the shape of the spreads.
"""

from .twin_chart import Chart as Chart
from .twin_compress import gauss_nodes as gauss_nodes
from .twin_compress import sum_cells as sum_cells
from .twin_constrained import constrained as constrained
from .twin_density import NotPositiveDefinite as NotPositiveDefinite
from .twin_density import densities as densities
from .twin_description import Description as Description
from .twin_description import describe as describe
from .twin_floor import flat as flat
from .twin_floor import thickness as thickness
from .twin_floor import touches as touches
from .twin_pass import Pass as Pass
from .twin_pass import moments as moments

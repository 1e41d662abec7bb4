"""Pictures of a fit, good enough for a paper; they need matplotlib: ``pip install "mixtura[plot]"``."""

from .climb import convergence
from .figure import fit
from .forest import uncertainty
from .table import selection

__all__ = ["convergence", "fit", "selection", "uncertainty"]

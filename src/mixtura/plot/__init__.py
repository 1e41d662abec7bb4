"""Pictures of a fit, good enough for a paper; they need matplotlib: ``pip install "mixtura[plot]"``."""

from .climb import convergence
from .figure import fit
from .table import selection
from .uncertainty import uncertainty

__all__ = ["convergence", "fit", "selection", "uncertainty"]

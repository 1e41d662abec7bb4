"""mixtura: Gaussian mixtures, fast, to the real maximum, and with an honest statement of how sure the answer is."""

from importlib.metadata import version as _version

from .fit import Fit, Status
from .mixture import Mixture
from .search import fit_mixture

__version__ = _version("mixtura")
__all__ = ["Fit", "Mixture", "Status", "fit_mixture"]

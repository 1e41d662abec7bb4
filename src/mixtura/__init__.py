"""Gaussian mixtures: fast, to the real maximum, and with an honest statement of how sure the answer is."""

from importlib.metadata import version as _version
from typing import TYPE_CHECKING

from .model.mixture import Mixture
from .search.fitting import fit_mixture
from .search.result import Fit, Status

if TYPE_CHECKING:
    from .sklearn.estimator import GaussianMixture

__version__ = _version("mixtura")
__all__ = ["Fit", "GaussianMixture", "Mixture", "Status", "fit_mixture"]


def __getattr__(name: str) -> object:
    """Import GaussianMixture when first asked for: scikit-learn takes a second to import."""
    if name == "GaussianMixture":
        from .sklearn.estimator import GaussianMixture

        return GaussianMixture
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

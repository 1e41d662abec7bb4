"""Gaussian mixtures: fast, to the real maximum, and with an honest statement of how sure the answer is."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .em.summing import finish, summarize
    from .inference.asking import infer
    from .inference.lrt import bootstrap_lrt
    from .inference.result import Inference
    from .inference.selection.result import Selection
    from .inference.selection.selecting import select
    from .inference.summary import Summary, summarise
    from .model.mixture import Mixture
    from .model.moments import Moments
    from .search.fitting import fit_mixture
    from .search.result import Fit, Status
    from .sklearn.estimator import GaussianMixture
    from .sklearn.selector import GaussianMixtureSelector
    from .sources.opening import open_source

    __version__: str

__all__ = [
    "Fit",
    "GaussianMixture",
    "GaussianMixtureSelector",
    "Inference",
    "Mixture",
    "Moments",
    "Selection",
    "Status",
    "Summary",
    "bootstrap_lrt",
    "finish",
    "fit_mixture",
    "infer",
    "open_source",
    "select",
    "summarise",
    "summarize",
]

_PLACES = {
    "Fit": ".search.result",
    "GaussianMixture": ".sklearn.estimator",
    "Inference": ".inference.result",
    "GaussianMixtureSelector": ".sklearn.selector",
    "Mixture": ".model.mixture",
    "Moments": ".model.moments",
    "Selection": ".inference.selection.result",
    "Status": ".search.result",
    "Summary": ".inference.summary",
    "finish": ".em.summing",
    "bootstrap_lrt": ".inference.lrt",
    "fit_mixture": ".search.fitting",
    "infer": ".inference.asking",
    "open_source": ".sources.opening",
    "summarize": ".em.summing",
    "summarise": ".inference.summary",
    "select": ".inference.selection.selecting",
}
_ROOMS = ("datasets", "em", "inference", "model", "plot", "search", "sklearn", "sources", "structures")


def __getattr__(name: str) -> object:
    """Import what is asked for: scikit-learn alone takes a second, and the command line starts without it."""
    if name in _ROOMS:
        return import_module(f".{name}", __name__)
    if name in _PLACES:
        found: object = getattr(import_module(_PLACES[name], __name__), name)
    elif name == "__version__":
        from importlib.metadata import version

        found = version("mixtura")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found

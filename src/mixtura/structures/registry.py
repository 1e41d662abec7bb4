"""The registry of structures, by mclust's name and by scikit-learn's."""

from __future__ import annotations

from .base import Structure
from .diagonal import VVI
from .full import VVV, V
from .spherical import VII
from .tied import EEE, E

STRUCTURES: dict[str, Structure] = {s.name: s for s in (VVV(), EEE(), VVI(), VII(), E(), V())}
SKLEARN_NAMES = {"full": "VVV", "tied": "EEE", "diag": "VVI", "spherical": "VII"}
ONE_DIMENSION = {"VVV": "V", "VVI": "V", "VII": "V", "EEE": "E"}


def structure(name: str | Structure, n_features: int) -> Structure:
    """Return the structure of this name for data of n_features dimensions.

    In one dimension every structure is E or V, as in mclust: "VVV" there gives V, "tied" gives E.

    Raises
    ------
    ValueError
        If the name is unknown, or E or V is asked for in more than one dimension.
    """
    if isinstance(name, Structure):
        return name
    mclust = SKLEARN_NAMES.get(name, name)
    if mclust not in STRUCTURES:
        known = ", ".join([*SKLEARN_NAMES, *STRUCTURES])
        raise ValueError(f"covariance structure {name!r} is unknown; use one of {known}")
    if n_features == 1:
        return STRUCTURES[ONE_DIMENSION.get(mclust, mclust)]
    if mclust in ("E", "V"):
        raise ValueError(
            f"structure {name!r} is for one dimension and the data have {n_features}; "
            f"use {'EEE' if mclust == 'E' else 'VVV'!r} instead"
        )
    return STRUCTURES[mclust]

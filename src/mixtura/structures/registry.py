"""The registry of structures, by mclust's name and by scikit-learn's."""

from __future__ import annotations

from .aligned import EVE, VVE
from .base import Structure
from .diagonal import EEI, EVI, VEI, VVI
from .ellipsoidal import EVV, VEE
from .full import VVV, V
from .oriented import EEV, VEV
from .spherical import EII, VII
from .tied import EEE, E

_FAMILIES: tuple[type[Structure], ...] = (
    *(EII, VII, EEI, VEI, EVI, VVI),  # in mclust's order
    *(EEE, VEE, EVE, VVE, EEV, VEV, EVV, VVV),
    *(E, V),
)
STRUCTURES: dict[str, Structure] = {family.name: family() for family in _FAMILIES}
EQUAL_WEIGHTS: dict[str, Structure] = {family.name: family(equal_weights=True) for family in _FAMILIES}
SKLEARN_NAMES = {"full": "VVV", "tied": "EEE", "diag": "VVI", "spherical": "VII"}


def structure(name: str | Structure, n_features: int, *, equal_weights: bool = False) -> Structure:
    """Return the structure of this name for data of n_features dimensions.

    In one dimension every structure is E or V, as in mclust, by its volume: "VVV" there gives V, "tied" E.
    A structure that is handed in as an object is returned as it is, unless ``equal_weights`` are asked for.

    Raises
    ------
    ValueError
        If the name is unknown, or E or V is asked for in more than one dimension.
    """
    if isinstance(name, Structure):
        return EQUAL_WEIGHTS[name.name] if equal_weights else name
    mclust = SKLEARN_NAMES.get(name, name)
    if mclust not in STRUCTURES:
        known = ", ".join([*SKLEARN_NAMES, *STRUCTURES])
        raise ValueError(f"covariance structure {name!r} is unknown; use one of {known}")
    families = EQUAL_WEIGHTS if equal_weights else STRUCTURES
    if n_features == 1:
        return families[mclust[0]]
    if mclust in ("E", "V"):
        raise ValueError(
            f"structure {name!r} is for one dimension and the data have {n_features}; "
            f"use {'EEE' if mclust == 'E' else 'VVV'!r} instead"
        )
    return families[mclust]

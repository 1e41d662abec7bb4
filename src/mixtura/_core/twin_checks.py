"""Checks of what the NumPy twin is given, as the bindings of the native core make them."""

from __future__ import annotations

from typing import Any

import numpy as np

FORMS = ("full", "tied", "diagonal", "spherical")
ANY = -1  # of a dimension: whatever it is


def check(name: str, array: Any, *wanted: int) -> None:
    """Refuse what is no array of real numbers of the wanted shape."""
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
        raise ValueError(f"{name} is no array of real numbers")
    if len(wanted) != array.ndim or any(w not in (ANY, n) for w, n in zip(wanted, array.shape)):
        shown = ", ".join("any" if w == ANY else str(w) for w in wanted) + "," * (len(wanted) == 1)
        raise ValueError(f"{name} has shape {array.shape}; wanted is ({shown})")


def check_rows(x: Any, sample_weight: Any, d: int) -> None:
    """Refuse rows that are not (n, d) floats, or weights that are not (n,)."""
    check("x", x, ANY, d)
    if x.dtype not in (np.float64, np.float32):
        raise ValueError("x holds neither float64 nor float32")
    if sample_weight is not None:
        check("sample_weight", sample_weight, len(x))


def spread_shape(form: str, k: int, d: int) -> tuple[int, ...]:
    """Return the shape of one mixture's spreads."""
    if form not in FORMS:
        raise ValueError(f"form is {form!r}; wanted is full, tied, diagonal or spherical")
    return {"full": (k, d, d), "tied": (d, d), "diagonal": (k, d), "spherical": (k,)}[form]


def check_mixtures(form: str, weights: Any, means: Any, spreads: Any, stacked: bool | None = None) -> None:
    """Refuse a stack of mixtures (m,), or one without the axis m, whose arrays do not fit together."""
    if stacked is None:
        stacked = isinstance(weights, np.ndarray) and weights.ndim == 2
    check("weights", weights, *[ANY] * (1 + stacked))
    check("means", means, *weights.shape, ANY)
    if 0 in means.shape:
        raise ValueError(f"means has shape {means.shape}; wanted are 1 or more of each")
    check("spreads", spreads, *weights.shape[:-1], *spread_shape(form, *means.shape[-2:]))

"""Degenerate: which components rest on too few rows, or on none."""

from __future__ import annotations

import numpy as np

from ..model.parameters import Parameters
from ..sources import Source
from ..structures import Floor, Structure

LEAST_ROWS = 0.5  # fewer than half a row is no component, whatever shares its covariance


def rows_needed(structure: Structure, k: int, d: int) -> float:
    """Return the rows below which a component's covariance says nothing.

    More is asked for than just settles the covariance parameters that a component has to itself: d + 1 rows
    make a regular covariance matrix, two a variance. Two neighbours make a peak as high as one likes, and
    no likelihood can tell it from a discovery: such maxima are spurious (McLachlan and Peel 2000, Finite
    Mixture Models, section 3.10).
    """
    if k == 1:
        return LEAST_ROWS
    own = (structure.n_covariance_parameters(k, d) - structure.n_covariance_parameters(1, d)) / (k - 1)
    if own == 0:
        return LEAST_ROWS
    return 1.5 + (2.0 * own / (d + 1) if structure.form == "full" else own / d)


def degenerate(parameters: Parameters, source: Source, structure: Structure, floor: Floor) -> np.ndarray:
    """Say which components (..., k) lie at the floor, rest on too few rows, or have died."""
    rows = parameters.weights * max(source.total_weight, source.n_rows)
    few = rows < rows_needed(structure, parameters.n_components, parameters.n_features)
    return np.asarray(few | floor.touches(parameters.covariances))

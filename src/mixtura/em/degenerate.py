"""Degenerate: which components rest on too few rows, or on none."""

from __future__ import annotations

import numpy as np

from ..model.parameters import Parameters
from ..sources import Source
from ..structures import Structure
from .problem import Problem

LEAST_ROWS = 0.5  # fewer than half a row is no component: its score is a whisper, whatever it shares
PEAK = 2.5  # rows: two neighbours make a peak as high as one likes, in any number of dimensions


def rows_needed(structure: Structure, k: int, d: int) -> float:
    """Return the rows below which a component's covariance says nothing.

    More is asked for than just settles the covariance parameters that a component has to itself: d + 1 rows
    make a regular covariance matrix, two a variance. Two neighbours make a peak as high as one likes, and
    no likelihood can tell it from a discovery: such maxima are spurious (McLachlan and Peel 2000, Finite
    Mixture Models, section 3.10). Where all components have one volume there are no such peaks.
    """
    if k == 1:
        return LEAST_ROWS
    own = (structure.n_covariance_parameters(k, d) - structure.n_covariance_parameters(1, d)) / (k - 1)
    if own == 0:
        return LEAST_ROWS
    volume, shape, orientation = structure.letters
    if volume == "E":
        return PEAK  # no peak is higher than others' by more than its share of the volume
    if structure.form.matrices and "V" in (shape, orientation):
        return max(PEAK, 1.5 + d)  # axes, shared or not, that may be turned to suit a single component
    return max(PEAK, 1.5 + structure.form.rows_settling(own, d))


def rows_in(source: Source) -> float:
    """Return the rows that a source stands for; weights that sum to less are shares of rows."""
    return max(source.total_weight, float(source.n_rows))


def rows_of(problem: Problem, parameters: Parameters) -> np.ndarray:
    """Return the rows (..., k) that components stand for."""
    return np.asarray(parameters.weights * rows_in(problem.source))


def degenerate(problem: Problem, parameters: Parameters) -> np.ndarray:
    """Say which components (..., k) lie at the floor, rest on too few rows, or have died."""
    few = rows_of(problem, parameters) < rows_needed(problem.structure, *parameters.means.shape[-2:])
    return np.asarray(few | problem.at_floor(parameters))

"""Rows: what is handed in as X, checked as scikit-learn asks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from ..model.numbers import refuse_dates, unmasked
from ..model.parameters import Array
from ..sources.checks import check_weights


def checked_rows(model: BaseEstimator, X: ArrayLike, **checks: Any) -> np.ndarray[Any, Any]:
    """Return X as an array (n, d) of floats, aligned, after `validate_data`.

    Raises
    ------
    ValueError
        If it is not what the estimator can use.
    TypeError
        If it is an array of another library.
    """
    refuse_dates(X, "X")
    rows = validate_data(model, unmasked(X), **checks)
    if not isinstance(rows, np.ndarray):
        raise TypeError(
            f"mixtura computes on NumPy arrays and cannot use {type(rows).__name__}; convert it first"
        )
    return np.require(rows, requirements="A")


def total_loglik(log_density: Array, sample_weight: ArrayLike | None) -> tuple[float, float]:
    """Return the total of log-densities (n,) over rows of these weights, and the total weight."""
    weights = check_weights(sample_weight, len(log_density))
    if weights is None:
        return float(log_density.sum()), float(len(log_density))
    return float(weights @ np.where(weights > 0, log_density, 0.0)), float(weights.sum())

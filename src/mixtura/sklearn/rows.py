"""Rows: what is handed in as X, checked as scikit-learn asks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from ..model.numbers import refuse_dates, unmasked


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

"""Singly: linear algebra of many large matrices one after another, so that Ctrl-C is heard between two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

LARGE = 64  # rows: from here on a matrix takes far longer than a call


def singly(function: Callable[[Any], np.ndarray[Any, Any]], matrices: np.ndarray) -> np.ndarray[Any, Any]:
    """Return what a function of NumPy's makes of matrices (..., d, d), the same numbers as in one call.

    NumPy itself hears no signal before the last of them is done.
    """
    lead, d = matrices.shape[:-2], matrices.shape[-1]
    if d < LARGE or not lead:
        return function(matrices)
    made = [function(one) for one in matrices.reshape(-1, d, d)]
    return np.stack(made).reshape(*lead, *made[0].shape) if made else function(matrices)

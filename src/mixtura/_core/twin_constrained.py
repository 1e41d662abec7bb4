"""The NumPy twin of M-steps: it makes none, and leaves them to those that the structures have in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def constrained(
    name: str, counts: Array, scatters: Array, least: Array, before: Array | None, close: float
) -> tuple[Array, np.ndarray[Any, np.dtype[np.bool_]]]:
    """Return covariances (m, k, d, d) of a family that shares parts, and which of them (m,) are made.

    They maximise the expected complete log-likelihood, of counts (m, k) and scatters (m, k, d, d) about the
    components' means, or of a diagonal family their diagonals (m, k, d). Left to the structure are mixtures
    that come near the floor's variances ``least`` (d,) or are nearly flat, and dimensions that are too many.
    Iterations start from the covariances ``before`` (m, k, d, d) and end with a step shorter than ``close``.
    """
    return np.empty((*counts.shape, len(least), len(least))), np.zeros(len(counts), dtype=np.bool_)

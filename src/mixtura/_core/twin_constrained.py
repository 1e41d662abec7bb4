"""The NumPy twin of M-steps: it makes none, and leaves them to those that the structures have in NumPy."""

from __future__ import annotations

import numpy as np

from .twin_floor import Array, Flags


def constrained(
    name: str, counts: Array, scatters: Array, least: Array, before: Array | None, close: float
) -> tuple[Array, Flags]:
    """Return covariances (m, k, d, d) of a family that shares parts, and which of them (m,) are made.

    They maximise the expected complete log-likelihood, of counts (m, k) and scatters (m, k, d, d) about the
    components' means, or of a diagonal family their diagonals (m, k, d). Left to the structure are mixtures
    that would lie at the floor's variances ``least`` (d,), and dimensions that are too many.
    Iterations start from the covariances ``before`` (m, k, d, d) and end with a step shorter than ``close``.
    """
    return np.empty((*counts.shape, len(least), len(least))), np.zeros(len(counts), dtype=np.bool_)

"""Stopping: how a run of the loop may end, and what is still ahead when it does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum

import numpy as np

# Nats still to be gained over the whole data. Twice the missing log-likelihood is the squared distance from
# the maximum in standard errors: 1e-4 leaves every parameter within sqrt(2e-4) = 0.014 of its standard error.
DEFAULT_TOL = 1e-4
DEFAULT_MAX_ITER = 10_000
EPSILON = float(np.finfo(np.float64).eps)


class Status(Enum):
    """How a fit ended; the value is the sentence that tells a person."""

    CONVERGED = "converged: less log-likelihood than the tolerance is left to gain"
    ROUNDING = (
        "stopped where rounding hides any further gain: a smaller tolerance than this cannot be reached"
    )
    ITERATION_LIMIT = "stopped at the iteration limit before it converged; raise max_iter"
    DEGENERATE = "a component collapsed on a few rows and is held at the floor; try fewer components"

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")


def rounding(loglik: float) -> float:
    """Return how many nats of a log-likelihood may be rounding."""
    return 4.0 * EPSILON * abs(loglik)


def outlook(history: Sequence[float], tol: float, ridge: bool = False) -> tuple[float, float]:
    """Extrapolate plain EM: return the nats still ahead and the passes until only ``tol`` of them are left.

    Gains shrink like a geometric series once the slowest direction leads; before that they will shrink slower
    than they have so far. So the estimate can be far too small, and only says when to look closer.
    """
    if len(history) < 4:
        return np.inf, np.inf
    gains = [after - before for before, after in zip(history[-4:-1], history[-3:])]
    if ridge:  # EM with a ridge has a fixed point, but may come down to it
        gains = [abs(gain) for gain in gains]
    last, noise = gains[-1], rounding(history[-1])
    if last <= noise:
        return max(last, noise), 0.0
    rate = max(gains[1] / gains[0] if gains[0] > 0 else 1.0, gains[2] / gains[1] if gains[1] > 0 else 1.0)
    if rate >= 1.0:
        return np.inf, np.inf
    ahead = last * rate / (1.0 - rate)
    return ahead, max(0.0, math.log(max(tol, noise) / ahead) / math.log(rate)) if ahead > 0 else 0.0

"""Stopping: how a run of the loop may end, and what is still ahead when it does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum

import numpy as np

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


def extrapolated(history: Sequence[float], slowest: float = 1.0) -> tuple[float, float]:
    """Extrapolate plain EM: return the nats still ahead, and the rate by which gains shrink.

    Gains shrink like a geometric series once the slowest direction leads; before that they will shrink slower
    than they have so far. So the estimate can be far too small, and only says when to look closer. A rate is
    believed to be at most ``slowest``; at 1 nothing is known to be ahead or not.
    """
    if len(history) < 4:
        return math.inf, 1.0
    first, second, third = (after - before for before, after in zip(history[-4:-1], history[-3:]))
    noise = rounding(history[-1])
    if third <= noise:
        return max(third, noise), 0.0
    rate = max(second / first if first > 0 else 1.0, third / second if second > 0 else 1.0)
    rate = min(rate, slowest)
    return (math.inf, 1.0) if rate >= 1.0 else (third * rate / (1.0 - rate), rate)


def passes_left(ahead: float, rate: float, tol: float) -> float:
    """Return the passes of plain EM until only ``tol`` of the nats ahead are left."""
    if not math.isfinite(ahead):
        return math.inf
    return max(0.0, math.log(tol / ahead) / math.log(rate)) if ahead > 0.0 and 0.0 < rate < 1.0 else 0.0

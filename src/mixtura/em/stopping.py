"""Stopping: the rule that ends a run, how runs may end, and what is still ahead when they do.

A run has converged when a solver that is certain of the curvature says that no more than the tolerance
remains: Newton's method where it looks in all directions, `Confirmation` where there are more. It ends
at rounding when passes in a row have gained nothing that floats can tell. At the floor, where no score speaks
for the maximum, plain EM's own gains are all there is, and a component held there makes the run degenerate.
"""

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
    STREAMED = "every row was seen once: near the maximum, not at it; fit again if rows can be read again"
    DEGENERATE = "a component collapsed on a few rows and is held at the floor; try fewer components"

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")


STALLED = 4  # passes in a row without a gain above rounding
LEAVING = 20  # the same on a saddle, where the first steps gain nothing that shows
FLOORED = 50  # passes with a component at the floor, where the likelihood means little and polish less
SLIGHT = 0.01  # of the tolerance, under which no step need show that the model is right


def converged(remaining: float, tol: float, *, certain: bool, agreed: bool) -> bool:
    """Say whether a solver that is certain of the curvature has so little ahead that a run may end.

    Its model is believed where the last step left as little as the model said, or where next to nothing is
    ahead.
    """
    return certain and remaining <= tol and (agreed or remaining <= SLIGHT * tol)


def stuck(stalled: int, *, leaving: bool) -> bool:
    """Say whether so many passes in a row without a gain end a run; ``leaving`` a saddle takes longer."""
    return stalled >= (LEAVING if leaving else STALLED)


def rounding(loglik: float) -> float:
    """Return how many nats of a log-likelihood may be rounding."""
    return 4.0 * EPSILON * abs(loglik)


def extrapolated(gains: Sequence[float], noise: float, slowest: float = 1.0) -> tuple[float, float]:
    """Extrapolate plain EM: return the nats still ahead, and the rate by which its gains shrink.

    Gains shrink like a geometric series once the slowest direction leads; before that they will shrink slower
    than they have so far. So the estimate can be far too small, and only says when to look closer. A rate is
    believed to be at most ``slowest``; at 1 nothing is known to be ahead or not.
    """
    if len(gains) < 3 or not math.isfinite(gains[-3]):
        return math.inf, 1.0
    first, second, third = gains[-3:]
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

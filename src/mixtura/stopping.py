"""Stopping: how a run of the loop may end, and the tolerance that ends it."""

from __future__ import annotations

from enum import Enum

# Nats still to be gained over the whole data. Twice the missing log-likelihood is the squared distance from
# the maximum in standard errors: 1e-4 leaves every parameter within sqrt(2e-4) = 0.014 of its standard error.
DEFAULT_TOL = 1e-4
DEFAULT_MAX_ITER = 10_000


class Status(Enum):
    """How a fit ended; the value is the sentence that tells a person."""

    CONVERGED = "converged: less log-likelihood than the tolerance is left to gain"
    ROUNDING = (
        "stopped where rounding hides any further gain; the data or tol ask for more digits than there are"
    )
    ITERATION_LIMIT = "stopped at the iteration limit before it converged; raise max_iter"
    DEGENERATE = "a component collapsed on a few rows and is held at the floor; try fewer components"

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")

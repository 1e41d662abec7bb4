"""The quadratic model of the objective around a mixture: what is ahead, and the step that gets there."""

from __future__ import annotations

import numpy as np

from ..model.parameters import Array

FLAT = 1e-7  # curvatures below this, of 1 for a known component, are rounding
SADDLE = -1e-5  # a curvature below this is one of a saddle, not of rounding
RESOLVED = 1e-5  # a curvature below this may be none: along it the maximum may be anywhere within REACH
REACH = 0.1
# Of what was ahead, what a Newton step may leave where the model holds. Where the curvature falls so fast on
# the way that there is no maximum in reach, but a plateau and a way on, it leaves a sixteenth or more.
LEFT = 0.02
TINY = float(np.finfo(np.float64).tiny)


class Quadratic:
    """A score (q,), and curvatures (b,), rising, along orthonormal vectors (q, b), over the total weight.

    Curvatures are eigenvalues of I - J, with J the Jacobian of the EM map: from 0, where EM crawls, to 1,
    where an EM step is a Newton step; below 0 the way leads off a saddle. Across the vectors the curvature is
    taken to be ``across``. A penalty that is seen from where one stands makes the score turn as well as fall:
    then the derivative along the vectors, ``turning`` (b, b), is not symmetric, and the step solves it whole.
    """

    def __init__(
        self,
        score: Array,
        curvatures: Array,
        vectors: Array,
        *,
        across: float = 1.0,
        turning: Array | None = None,
    ) -> None:
        self.score, self.curvatures, self.vectors = score, curvatures, vectors
        self.across, self.turning = across, turning
        self.slopes = score @ vectors
        # the Newton step along the vectors
        self.whole: Array = self.slopes / np.maximum(np.abs(curvatures), FLAT)
        if turning is not None and curvatures[0] > RESOLVED:
            self.whole = np.asarray(np.linalg.solve(turning, self.slopes))
        self.complete = vectors.shape[0] == vectors.shape[1]
        self.rest = None if self.complete else score - vectors @ self.slopes

    def moved(self, score: Array) -> Quadratic:
        """Return the model with the same curvature around a mixture of this score."""
        return Quadratic(score, self.curvatures, self.vectors, across=self.across, turning=self.turning)

    @property
    def on_saddle(self) -> bool:
        """Say whether a way leads up that the score need not show."""
        return bool(self.curvatures[0] < SADDLE)

    def ahead(self) -> float:
        """Return the objective, over the total weight, to the maximum of the model."""
        total = self.ahead_along()
        return total if self.rest is None else total + 0.5 * float(self.rest @ self.rest) / self.across

    def ahead_along(self) -> float:
        """Return the part of it along the vectors."""
        if self.curvatures[0] < RESOLVED:
            ahead = 0.5 * self.slopes * self.whole
            flat = np.maximum(ahead, REACH * np.abs(self.slopes))
            return float(np.where(self.curvatures < RESOLVED, flat, ahead).sum())
        return 0.5 * float(self.slopes @ self.whole)

    def longest(self) -> float:
        """Return the longest part of the Newton step along a vector, without end on a saddle."""
        return np.inf if self.on_saddle else float(np.abs(self.whole).max())

    def steps(self, limits: Array) -> Array:
        """Return Newton steps (m, q), along no vector and across them no longer than limits (m,)."""
        limits = limits[:, None]
        steps = np.minimum(np.maximum(self.whole, -limits), limits)
        if self.on_saddle:
            # the score may vanish along the way up: leave it nevertheless
            steps = np.where(self.curvatures < SADDLE, np.copysign(limits, self.slopes), steps)
        steps = steps @ self.vectors.T
        if self.rest is not None:
            # across the vectors EM is fast, and its step is taken
            steps += np.minimum(1.0, limits / (np.linalg.norm(self.rest) + TINY)) * self.rest
        return np.asarray(steps)

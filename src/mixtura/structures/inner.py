"""Inner iterations of M-steps: how closely their last step may come to nothing."""

from __future__ import annotations

SETTLED = 1e-7  # radians or logarithms: after a shorter step of Newton's method what is left is rounding
ONCE = float("inf")  # one step does: no worse than the mixture before, so that EM still climbs

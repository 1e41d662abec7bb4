"""Cost: what a read of the data costs, and what each mixture evaluated in it adds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """The price of passes, in nanoseconds of one thread, about."""

    rows: int  # that a pass reads, fewer than the source stands for where it is compressed
    n_features: int
    read: float  # of going through the rows once, whatever is evaluated there

    def evaluation(self, k: int) -> float:
        """Return what each mixture of k components adds to a pass."""
        return self.rows * k * (1.0 + 0.05 * self.n_features**2)

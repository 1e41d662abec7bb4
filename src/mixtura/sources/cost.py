"""Cost: what a read of the data costs, and what each mixture evaluated in it adds."""

from __future__ import annotations

from dataclasses import dataclass

SLOW = 1.0  # nanoseconds to read a number, from which on reading is what a pass costs


@dataclass(frozen=True, slots=True)
class Cost:
    """The price of passes, in nanoseconds of one thread, about."""

    rows: int  # that a pass reads, fewer than the source stands for where it is compressed
    n_features: int
    read: float  # of going through the rows once, whatever is evaluated there

    @property
    def dear(self) -> bool:
        """Say whether rows lie where reading them is what costs, so that few reads are to be made."""
        return self.read >= SLOW * self.rows * self.n_features

    def evaluation(self, k: int) -> float:
        """Return what each mixture of k components adds to a pass."""
        return self.rows * k * (1.0 + 0.05 * self.n_features**2)

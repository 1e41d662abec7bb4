"""Reading: how far a read of rows that lie elsewhere has come."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a read has come."""

    read: int  # from 1; 0 of what is kept or copied before the first
    rows: int  # done
    n_rows: float | None  # of all, about, where anybody knows
    seconds: float  # since the read began

    @property
    def left(self) -> float | None:
        """Return the seconds, about, that the read still takes, None where nobody knows."""
        if self.n_rows is None or self.rows == 0:
            return None
        return max(0.0, self.seconds * (self.n_rows / self.rows - 1.0))

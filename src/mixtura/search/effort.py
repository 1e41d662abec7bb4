"""Effort: how much a search may spend."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

START_PASSES = 60.0  # of one candidate over the whole data that starts may always take
SEARCH_PASSES = 350.0  # and all that follows


@dataclass(frozen=True)
class Effort:
    """Numbers that a search is run with; times are nanoseconds of evaluations, as `Work.time` counts them."""

    overfits: tuple[float, ...]  # components of starts that are merged down, in multiples of k
    others: int  # starts of each other kind
    contenders: int  # that are climbed before the search goes on from them
    brood: int  # offspring of a generation
    vain: int  # generations without a gain after which the search ends
    exchanges: int  # rounds of exchanges in vain, where passes are dear
    agreed: float  # ways that have led to the best, with which a search ends that looks at single components
    start_time: float
    search_time: float

    @property
    def settles(self) -> bool:
        """Say whether a first look that finds no better way may end the search."""
        return np.isfinite(self.agreed)

    def time_to_start(self, evaluation: float) -> float:
        """Return the nanoseconds that starts may take where an evaluation takes so many."""
        return max(self.start_time, START_PASSES * evaluation)

    def time_to_search(self, evaluation: float) -> float:
        """Return the nanoseconds that all that follows may take."""
        return max(self.search_time, SEARCH_PASSES * evaluation)


EFFORTS = {
    "fast": Effort((3.0,), 1, 2, 0, 0, 0, 0.0, 2e7, 0.0),
    "default": Effort((3.0, 2.0, 1.5), 3, 8, 48, 6, 4, 3.0, 2e8, 6e8),
    "thorough": Effort((3.0, 2.0, 1.5, 2.5, 4.0) * 2, 12, 8, 64, 20, 8, np.inf, 4e9, 4e10),
}


def effort_of(search: str | Effort) -> Effort:
    """Return the effort of this name, or what is one already.

    Raises
    ------
    ValueError
        If there is none.
    """
    if isinstance(search, Effort):
        return search
    if search not in EFFORTS:
        raise ValueError(f"search is {search!r}; use one of {', '.join(EFFORTS)}")
    return EFFORTS[search]

"""The account of a search: how the optimum was found, and what else was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .candidates import Candidates
from .population import Population, rivals


@dataclass(frozen=True)
class Search:
    """The account of a search; log-likelihoods in nats, the total over all rows."""

    n_starts: int  # mixtures that were tried: starts, and what was made of the optima that they led to
    n_best: int  # of them led to the optimum that was returned
    n_optima: int  # distinct optima that they arrived at
    gap: float  # nats from the best of them to the second best; infinite when there is one
    n_degenerate: int  # that led to a degenerate optimum
    n_rows: int  # rows that starts were compared on
    kinds: tuple[str, ...] = ()  # of starts and moves that led to the best optimum
    n_since: int = 0  # tried since the best was found

    def __str__(self) -> str:
        found = f"{self.n_best} of {self.n_starts} starts reached the best optimum"
        if np.isfinite(self.gap):
            found += f"; the second best of {self.n_optima} lies {self.gap:.3g} nats below"
        return found


def account_of(population: Population, n_rows: int) -> Search:
    """Sum up a search."""
    hits = population.reached()
    below = rivals(population.others, population.best)
    return Search(
        n_starts=population.tried,
        n_best=sum(hits.values()),
        n_optima=1 + len(below),
        gap=population.best - float(below[0]) if len(below) else np.inf,
        n_degenerate=population.degenerate,
        n_rows=n_rows,
        kinds=tuple(sorted(hits)),
        n_since=population.since,
    )


def first_account(candidates: Candidates, n_rows: int) -> Search:
    """Return the account of a first look that settled it."""
    top = candidates.top
    hits = candidates.at_height(top)
    below = rivals(candidates.logliks[candidates.honest & ~hits].tolist(), top)
    return Search(
        n_starts=len(candidates),
        n_best=int(hits.sum()),
        n_optima=1 + len(below),
        gap=top - float(below[0]) if len(below) else np.inf,
        n_degenerate=int((~candidates.honest).sum()),
        n_rows=n_rows,
        kinds=tuple(sorted({candidates.kinds[i] for i in np.flatnonzero(hits)})),
    )

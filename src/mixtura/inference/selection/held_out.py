"""Held out: what a table that was searched without some rows makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from ...model.density import at_rows
from ...model.forms import cheapest_form
from ...model.parameters import Array
from ...sources import ArraySource, Source
from ...sources.opening import given_rows
from .sweeps import Table


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Rows, and their parts: which to fit to and which to hold out."""

    rows: np.ndarray[Any, Any]  # (n, d), those of weight zero included
    weights: Array | None  # (n,)
    parts: list[tuple[np.ndarray, np.ndarray]]

    @classmethod
    def of(cls, x: ArrayLike | Source, sample_weight: ArrayLike | None, cv: Any, rng: Generator) -> HeldOut:
        """Cut rows as a number of folds, a splitter of scikit-learn's or pairs of indices say.

        Raises
        ------
        ValueError
            If they cannot be cut so.
        """
        rows, weights = given_rows(x, sample_weight)
        return cls(rows, weights, folds(len(rows), weights, cv, rng))

    def scores(
        self, table: Table, reg_covar: float | None, rng: Generator
    ) -> dict[tuple[str, int], tuple[float, float]]:
        """Return each cell's log-likelihood of held-out rows, nats, the total, and its standard error.

        Each part is searched as the whole was, from starts of its own: what the held-out rows are like has no
        share in it. A cell that some part cannot fit is left out.
        """
        found: dict[tuple[str, int], list[tuple[Array, Array]]] = {key: [] for key in table.seats}
        own = np.ones(len(self.rows)) if self.weights is None else self.weights
        for kept, held in self.parts:
            weights = None if self.weights is None else self.weights[kept]
            inner = table.on(ArraySource(self.rows[kept], weights), reg_covar, rng)
            inner.search()
            held = held[own[held] > 0]
            outside = np.ascontiguousarray(self.rows[held])
            for key, seat in inner.seats.items():
                if seat.run is not None and seat.sound:
                    p = seat.parameters
                    density = at_rows(p, cheapest_form(p), outside, "log_density", 1)
                    found[key].append((density, own[held]))
        return {key: _summed(values) for key, values in found.items() if len(values) == len(self.parts)}


def folds(n: int, weights: Array | None, cv: Any, rng: Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the rows (of n) to fit to and to hold out, for each part.

    Raises
    ------
    ValueError
        If n rows do not make such parts.
    """
    if isinstance(cv, (int, np.integer)) and not isinstance(cv, bool):
        used = np.arange(n) if weights is None else np.flatnonzero(weights)
        if not 2 <= cv <= len(used):
            raise ValueError(f"cv is {cv}; give a number of folds from 2 to the {len(used)} rows")
        parts = np.array_split(rng.permutation(used), int(cv))
        return [(np.setdiff1d(used, part), np.sort(part)) for part in parts]
    wrong = ValueError(f"cv is {cv!r}; give a number of folds, a splitter of scikit-learn's or pairs of rows")
    if isinstance(cv, str):
        raise wrong
    try:
        given = cv.split(np.zeros((n, 1))) if hasattr(cv, "split") else cv
        pairs = [(np.arange(n)[fit], np.arange(n)[held]) for fit, held in given]
    except (TypeError, IndexError):
        raise wrong from None
    if not pairs:
        raise wrong
    return pairs


def _summed(values: list[tuple[Array, Array]]) -> tuple[float, float]:
    """Return the weighted sum of densities (n,) of all folds, and its standard error."""
    density = np.concatenate([one for one, _ in values])
    weights = np.concatenate([one for _, one in values])
    total = float(weights @ density)
    apart = weights * (density - total / weights.sum())
    return total, float(np.sqrt((apart * apart).sum()))

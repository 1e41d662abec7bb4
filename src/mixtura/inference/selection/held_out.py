"""Held out: what a table that was searched without some rows makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator

from ...em import Problem
from ...model.density import at_rows
from ...model.forms import cheapest_form
from ...model.parameters import Array
from ...sources import ArraySource, Source
from .sweeps import Table

Part = tuple[np.ndarray, np.ndarray]  # rows to fit to, rows held out


def folds(source: Source, cv: Any, rng: Generator) -> list[Part]:
    """Return the parts of the rows that a number of folds or a splitter of scikit-learn's asks for.

    Raises
    ------
    ValueError
        If the rows are not in memory, or do not make so many folds.
    """
    n = source.n_rows
    if isinstance(cv, (int, np.integer)) and not isinstance(cv, bool):
        if not 2 <= cv <= n:
            raise ValueError(f"cv is {cv}; give a number of folds from 2 to the {n} rows")
        order = rng.permutation(n)
        return [
            (np.sort(np.setdiff1d(order, part)), np.sort(part)) for part in np.array_split(order, int(cv))
        ]
    split = getattr(cv, "split", None)
    if split is None:
        raise ValueError(f"cv is {cv!r}; give a number of folds or a splitter of scikit-learn's")
    parts = [(np.asarray(fit), np.asarray(held)) for fit, held in split(np.zeros((n, 1)))]
    if not parts:
        raise ValueError(f"cv is {cv!r}, which makes no folds of {n} rows; give another")
    return parts


def held_out(
    table: Table, parts: list[Part], reg_covar: float | None, rng: Generator
) -> dict[tuple[str, int], tuple[float, float]]:
    """Return each cell's log-likelihood of held-out rows, nats, the total, and its standard error over rows.

    Each fold is searched as the whole was, from starts of its own: what the held-out rows are like has no
    part in it. A cell that some fold cannot fit has NaN.
    """
    source = table.source
    rows, weights = source.rows(source.n_rows, rng)
    found: dict[tuple[str, int], list[tuple[Array, Array]]] = {key: [] for key in table.seats}
    for i, (kept, held) in enumerate(parts):
        part = ArraySource(rows[kept], None if weights is None else weights[kept])
        inner = Table(
            Problem.of(part, table.structures[0], reg_covar), table.structures, table.components,
            table.settings, rng, table.told,
        )  # fmt: skip
        inner.search()
        own = np.ones(len(held)) if weights is None else weights[held]
        outside = np.ascontiguousarray(rows[held])
        for key, seat in inner.seats.items():
            if seat.run is None or not seat.sound:
                continue
            p = seat.parameters
            density = at_rows(p, cheapest_form(p), outside, "log_density", 1)
            found[key].append((density, own))
    return {key: _summed(values) for key, values in found.items() if len(values) == len(parts)}


def _summed(values: list[tuple[Array, Array]]) -> tuple[float, float]:
    """Return the weighted sum of densities (n,) of all folds, and its standard error."""
    density = np.concatenate([one for one, _ in values])
    weights = np.concatenate([one for _, one in values])
    total = float(weights @ density)
    apart = weights * (density - total / weights.sum())
    return total, float(np.sqrt((apart * apart).sum()))

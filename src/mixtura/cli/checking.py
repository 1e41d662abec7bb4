"""Checking: what is wrong with rows before a fit, said with the names of their columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..sources.checks import explain_constant_columns
from .reading import Table

COUNTING = "counting from 1 without the header"


def check_fittable(table: Table, k: int, weights: str) -> None:
    """Refuse rows that k components cannot be fitted to; ``weights`` is the name of their column, if any."""
    if table.source is not None:  # it has been checked as it was read
        return
    check_finite(table)
    check_weights(table, weights)
    check_enough(table, k)


def check_finite(table: Table) -> None:
    """Refuse missing and infinite numbers, naming the columns and the rows."""
    low, high = table.x.min(axis=0), table.x.max(axis=0)  # NaN and infinity both show in one of them
    if np.isfinite(low).all() and np.isfinite(high).all():
        return
    bad = ~np.isfinite(table.x)
    missing = bool(np.isnan(table.x).any())
    rows, places = np.flatnonzero(bad.any(axis=1)), np.flatnonzero(bad.any(axis=0))
    kinds = ["missing (NaN)"] * missing + ["infinite"] * bool(np.isinf(table.x).any())
    names = [table.columns[j] for j in places]
    unit = "cell" if table.pooled else "row"
    cure = "" if table.pooled else f", as with --sql {_filter(names)}"
    columns = f"column {names[0]} is" if len(names) == 1 else f"columns {_some(names)} are"
    raise ValueError(
        f"{columns} {' or '.join(kinds)} in {len(rows):,} of {len(table.x):,} {unit}s "
        f"({unit} {_some(rows + 1)}, {COUNTING}); drop them{cure}, or fill them in"
    )


def check_weights(table: Table, name: str) -> None:
    """Refuse weights that are not finite, negative, or all zero."""
    w = table.weights
    if w is None:
        return
    bad = np.flatnonzero(~(np.isfinite(w) & (w >= 0)))
    if bad.size:
        raise ValueError(
            f"weights must be finite and not negative, and column {name} has {w[bad[0]]:g} "
            f"in row {bad[0] + 1} ({bad.size:,} such rows, {COUNTING}); correct them or drop these rows"
        )
    if not w.any():
        raise ValueError(f"all weights in column {name} are zero, so no row is left to fit")


def check_enough(table: Table, k: int) -> None:
    """Refuse fewer rows than components, and columns that do not vary."""
    used = table.x if table.weights is None else table.x[table.weights > 0]
    if len(used) < k:
        kind = "rows" if table.weights is None else "rows of positive weight"
        raise ValueError(
            f"{table.name} has {len(used):,} {kind}, too few for {k} components; "
            f"ask for at most {len(used)} with -k, or give more rows"
        )
    low, high = used.min(axis=0), used.max(axis=0)
    varies = low < high
    if not varies.all():
        rest = ",".join(name for name, v in zip(table.columns, varies) if v)
        cure = f", as with --columns '{rest}'" if rest else ""
        raise ValueError(f"{table.name}: {explain_constant_columns(low, high, list(table.columns))}{cure}")


def _some(things: Any) -> str:
    shown = ", ".join(str(thing) for thing in things[:5])
    return shown + (", ..." if len(things) > 5 else "")


def _filter(names: list[str]) -> str:
    tests = " AND ".join(f"isfinite({name})" for name in names[:3])
    return f"'FROM data WHERE {tests}'"

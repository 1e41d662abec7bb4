"""Checks of rows and weights, and the sentences that say what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..model.numbers import real_numbers
from ..model.parameters import Array
from .summary import Summary

LEAST_VARIANCE = 1e-304  # of a column: below it squares lose their digits
LARGEST_SPAN = 1e152  # from a column's minimum to its maximum: beyond it sums of squares overflow


def check_rows(x: ArrayLike) -> np.ndarray[Any, Any]:
    """Return x as a float array (n, d): float64 and float32 as they are, other numbers as float64."""
    rows = real_numbers(x, "the data")
    if rows.ndim == 1:
        rows = rows[:, None]
    if rows.ndim != 2:
        raise ValueError(f"the data must have 2 dimensions (rows, columns), not {rows.ndim}; use reshape")
    if rows.shape[0] == 0 or rows.shape[1] == 0:
        raise ValueError(
            f"the data are empty: {rows.shape[0]} rows of {rows.shape[1]} columns; nothing can be fitted"
        )
    return rows


def column_names(x: Any) -> list[str] | None:
    """Return the names of a data frame's columns, None for an array."""
    names = getattr(x, "columns", None)
    return None if names is None else [str(name) for name in names]


def explain_no_column(name: str, names: Sequence[str]) -> str:
    """Say that there is no such column, and which there are."""
    shown = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    return f"there is no column {name}; the columns are {shown}"


def check_weights(sample_weight: ArrayLike | None, n: int, *, any_positive: bool = True) -> Array | None:
    """Return weights as float64 (n,), or None; of a part of the data all may be zero."""
    if sample_weight is None:
        return None
    weights = np.ascontiguousarray(real_numbers(sample_weight, "sample_weight"), dtype=np.float64)
    if weights.shape != (n,):
        raise ValueError(f"there are {n} rows but weights of shape {weights.shape}; give one weight per row")
    bad = np.flatnonzero(~(weights >= 0) | np.isinf(weights))
    if bad.size:
        raise ValueError(
            f"weights must be finite and not negative; row {bad[0]} has {weights[bad[0]]:g} "
            f"({bad.size} such rows, counting from 0)"
        )
    if any_positive and not weights.any():
        raise ValueError("all weights are zero, so no row is left to fit; give some row a positive weight")
    return weights


def check_summary(summary: Summary, names: list[str] | None = None) -> None:
    """Refuse columns that do not vary, or whose squares floats do not hold.

    Raises
    ------
    ValueError
        If there is such a column; the message names it.
    """
    if not (summary.minimum < summary.maximum).all():
        raise ValueError(explain_constant_columns(summary.minimum, summary.maximum, names))
    with np.errstate(over="ignore"):
        span = summary.maximum - summary.minimum
    if (lost := explain_out_of_range(summary.variance, span, names)) is not None:
        raise ValueError(lost)


def explain_not_finite(x: np.ndarray[Any, Any], names: list[str] | None = None, first: int = 0) -> str:
    """Say which rows and columns are not finite, the first row having this number."""
    bad = ~np.isfinite(x)
    rows, columns = np.flatnonzero(bad.any(axis=1)), np.flatnonzero(bad.any(axis=0))
    kinds = " and ".join(
        word for word, found in (("NaN", np.isnan(x).any()), ("infinity", np.isinf(x).any())) if found
    )
    where = ", ".join(str(first + r) for r in rows[:5]) + (", ..." if len(rows) > 5 else "")
    which = ", ".join(names[c] if names else str(c) for c in columns[:5])
    which += ", ..." if len(columns) > 5 else ""
    return (
        f"Input X contains {kinds} in {len(rows)} of {len(x)} rows "
        f"(row {where}; column {which}; counting from 0); drop these rows or fill them in"
    )


def explain_constant_columns(minimum: Array, maximum: Array, names: list[str] | None = None) -> str:
    """Say which columns do not vary."""
    constant = np.flatnonzero(~(minimum < maximum))
    if len(constant) == len(minimum):
        return f"all rows are equal ({minimum[0]:g}, ...): there is no spread to fit a mixture to"
    which = ", ".join(names[c] if names else str(c) for c in constant)
    value = f"{minimum[constant[0]]:g}"
    return f"column {which} is constant ({value}): drop it, a density needs some spread in each column"


def explain_out_of_range(variance: Array, span: Array, names: list[str] | None = None) -> str | None:
    """Say which columns, of these variances and ranges, have squares beyond what floats hold, if any."""
    large = ~(span <= LARGEST_SPAN)
    bad = np.flatnonzero(large | ~(variance >= LEAST_VARIANCE))
    if not bad.size:
        return None
    which = ", ".join(names[c] if names else str(c) for c in bad[:5]) + (", ..." if len(bad) > 5 else "")
    size = "large" if large[bad[0]] else "small"
    return f"column {which} has numbers so {size} that their squares are lost; fit them in another unit"

"""Numbers: what NumPy would take for real numbers and is none, and what it would drop in silence."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike


class NotNumbers(TypeError, ValueError):
    """Values are of a type that holds no real numbers: text, dates, complex numbers."""


def real_numbers(values: ArrayLike, name: str) -> np.ndarray[Any, Any]:
    """Return values as an array of floats: float64 and float32 as they are, other numbers as float64.

    A masked value is a missing one, NaN: NumPy would take what lies under the mask. Numbers that do not lie
    at multiples of their size, as those of a packed record's field, are copied.

    Raises
    ------
    NotNumbers
        If they are complex, dates or durations, of which NumPy would drop or count a part, or text.
    ValueError
        If a whole number is beyond what floats hold, or rows are of different length.
    """
    values = unmasked(values)
    array = np.asarray(values)
    if array.dtype in (np.float64, np.float32):
        return np.require(array, requirements="A")
    if array.dtype.kind in "cmM":
        raise NotNumbers(_explain(values, array.dtype, name))
    try:
        return array.astype(np.float64)
    except OverflowError:
        raise ValueError(f"{name}: a whole number is too large for a float; the largest is 1.8e308") from None
    except (TypeError, ValueError):
        raise NotNumbers(_explain(values, array.dtype, name)) from None


def unmasked(values: Any) -> Any:
    """Return a masked array as floats with NaN where it is masked, anything else as it is."""
    if isinstance(values, (list, tuple)) and any(value is np.ma.masked for value in values):
        return [np.nan if value is np.ma.masked else value for value in values]
    if not isinstance(values, np.ma.MaskedArray):
        return values
    if values.dtype.kind in "biuf":
        floats: Any = values.astype(np.float32 if values.dtype == np.float32 else np.float64)
        return floats.filled(np.nan)
    return values.filled(np.nan if values.dtype == object else None)


def refuse_dates(values: Any, name: str) -> None:
    """Refuse dates and durations before another library counts them in units of its own.

    Raises
    ------
    NotNumbers
        If an array, a list or a column of a frame holds them.
    """
    if isinstance(values, (list, tuple)):
        values = np.asarray(values)
    types: list[Any] = [*_column_types(values), getattr(values, "dtype", None)]
    for kind in types:
        if isinstance(kind, np.dtype) and kind.kind in "mM":
            raise NotNumbers(_explain(values, kind, name))


def _column_types(values: Any) -> list[np.dtype[Any]]:
    """Return the types of a frame's columns, none of an array."""
    return [np.asarray(values[column]).dtype for column in getattr(values, "columns", ())]


def _explain(values: Any, kind: np.dtype[Any], name: str) -> str:
    """Say what the values are instead, and in which columns of a frame."""
    odd = [
        str(column)
        for column, type_ in zip(getattr(values, "columns", ()), _column_types(values))
        if type_.kind not in "biuf"  # no boolean, integer or floating-point number
    ]
    where = f" as in column {', '.join(odd[:5])}{', ...' if odd[5:] else ''}" if odd else ""
    cure = "drop or encode such columns" if odd else "convert them first"
    return f"{name} must be real numbers, not {kind}{where}; {cure}"

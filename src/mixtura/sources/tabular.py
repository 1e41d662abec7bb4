"""Tabular: record batches made rows of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..model.parameters import Array
from .extras import need

Piece = tuple[np.ndarray[Any, Any], Array | None]  # rows (b, d) and their weights (b,)


class Rows:
    """Record batches made rows of numbers: which columns, in which order, and the one that weighs them.

    Columns that are only to be ``kept`` are read with the others, and may hold anything.
    """

    def __init__(self, names: Sequence[str], weights: str | None, kept: Sequence[str] = ()) -> None:
        self.names, self.weights = list(names), weights
        self.counted = [*self.names, *([weights] if weights else [])]
        self.needed = [*self.counted, *(name for name in kept if name not in self.counted)]
        self.dtype: np.dtype[Any] = np.dtype(np.float64)
        self._types: Any = need("pyarrow", "reading this", '"mixtura[files]"').types

    def numbers(self, kind: Any) -> bool:
        """Say whether a type of Arrow's holds real numbers."""
        types = self._types
        return bool(
            types.is_integer(kind)
            or types.is_floating(kind)
            or types.is_decimal(kind)
            or types.is_boolean(kind)
        )

    def alike(self, one: Any, other: Any) -> bool:
        """Say whether values of two types may lie in one column."""
        return bool(one == other or (self.numbers(one) and self.numbers(other)))

    def single(self, schema: Any, where: str) -> bool:
        """Say whether all variables are float32.

        Raises
        ------
        ValueError
            If a column that is needed holds anything but numbers.
        """
        for name in self.counted:
            kind = schema.field(name).type
            if not self.numbers(kind):
                fit = [field.name for field in schema if self.numbers(field.type)]
                cure = f"choose others, such as {', '.join(fit[:12])}" if fit else "there is none that does"
                raise ValueError(f"{where}: column {name} holds values of type {kind}, not numbers; {cure}")
        return all(self._types.is_float32(schema.field(name).type) for name in self.names)

    def of(self, batch: Any) -> Piece:
        """Return the rows (b, d) of a batch, a missing value as NaN, and their weights (b,)."""
        columns = [self._column(batch.column(name)) for name in self.names]
        weights: Array | None = None
        if self.weights is not None:
            weights = np.asarray(self._column(batch.column(self.weights)), dtype=np.float64)
        return side_by_side(columns, self.dtype), weights

    def _column(self, values: Any) -> np.ndarray[Any, Any]:
        if self._types.is_decimal(values.type) or self._types.is_boolean(values.type):
            values = values.cast("float64") if self._types.is_decimal(values.type) else values.cast("uint8")
        found: np.ndarray[Any, Any] = values.to_numpy(zero_copy_only=False)
        return found


def side_by_side(columns: Sequence[np.ndarray], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """Return columns (b,) as rows (b, d), each column's numbers beside each other in memory."""
    lying = np.empty((len(columns), len(columns[0])), dtype)
    for row, column in zip(lying, columns):
        row[:] = column
    return lying.T

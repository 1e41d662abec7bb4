"""Mapped: arrays that lie in files, read from there a part at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .asked import Asked
from .batches import Batches, piece_rows
from .tabular import Piece
from .unchanged import Unchanged


class Mapped(Batches):
    """The rows of memory maps (n, d), or of records (n,) with named fields, one after the other.

    Columns are named x, or x1, x2, ..., or by the fields of records.
    """

    pace = 1.0

    def __init__(
        self,
        arrays: Sequence[np.ndarray[Any, Any]],
        asked: Asked,
        name: str,
        standing: Unchanged | None = None,
    ) -> None:
        self.name, self._standing = name, standing
        self._arrays = [
            array[:, None] if array.ndim == 1 and not array.dtype.names else array for array in arrays
        ]
        every = names_of(self._arrays[0])
        for array in self._arrays[1:]:
            if names_of(array) != every:
                raise ValueError(f"{name} differ in their columns; give arrays of the same columns")
        self.names = tuple(asked.chosen(every))
        self._weights = asked.weights
        self._given = asked.sample_weight
        self.weighted = asked.weights is not None or self._given is not None
        self._every = every
        types = [self._type(array, column) for array in self._arrays for column in self.names]
        for kind in types:
            if kind.kind not in "biuf":
                raise ValueError(f"{name} holds values of type {kind}, not numbers")
        self.dtype = np.dtype(np.float32 if all(kind == np.float32 for kind in types) else np.float64)
        self.n_rows = sum(len(array) for array in self._arrays)

    def _type(self, array: np.ndarray[Any, Any], column: str) -> np.dtype[Any]:
        return array.dtype[column] if array.dtype.names else array.dtype

    def pieces(self) -> Iterator[Piece]:
        """Yield copies of the rows, so many at a time."""
        if self._standing is not None:
            self._standing.check()
        size, before = piece_rows(self.row_bytes), 0
        plain = list(self.names) == self._every
        for array in self._arrays:
            for start in range(0, len(array), size):
                part = array[start : start + size]
                if plain and not array.dtype.names:
                    x = np.array(part, self.dtype, order="K")
                else:
                    x = np.column_stack([self._column(part, name) for name in self.names]).astype(self.dtype)
                weights = None
                if self._weights is not None:
                    weights = np.array(self._column(part, self._weights), np.float64)
                elif self._given is not None:
                    weights = np.array(self._given[before : before + len(part)], np.float64)
                before += len(part)
                yield x, weights

    def _column(self, part: np.ndarray[Any, Any], name: str) -> np.ndarray[Any, Any]:
        return part[name] if part.dtype.names else part[:, self._every.index(name)]


def names_of(array: np.ndarray[Any, Any]) -> list[str]:
    """Return the names of the columns of an array (n, d) or of records (n,)."""
    if array.dtype.names:
        return list(array.dtype.names)
    return ["x"] if array.shape[1] == 1 else [f"x{j + 1}" for j in range(array.shape[1])]

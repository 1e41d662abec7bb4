"""Arrow: tables, datasets and readers of record batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from .asked import Asked
from .base import Source
from .batches import Tabled, piece_rows
from .keeping import kept
from .relation import opened_query
from .tabular import Rows


class RecordBatches(Tabled):
    """The rows of record batches, which a function hands out from the first one whenever it is called."""

    def __init__(
        self,
        read: Callable[[], Iterable[Any]],
        schema: Any,
        asked: Asked,
        name: str,
        *,
        n_rows: int | None = None,
        dear: bool = False,
    ) -> None:
        self.names = tuple(asked.chosen(schema.names))
        self.rows = Rows(self.names, asked.weights)
        single = self.rows.single(schema, name)
        self.dtype = self.rows.dtype = np.dtype(np.float32 if single else np.float64)
        self.weighted = asked.weights is not None
        self.name, self.n_rows, self.dear = name, n_rows, dear
        self._read, self._schema = read, schema

    def batches(self) -> Iterator[Any]:
        """Yield the batches, long ones in parts.

        Raises
        ------
        ValueError
            If a batch has other columns or types than the first.
        """
        size = piece_rows(self.row_bytes)
        for number, batch in enumerate(self._read()):
            self._check(batch, number)
            for start in range(0, batch.num_rows, size):
                yield batch.slice(start, size)

    def _check(self, batch: Any, number: int) -> None:
        for name in self.rows.needed:
            if name not in batch.schema.names:
                raise ValueError(f"{self.name}: batch {number} has no column {name}, and the first has")
            here, there = batch.schema.field(name).type, self._schema.field(name).type
            if here != there:
                raise ValueError(
                    f"{self.name}: batch {number} has column {name} of type {here}, and the first {there}; "
                    "make all batches of one schema"
                )


def opened(x: Any, asked: Asked) -> Source:
    """Return the source of a pyarrow Table, RecordBatch or Dataset.

    Raises
    ------
    ValueError
        If it is a reader that can be read only once, or the columns cannot be used.
    """
    import pyarrow as pa

    asked.no_sample_weight("a table of Arrow's")
    if asked.where is not None:
        return opened_query("FROM rows", asked, {"rows": x}, "the table")
    if isinstance(x, pa.RecordBatch):
        x = pa.Table.from_batches([x])
    if isinstance(x, pa.Table):
        return kept(RecordBatches(x.to_batches, x.schema, asked, "the table", n_rows=x.num_rows), asked)
    if isinstance(x, pa.RecordBatchReader):
        raise ValueError(
            "a RecordBatchReader can be read only once, and a fit reads several times; give a function "
            "that returns a new one"
        )
    if not hasattr(x, "scanner"):
        raise ValueError(
            f"{type(x).__name__} holds no rows of a table; give a Table or a Dataset of pyarrow's"
        )
    needed = [*asked.chosen(x.schema.names), *([asked.weights] if asked.weights else [])]
    size = piece_rows(8 * len(needed))

    def read() -> Iterator[Any]:
        return iter(x.to_batches(columns=needed, batch_size=size, batch_readahead=4, fragment_readahead=1))

    return kept(RecordBatches(read, x.schema, asked, "the dataset", n_rows=x.count_rows()), asked)

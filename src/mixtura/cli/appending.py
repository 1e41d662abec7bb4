"""Appending: tables that are written a part at a time, and appear when all is written."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np

from ..model.staging import staged
from ..sources.extras import need
from . import writing

PARQUET = (".parquet", ".pq")

Made = dict[str, np.ndarray[Any, Any]]  # columns (b,) of numbers by name
Append = Callable[[dict[str, Any], Made], None]  # takes columns of Arrow's that are kept, and those made


def appending(output: str | None, keep: Sequence[str]) -> AbstractContextManager[Append]:
    """Yield what writes a part: as Parquet if the output's name ends so, else as CSV."""
    if is_parquet(output):
        return _parquet(str(output))
    return _kept_csv(output) if keep else _csv(output)


def is_parquet(output: str | None) -> bool:
    """Say whether a file is to be Parquet, by its ending."""
    return output is not None and output.lower().endswith(PARQUET)


@contextmanager
def _csv(output: str | None) -> Iterator[Append]:
    with writing.output(output) as file:
        begun = False

        def append(held: dict[str, Any], made: Made) -> None:
            nonlocal begun
            if not begun:
                writing.csv_header(file, made)
                begun = True
            columns = list(made.values())
            rows = columns[0][:, None] if len(columns) == 1 else np.column_stack(columns)
            writing.csv_rows(file, rows)

        yield append


@contextmanager
def _kept_csv(output: str | None) -> Iterator[Append]:
    csv: Any = need("pyarrow.csv", "keeping columns", '"mixtura[files]"')
    options = csv.WriteOptions(include_header=False, quoting_style="needed")
    with writing.output(output) as file:
        begun = False

        def append(held: dict[str, Any], made: Made) -> None:
            nonlocal begun
            if not begun:
                writing.csv_header(file, [*held, *made])
                begun = True
            text = io.BytesIO()
            csv.write_csv(_batch(held, made), text, options)
            file.write(text.getvalue().decode())

        yield append


@contextmanager
def _parquet(output: str) -> Iterator[Append]:
    parquet: Any = need("pyarrow.parquet", "writing Parquet", '"mixtura[files]"')
    with staged(output) as (draft,):
        file: Any = None

        def append(held: dict[str, Any], made: Made) -> None:
            nonlocal file
            batch = _batch(held, made)
            if file is None:
                file = parquet.ParquetWriter(draft, batch.schema)
            file.write_batch(batch)

        try:
            yield append
        finally:
            if file is not None:
                file.close()


def _batch(held: dict[str, Any], made: Made) -> Any:
    """Return columns as a record batch."""
    pyarrow: Any = need("pyarrow", "writing this", '"mixtura[files]"')
    if both := [name for name in made if name in held]:
        raise ValueError(f"column {both[0]} is kept and made both; do not keep it, or rename it with --sql")
    return pyarrow.RecordBatch.from_pydict(
        {**held, **{name: pyarrow.array(column) for name, column in made.items()}}
    )

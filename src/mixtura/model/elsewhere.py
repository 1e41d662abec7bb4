"""Elsewhere: a function of rows applied to Dask's and Spark's data where they lie, when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

Values = Callable[[Any], np.ndarray[Any, Any]]  # of rows (b, d): (b,) or (b, k)
NAMES = {"log_density": "logpdf", "responsibilities": "responsibilities", "labels": "label"}


def is_lazy(x: Any) -> bool:
    """Say whether x is a Dask array, frame or series, or a Spark data frame."""
    return type(x).__module__.partition(".")[0] in ("dask", "pyspark")


def lazily(x: Any, values: Values, want: str, k: int, d: int, features: Sequence[str] | None = None) -> Any:
    """Return "log_density" (n,), "responsibilities" (n, k) or "labels" (n,) of rows that lie elsewhere.

    A Dask array gives an array in the same blocks, a Dask frame a series or a frame with a column for each
    component, a Spark data frame the same with a column more, "logpdf", "responsibilities" or "label". Of a
    frame with other columns too, those that are named as the features are taken.

    Raises
    ------
    ValueError
        If x has not d columns, and none are named.
    """
    on_spark = hasattr(x, "mapInArrow")
    flat = not on_spark and x.ndim == 1
    names = list(x.columns) if hasattr(x, "columns") and not flat else None
    count = 1 if flat else x.shape[1] if names is None else len(names)
    if names is not None and features is not None and set(features) <= set(names):
        names = list(features)
    elif count != d:
        raise ValueError(f"x has {count} columns but the mixture has {d} features; select the features")
    if on_spark:
        from pyspark.sql import types

        kinds = {
            "log_density": types.DoubleType(),
            "responsibilities": types.ArrayType(types.DoubleType()),
            "labels": types.LongType(),
        }
        schema = types.StructType([*x.schema.fields]).add(NAMES[want], kinds[want])
        return x.mapInArrow(partial(_of_batches, values, names or [], NAMES[want]), schema)
    if not hasattr(x, "chunks"):
        return _of_frame(x if names is None else x[names], values, want, k)
    rows = x[:, None] if flat else x.rechunk({1: -1})
    kind = np.int64 if want == "labels" else np.float64
    if want == "responsibilities":
        return rows.map_blocks(values, dtype=kind, chunks=(rows.chunks[0], (k,)))
    return rows.map_blocks(values, dtype=kind, drop_axis=1)


def _of_frame(x: Any, values: Values, want: str, k: int) -> Any:
    """Return what a function makes of a Dask frame or series."""
    import pandas as pd

    kind = np.int64 if want == "labels" else np.float64
    if want == "responsibilities":
        meta: Any = pd.DataFrame(np.empty((0, k), kind), columns=range(k), index=x._meta.index[:0])
    else:
        meta = pd.Series(np.empty(0, kind), name=NAMES[want], index=x._meta.index[:0])
    return x.map_partitions(_of_partition, values, meta, meta=meta)


def _of_partition(part: Any, values: Values, meta: Any) -> Any:
    """Return what a function makes of a part of a frame, with the part's index."""
    found = values(np.asarray(part, dtype=np.float64).reshape(len(part), -1))
    like = {"columns": meta.columns} if found.ndim > 1 else {"name": meta.name}
    return type(meta)(found, index=part.index, **like)


def _of_batches(values: Values, features: Sequence[str], name: str, batches: Iterable[Any]) -> Iterator[Any]:
    """Yield Arrow batches with a column more: what a function makes of the features."""
    import pyarrow as pa

    for batch in batches:
        rows = np.column_stack(
            [column.to_numpy(zero_copy_only=False) for column in map(batch.column, features)]
        )
        found = values(np.asarray(rows, dtype=np.float64))
        column = pa.array(list(found)) if found.ndim > 1 else pa.array(found)
        yield pa.RecordBatch.from_arrays([*batch.columns, column], [*batch.schema.names, name])

"""The Spark source: a data frame whose partitions stay where they are."""

from __future__ import annotations

import gc
import pickle
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np

from .asked import Asked
from .checks import explain_no_column
from .extras import need
from .parted import PartedSource, in_tree
from .parts import Answer, Join, Task

NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "boolean")
SCHEMA = "part int, answer binary"


def opened(x: Any, asked: Asked) -> SparkSource:
    """Return the source of a Spark data frame, of some of its columns and rows where these are named.

    Raises
    ------
    ValueError
        If it is none, weights are no column's name, or pyarrow is missing.
    """
    if not hasattr(x, "mapInArrow"):
        raise ValueError(
            f"{type(x).__name__} is no Spark data frame; of a pandas-on-Spark one give x.to_spark()"
        )
    need("pyarrow", "reading a Spark data frame", '"mixtura[spark]"')
    weights = asked.weights
    if asked.sample_weight is not None:
        if not isinstance(asked.sample_weight, str):
            asked.no_sample_weight("a Spark data frame")
        weights = asked.sample_weight
    taken = [name for name in asked.chosen(x.columns) if name != weights]
    rows = x if asked.where is None else x.where(asked.where)
    names = taken if weights is None else [*taken, weights]
    return SparkSource(rows.select(*(f"`{name}`" for name in names)), weights, n_threads=asked.n_threads)


class SparkSource(PartedSource):
    """Rows of a Spark data frame, one column a feature.

    Each pass is one job: partitions are read as Arrow batches by ``mapInArrow``, and answer with moments,
    which are joined in a fixed tree of the partitions' numbers. So a task that fails and is run again, or
    anywhere else, gives the same bits, as long as partitions hold the same rows in the same order: ``cache``
    a frame that comes from a shuffle, or write it to files. The workers need mixtura and pyarrow.

    Parameters
    ----------
    frame : pyspark.sql.DataFrame
        Its columns, but for the weights, are the features: select them before.
    sample_weight : str, optional
        The column that holds the rows' weights.
    n_threads : int, optional
        Threads for what is done here; every partition is read by one.

    Raises
    ------
    ValueError
        If a column holds no numbers, or there is none for the weights.
    """

    def __init__(self, frame: Any, sample_weight: str | None = None, *, n_threads: int | None = None) -> None:
        if sample_weight is not None and sample_weight not in frame.columns:
            raise ValueError(explain_no_column(sample_weight, frame.columns))
        names = [name for name in frame.columns if name != sample_weight]
        super().__init__(names, n_threads=n_threads)
        self._column = sample_weight
        self._frame = as_numbers(frame)

    @property
    def _is_weighted(self) -> bool:
        return self._column is not None

    def _answers(self, task: Task, own: Mapping[int, Any] | None) -> Any:
        """Return a data frame of answers, one a partition."""
        weights = self._column

        def answered(batches: Iterable[Any]) -> Iterator[Any]:
            import pyarrow as pa

            spare_modules()
            index = partition()
            mine = None if own is None else own.get(index)
            answer = task(index, (piece(batch, weights) for batch in batches), mine)
            yield pa.RecordBatch.from_pydict(
                {"part": pa.array([index], pa.int32()), "answer": [pickle.dumps(answer)]}
            )

        return self._frame.mapInArrow(answered, SCHEMA)

    def _ask(self, task: Task, own: Mapping[int, Any] | None, join: Join) -> Answer:
        rows = sorted(self._answers(task, own).collect(), key=lambda row: row.part)
        return in_tree([pickle.loads(row.answer) for row in rows], join)

    def _each(self, task: Task) -> Iterator[Answer]:
        for row in self._answers(task, None).toLocalIterator():
            yield pickle.loads(row.answer)


def partition() -> int:
    """Return the number of the partition that this worker is reading."""
    from pyspark import TaskContext

    context = TaskContext.get()
    assert context is not None
    return int(context.partitionId())


@cache
def spare_modules() -> None:
    """Keep the objects of imported modules out of the garbage collection that Spark does after every task.

    It takes longer there than a task does. Once for a worker is enough.
    """
    gc.freeze()


def as_numbers(frame: Any) -> Any:
    """Return a data frame's columns as numbers that NumPy knows.

    Raises
    ------
    ValueError
        If a column holds none; the message names it.
    """
    chosen = []
    for name, kind in frame.dtypes:
        column = frame[f"`{name}`"]
        if kind.startswith("decimal"):
            column = column.cast("double").alias(name)
        elif kind not in NUMBERS:
            cure = "drop or encode it"
            if kind in ("vector", "array<double>", "array<float>"):
                cure = "make it one column a feature (pyspark.ml.functions.vector_to_array, then getItem)"
            raise ValueError(f"column {name} holds {kind}, no numbers; {cure}")
        chosen.append(column)
    return frame.select(*chosen)


def piece(batch: Any, weights: str | None) -> tuple[np.ndarray[Any, Any], Any]:
    """Return the rows (b, d) of an Arrow batch, and their weights (b,) from the column of this name."""
    columns = {
        name: column.to_numpy(zero_copy_only=False) for name, column in zip(batch.schema.names, batch.columns)
    }
    own = None if weights is None else columns.pop(weights)
    return np.column_stack(list(columns.values())), own

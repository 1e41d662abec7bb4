"""The Dask source: arrays and frames whose blocks stay where they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .asked import Asked
from .checks import check_weights, column_names
from .parted import PartedSource, in_tree
from .parts import Answer, Join, Task


def opened(x: Any, asked: Asked) -> DaskSource:
    """Return the source of a Dask array or frame, of some of its columns where these are named.

    Raises
    ------
    ValueError
        If rows are to be chosen, or columns where they have no names.
    """
    if asked.where is not None:
        raise ValueError("where is for files and queries; choose rows of a Dask frame yourself: x[x.a > 0]")
    if (asked.columns or asked.weights) and not hasattr(x, "columns"):
        raise ValueError("columns and weights are chosen by name, and an array's have none; use a frame")
    weights = asked.sample_weight
    if asked.selects:
        taken = asked.chosen([str(name) for name in x.columns])
        weights = weights if asked.weights is None else x[asked.weights]
        x = x[taken]
    return DaskSource(x, weights, n_threads=asked.n_threads)


class DaskSource(PartedSource):
    """Rows of a Dask array (n, d) or (n,), data frame or series.

    Blocks are read by whatever scheduler is the caller's: threads, processes or the last
    ``distributed.Client``. Mixtures travel to them and moments back, joined on the way in a fixed tree of the
    blocks' numbers: the same bits whoever reads a block and however often. Every pass reads every block, so
    ``persist`` what fits into the workers' memory.

    Parameters
    ----------
    x : dask.array.Array, dask.dataframe.DataFrame or dask.dataframe.Series
    sample_weight : Dask array or series, or array_like of shape (n,), optional
        Weights of the rows: in blocks like theirs, or as an array, which is cut here.
    n_threads : int, optional
        Threads for what is done here; every block is read by one.

    Raises
    ------
    ValueError
        If the weights do not fit the blocks.
    """

    def __init__(
        self, x: Any, sample_weight: ArrayLike | None = None, *, n_threads: int | None = None
    ) -> None:
        super().__init__(column_names(x) if x.ndim > 1 else None, n_threads=n_threads)
        if getattr(x, "ndim", 0) > 1 and hasattr(x, "chunks"):
            x = x.rechunk({1: -1})  # a block holds whole rows
        self._held = x, sample_weight  # what is persisted stays so
        self._blocks = list(np.ravel(x.to_delayed()))
        self._weights = self._cut(x, sample_weight)

    def _cut(self, x: Any, sample_weight: Any) -> list[Any]:
        """Return the weights of each block."""
        if sample_weight is None:
            return [None] * len(self._blocks)
        if hasattr(sample_weight, "to_delayed"):
            if hasattr(x, "chunks") and not np.isnan(x.chunks[0]).any():
                sample_weight = sample_weight.rechunk((x.chunks[0],))
            found = list(np.ravel(sample_weight.to_delayed()))
            if len(found) != len(self._blocks):
                raise ValueError(
                    f"the weights are in {len(found)} blocks and the rows in {len(self._blocks)}; rechunk or "
                    "repartition one like the other"
                )
            return found
        import dask

        lengths = dask.compute(*(dask.delayed(len)(block) for block in self._blocks))
        weights = check_weights(sample_weight, sum(lengths))
        return list(np.split(weights, np.cumsum(lengths)[:-1]))  # type: ignore[arg-type]

    @property
    def _is_weighted(self) -> bool:
        return self._weights[0] is not None

    def _leaves(self, task: Task, own: Mapping[int, Any] | None) -> Iterator[Any]:
        """Yield the answers to be, one a block."""
        from dask import delayed

        sent = delayed(task, traverse=False)  # to each worker once, and not once for each of its blocks
        ask = delayed(_answer, pure=False)
        for index, block in enumerate(self._blocks):
            mine = None if own is None else delayed(own.get(index), traverse=False)
            yield ask(sent, index, block, self._weights[index], mine)

    def _ask(self, task: Task, own: Mapping[int, Any] | None, join: Join) -> Answer:
        from dask import delayed

        answer: Answer = in_tree(list(self._leaves(task, own)), delayed(join, pure=False)).compute()
        return answer

    def _each(self, task: Task) -> Iterator[Answer]:
        for leaf in self._leaves(task, None):
            yield leaf.compute()


def _answer(task: Task, index: int, block: Any, weights: Any, own: Any) -> Answer:
    """Return what a block makes of a task."""
    return task(index, [(block, weights)], own)

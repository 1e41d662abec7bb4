"""Opening: the source that whatever people have becomes."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..model.parameters import Array
from .array import ArraySource
from .asked import Asked
from .base import Source
from .checks import check_rows, check_weights, column_names, explain_not_finite
from .compressed import CompressedSource
from .parts import OnePart
from .reading import Reading

COMPRESSED_FROM = 50_000  # values, from which on making some 8,000 nodes of them costs less than it saves

# The package that the type of what people have comes from, and the module of this room whose
# ``opened(x, asked)`` makes a source of it. It is imported only then, and alone imports the package.
OPENERS = {
    "dask": "dask",
    "duckdb": "relation",
    "numpy": "arrays",
    "pyarrow": "arrow",
    "pyspark": "spark",
}


def open_source(
    x: Any,
    sample_weight: ArrayLike | None = None,
    *,
    columns: Sequence[str] | str | None = None,
    weights: str | None = None,
    where: str | None = None,
    memory: float | str | None = None,
    scratch: str | os.PathLike[str] | None = None,
    n_threads: int | None = None,
    compress: bool | str = "auto",
    callback: Callable[[Reading], None] | None = None,
) -> Source:
    """Return the source that a fit reads, wherever the rows are.

    Parameters
    ----------
    x : array_like of shape (n, d) or (n,), a data frame, a source, or data that lie elsewhere
        A NumPy memory map, which is not copied; a path, a glob, a folder or a list of paths (Parquet, CSV,
        TSV, JSON lines, Arrow, .npy); a pyarrow Table or Dataset; a function that returns a new
        pyarrow RecordBatchReader whenever it is called; a DuckDB relation.
    sample_weight : array_like of shape (n,), optional
        Weights of rows that lie in memory.
    columns : sequence of str, optional
        The columns to take, in this order; all by default.
    weights : str, optional
        The column that weighs the rows, which then is no variable.
    where : str, optional
        A condition in SQL that rows must fulfil, of data that DuckDB can read.
    memory : int or str, optional
        Bytes of rows that may be kept in memory, such as ``"500MB"``; 1 GiB by default. What is larger is
        read anew whenever it is needed.
    scratch : path, optional
        The folder for a copy of what is dear to read again; the system's folder for temporary files by
        default. Nothing of it is left, however a program ends.
    n_threads : int, optional
        Threads for a pass; every core by default.
    compress : bool or "auto"
        Whether one dimension is fitted from a compressed copy; "auto" does so when it pays.
    callback : callable, optional
        Called with a `Reading`, how far a read has come, after each part of what is read from elsewhere.

    Raises
    ------
    ValueError
        If the rows, the weights or an option cannot be used, or a package that reads them is missing.
    """
    if compress not in (True, False, "auto"):
        raise ValueError(f"compress is {compress!r}; use True, False or 'auto'")
    if isinstance(x, Source):
        source = x
        if sample_weight is not None or weights is not None:
            raise ValueError("a source has weights of its own; give sample_weight or weights when making it")
        if columns or where:
            raise ValueError("a source has columns and rows of its own; choose them when making it")
    else:
        asked = Asked.of(columns, weights, where, memory, scratch, n_threads, sample_weight, callback)
        source = import_module(f".{opener(x)}", __package__).opened(x, asked)
    pays = source.n_features == 1 and source.n_rows >= COMPRESSED_FROM
    if compressible(source) and (compress is True or (compress == "auto" and pays)):
        return CompressedSource(source)
    return source


def open_part(x: Any, n_features: int, sample_weight: ArrayLike | None = None, **options: Any) -> Source:
    """Return a source of a part of the rows, of which columns need not vary and there may be none.

    Raises
    ------
    ValueError
        If there are not so many features, or an array holds a number that is not finite.
    """
    pieces: list[Any] = []
    if lies_elsewhere(x) or options.keys() - {"n_threads"}:
        source = open_source(x, sample_weight, compress=False, **options)
        columns = source.n_features
    else:
        if len(x):
            rows = check_rows(x)
            if not np.isfinite(rows).all():
                raise ValueError(explain_not_finite(rows, column_names(x)))
            pieces = [(rows, sample_weight)]
        source = OnePart(pieces, **options)
        columns = pieces[0][0].shape[1] if pieces else n_features
    if columns != n_features:
        raise ValueError(
            f"the rows have {columns} columns and the mixtures {n_features} features; choose columns"
        )
    return source


def opener(x: Any) -> str:
    """Return the name of the module that opens this."""
    if is_path(x) or (isinstance(x, (list, tuple)) and x and all(map(is_path, x))):
        return "files"
    for kind in type(x).__mro__:
        found = OPENERS.get(kind.__module__.partition(".")[0])
        if found is not None:
            return found
    return "readers" if callable(x) and not hasattr(x, "__array__") else "arrays"


def lies_elsewhere(x: Any) -> bool:
    """Say whether this is no array and no frame, but a source or what `open_source` makes one of."""
    return isinstance(x, Source) or opener(x) != "arrays"


def compressible(source: Source) -> bool:
    """Say whether one dimension of it may be compressed: the rows of an array, or what is dear to read."""
    return isinstance(source, ArraySource) or (source.cost.dear and source.approximation is None)


def is_path(x: Any) -> bool:
    """Say whether this is a path."""
    return isinstance(x, (str, os.PathLike))


def given_rows(x: Any, sample_weight: ArrayLike | None = None) -> tuple[np.ndarray[Any, Any], Array | None]:
    """Return the rows (n, d) that people have, and weights (n,) if any, those of weight zero included.

    A source has left such rows out already.
    """
    if lies_elsewhere(x):
        source = open_source(x, sample_weight, compress=False)
        return source.rows(source.n_rows, np.random.default_rng(0))
    rows = check_rows(x)
    return rows, check_weights(sample_weight, len(rows))

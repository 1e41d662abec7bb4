"""Files: paths, globs, folders and lists of them, each format read by what reads it best."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from .arrays import opened as opened_array
from .asked import Asked
from .base import Source
from .batches import Batches
from .keeping import kept
from .mapped import Mapped
from .parquet import Parquet
from .paths import File, found
from .unchanged import Unchanged


def opened(x: Any, asked: Asked) -> Source:
    """Return the source of a path, a glob, a folder, or a list of paths.

    Raises
    ------
    ValueError
        If a file is missing or damaged, or the files do not hold the same columns of numbers.
    """
    asked.no_sample_weight("files")
    paths = [x] if isinstance(x, (str, os.PathLike)) else list(x)
    return opened_files(found(os.fspath(path) for path in paths), asked)


def opened_files(files: Sequence[File], asked: Asked) -> Source:
    """Return the source of files, one after the other."""
    if len(files) == 1 and files[0].format == "npy" and not asked.selects:
        array = load(files[0])
        if array.dtype in (np.float64, np.float32) and array.nbytes <= asked.memory:
            return opened_array(array, asked)  # in place
    return kept(batches_of(files, asked), asked)


def batches_of(files: Sequence[File], asked: Asked, sql: str | None = None) -> Batches:
    """Return the rows of files, one after the other, or of a query over them, where they are ``data``.

    Raises
    ------
    ValueError
        If a file is damaged, or the files do not hold the same columns of numbers.
    """
    formats = {file.format for file in files}
    if "npy" in formats:
        return _arrays(files, asked, sql)
    if formats == {"parquet"} and asked.where is None and sql is None:
        return Parquet([file.path for file in files], asked)
    from .relation import of_files

    return of_files(files, asked, sql)


def _arrays(files: Sequence[File], asked: Asked, sql: str | None) -> Batches:
    """Return the rows of .npy files."""
    if any(file.format != "npy" for file in files):
        raise ValueError("files of .npy and of other formats cannot be read as one; read them apart")
    if asked.where is not None or sql is not None:
        raise ValueError("DuckDB cannot ask .npy files anything; choose rows of the array yourself")
    if asked.kept:
        raise ValueError(f"columns of .npy files cannot be kept, as {asked.kept[0]}; write CSV or Parquet")
    name = files[0].name if len(files) == 1 else f"{len(files)} .npy files"
    return Mapped([load(file) for file in files], asked, name, Unchanged(file.path for file in files))


def load(file: File) -> np.ndarray[Any, Any]:
    """Return the memory map of a .npy file: numbers (n, d), or records (n,)."""
    try:
        array: np.ndarray[Any, Any] = np.load(file.path, mmap_mode="r", allow_pickle=False)
    except Exception:  # a damaged header fails as text, as Python's syntax or as a shape
        raise ValueError(
            f"{file.name} cannot be read as .npy: it is damaged, or holds something else than numbers; "
            "save an array of numbers"
        ) from None
    if array.ndim not in (1, 2) or (array.dtype.names and array.ndim != 1):
        raise ValueError(f"{file.name} has {array.ndim} dimensions {array.shape}; save rows and columns")
    return array

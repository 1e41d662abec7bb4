"""Files: paths, globs, folders and lists of them, each format read by what reads it best."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from .arrays import opened as opened_array
from .asked import Asked
from .base import Source
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
    formats = {file.format for file in files}
    if formats == {"npy"}:
        return _arrays(files, asked)
    if "npy" in formats:
        raise ValueError("files of .npy and of other formats cannot be read as one; read them apart")
    if formats == {"parquet"} and asked.where is None:
        return kept(Parquet([file.path for file in files], asked), asked)
    from .relation import opened_files as by_query

    return by_query(files, asked)


def _arrays(files: Sequence[File], asked: Asked) -> Source:
    """Return the source of .npy files: one that is taken whole is read in place."""
    if asked.where is not None:
        raise ValueError("where does not go with .npy files, which DuckDB cannot read; choose rows of the array")
    arrays = [load(file) for file in files]
    if len(arrays) == 1 and not asked.selects and arrays[0].ndim == 2 and not arrays[0].dtype.names:
        if arrays[0].dtype in (np.float64, np.float32) and arrays[0].nbytes <= asked.memory:
            return opened_array(arrays[0], asked)
    standing = Unchanged(file.path for file in files)
    name = files[0].name if len(files) == 1 else f"{len(files)} .npy files"
    return kept(Mapped(arrays, asked, name, standing), asked)


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

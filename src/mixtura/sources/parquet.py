"""Parquet: files whose row groups are decoded as they are needed, and never kept."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from .asked import Asked
from .batches import Tabled, piece_rows
from .extras import need
from .tabular import Rows
from .unchanged import Unchanged

COLUMNS = "give files of one kind, or name other columns"


class Parquet(Tabled):
    """The rows of Parquet files, one file after the other.

    What the files hold is known from their ends, without a read.

    Raises
    ------
    ValueError
        If a file is damaged, or its columns are not those of the first, with the file's name.
    """

    pace = 2.0

    def __init__(self, paths: Sequence[str], asked: Asked) -> None:
        self._parquet: Any = need("pyarrow.parquet", "reading Parquet", '"mixtura[files]"')
        self.paths = list(paths)
        self.name = self.paths[0] if len(self.paths) == 1 else f"{len(self.paths)} Parquet files"
        self._standing = Unchanged(self.paths)
        self.n_rows = 0
        first: Any = None
        chosen: list[str] = []
        single = True
        for path in self.paths:
            with self._reading(path):
                file = self._parquet.ParquetFile(path)
                schema, rows = file.schema_arrow, file.metadata.num_rows
                file.close()
            if first is None:
                first = schema
                chosen = asked.chosen(schema.names)
                self.rows = Rows(chosen, asked.weights, asked.kept)
            self._check_columns(path, schema, first)
            single &= self.rows.single(schema, path)
            self.n_rows += rows
        self.names = tuple(chosen)
        self.weighted = asked.weights is not None
        self.dtype = self.rows.dtype = np.dtype(np.float32 if single else np.float64)

    def _check_columns(self, path: str, schema: Any, first: Any) -> None:
        """Refuse a file that lacks a column of the first file's, or holds another kind of values there."""
        for name in self.rows.needed:
            if name not in schema.names:
                raise ValueError(f"{path} has no column {name}, and {self.paths[0]} has; {COLUMNS}")
            here, there = schema.field(name).type, first.field(name).type
            if not self.rows.alike(here, there):
                raise ValueError(
                    f"{path} has column {name} of type {here}, and {self.paths[0]} of type {there}; {COLUMNS}"
                )

    def batches(self) -> Iterator[Any]:
        """Yield parts of each row group of each file."""
        size = piece_rows(self.row_bytes)
        for path in self.paths:
            self._standing.check(path)
            group: int | None = None
            with self._reading(path):
                file = self._parquet.ParquetFile(path)
            with file:
                for group in range(file.metadata.num_row_groups):
                    with self._reading(path, group):
                        batches = file.iter_batches(size, row_groups=[group], columns=self.rows.needed)
                    while True:
                        with self._reading(path, group):
                            batch = next(batches, None)
                        if batch is None:
                            break
                        yield batch
            self._standing.check(path)

    @contextmanager
    def _reading(self, path: str, group: int | None = None) -> Iterator[None]:
        """Name the file and the row group where a read breaks off."""
        try:
            yield
        except (OSError, ValueError, RuntimeError, KeyError) as problem:
            self._standing.check(path)
            where = "" if group is None else f", row group {group},"
            reason = str(problem).strip().split("\n")[0]
            raise ValueError(
                f"{path}{where} cannot be read: {reason}; it is damaged or no Parquet file, write it anew"
            ) from None
        except MemoryError:
            raise ValueError(f"{path}: the memory does not suffice to read a row group of it") from None


def is_parquet(path: str) -> bool:
    """Say whether a file is a Parquet file, by its first bytes or its ending."""
    with open(path, "rb") as file:
        return file.read(4) == b"PAR1" or os.path.splitext(path)[1].lower() in (".parquet", ".pq")

"""Reading: files or a query in, rows of numbers with their names and weights out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..sources import Source
from . import database, streaming
from .choosing import Choice, listed
from .counting import counting_notes
from .files import File, find

SHOWN = 20_000  # rows of a source that a picture draws


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of numbers as a fit takes them."""

    x: np.ndarray[Any, Any]  # (n, d), float64 or float32, a row after the other
    columns: tuple[str, ...]  # d names
    weights: np.ndarray[Any, Any] | None  # (n,)
    name: str  # what a person calls the data
    pooled: bool = False
    kept: Mapping[str, np.ndarray[Any, Any]] = field(default_factory=dict)  # (n,) text, handed on
    notes: tuple[str, ...] = ()  # sentences on what was read, for people
    source: Source | None = None  # of all rows, where they are many: x is an even sample of them

    @property
    def data(self) -> np.ndarray[Any, Any] | Source:
        """Return what a fit takes."""
        return self.x if self.source is None else self.source

    @property
    def sample_weight(self) -> np.ndarray[Any, Any] | None:
        """Return the weights (n,) that a fit takes beside them."""
        return self.weights if self.source is None else None


def read(
    patterns: Sequence[str],
    choice: Choice | None = None,
    *,
    sql: str | None = None,
    pool: bool = False,
    drop_missing: bool = False,
    locked: bool = False,
    keeping: streaming.Keeping | None = None,
) -> Table:
    """Read files, or a query over them.

    Parameters
    ----------
    patterns : sequence of str
        Paths, folders, globs and ``-`` for standard input.
    choice : Choice, optional
        The columns to take, to weigh by and to keep; all are taken by default.
    sql : str, optional
        A DuckDB query; in it, ``data`` is all the files.
    pool : bool
        Take every cell as one value of a single variable.
    drop_missing : bool
        Leave out the rows, or with ``pool`` the cells, in which a number is missing.
    locked : bool
        Whether the query reaches nothing but ``data``.
    keeping : Keeping, optional
        Where rows of large files may stay; without it, all are read as a table.

    Raises
    ------
    ValueError
        If the data cannot be read or are not numbers, with the place and the cure.
    """
    choice = choice or Choice()
    if not patterns and sql is None:
        raise ValueError("no data: name a file, - for standard input, or a query with --sql")
    if sql is not None and not sql.strip():
        raise ValueError("--sql is empty; give a query, such as --sql 'FROM data LIMIT 1000'")
    if pool and choice.keep:
        raise ValueError(
            "--keep hands on what stands in a row, and --pool takes rows apart; give one of them"
        )
    at_once = pool or keeping is None or streaming.whole(choice, drop_missing, locked)
    if keeping is not None and not at_once and (many := streaming.large(patterns)):
        rows = streaming.opened(many, keeping, columns=choice.columns, weights=choice.weights, sql=sql)
        return _sampled(rows, "the query" if sql else _named(many))

    with find(patterns) as (files, folder):
        name = "the query" if sql else _named(files)
        if sql is None and all(file.format == "npy" for file in files):
            found = _from_arrays(files, choice)
        else:
            found = database.read(files, sql, choice, _array_columns, folder, locked=locked)
    numbers = dict(found.numbers)
    w = numbers.pop(choice.weights) if choice.weights else None
    names = tuple(numbers)
    x = _matrix(numbers) if found.matrix is None else found.matrix
    if not len(x):
        raise ValueError(f"{name} has no rows, only the names {listed(names)}")
    notes = []
    if found.left_out:
        notes.append(f"left out, as --numeric-only asks: {listed(found.left_out)}")
    if not choice.columns and not choice.prefer and not pool:
        notes += counting_notes(x, names)
    if pool:
        w = None if w is None else np.repeat(w, x.shape[1])
        x, names = x.reshape(-1, 1), ("value",)
    table = Table(x, names, w, name, pool, found.kept, tuple(notes))
    return _without_missing(table) if drop_missing else table


def _named(files: Sequence[File]) -> str:
    """Return what a person calls these files."""
    more = f", ... ({len(files)} files)" if files[3:] else ""
    return ", ".join(file.name for file in files[:3]) + more


def _without_missing(table: Table) -> Table:
    """Leave out the rows in which a number or the weight is missing, and say how many they are."""
    missing = np.isnan(table.x).any(axis=1)
    if table.weights is not None:
        missing |= np.isnan(table.weights)
    if not missing.any():
        return table
    unit = "cells" if table.pooled else "rows"
    if missing.all():
        empty = [c for c, full in zip(table.columns, ~np.isnan(table.x).all(axis=0)) if not full]
        cure = f"column {listed(empty)} is empty: --exclude {','.join(empty[:3])}" if empty else "give others"
        raise ValueError(f"{table.name} has a missing number in each of its {len(missing):,} {unit}; {cure}")
    note = f"{missing.sum():,} of {len(missing):,} {unit} have a missing number and were left out"
    return replace(
        table,
        x=table.x[~missing],
        weights=None if table.weights is None else table.weights[~missing],
        kept={name: column[~missing] for name, column in table.kept.items()},
        notes=(*table.notes, note),
    )


def _sampled(rows: Source, name: str) -> Table:
    """Return the table of a source's rows: a few of them, to be drawn."""
    x, weights = rows.rows(min(SHOWN, rows.n_rows), np.random.default_rng(0))
    return Table(x, tuple(rows.names or _columns(x[:1])), weights, name, source=rows)


def _matrix(columns: Mapping[str, np.ndarray]) -> np.ndarray[Any, Any]:
    """Put columns (n,) side by side, as float32 only if every one of them is."""
    arrays = list(columns.values())
    single = all(column.dtype == np.float32 for column in arrays)
    x = np.empty((len(arrays[0]), len(arrays)), np.float32 if single else np.float64)
    for j, column in enumerate(arrays):
        x[:, j] = column
    return x


def _from_arrays(files: Sequence[File], choice: Choice) -> database.Found:
    """Read .npy files; one that is taken whole is not copied."""
    arrays = [_load(file) for file in files]
    tables = [_columns(array) for array in arrays]
    names = list(tables[0])
    for table in tables:
        if list(table) != names:
            raise ValueError(database.explain_difference(names, list(table)))
    taken = choice.variables(names, lambda name: True)
    chosen = [*taken, *([choice.weights] if choice.weights else [])]
    joined = {name: np.concatenate([table[name] for table in tables]) for name in chosen}
    kept = {
        name: np.concatenate([table[name] for table in tables]).astype(str)
        for name in choice.handed_on(names)
    }
    whole = len(arrays) == 1 and chosen == names and not arrays[0].dtype.names and not choice.weights
    return database.Found(joined, kept, (), arrays[0] if whole else None)


def _array_columns(file: File) -> dict[str, np.ndarray]:
    """Return the columns (n,) of a .npy file by name."""
    return _columns(_load(file))


def _load(file: File) -> np.ndarray[Any, Any]:
    """Return what a .npy file holds: records (n,) of numbers, or numbers (n, d), float64 or float32."""
    try:
        array = np.load(file.path, allow_pickle=False)
    except Exception as problem:  # a damaged header fails as text, as Python's syntax or as a shape
        reason = "it is damaged, or holds something else than numbers"
        if isinstance(problem, MemoryError):
            reason = "by its header it is larger than the memory, or it is damaged"
        raise ValueError(f"{file.name} cannot be read as .npy: {reason}; save an array of numbers") from None
    if array.dtype.names:
        fields = [array.dtype[name] for name in array.dtype.names]
        if array.ndim != 1 or any(field.shape or field.names for field in fields):
            raise ValueError(f"{file.name} holds records of tables; save one record of numbers for each row")
        return array
    if array.ndim not in (1, 2):
        raise ValueError(f"{file.name} has {array.ndim} dimensions {array.shape}; save rows and columns")
    if array.ndim == 2 and array.shape[1] == 0:
        raise ValueError(f"{file.name} has no columns, only {array.shape[0]} empty rows; save numbers")
    return _numbers(array if array.ndim == 2 else array[:, None], file.name)


def _columns(array: np.ndarray[Any, Any]) -> dict[str, np.ndarray]:
    """Return the columns (n,) of a loaded array: named x, or x1, x2, ..., or by the fields of its records."""
    if array.dtype.names:
        return {name: _numbers(array[name], f"column {name}") for name in array.dtype.names}
    if array.shape[1] == 1:
        return {"x": array[:, 0]}
    return {f"x{j + 1}": array[:, j] for j in range(array.shape[1])}


def _numbers(array: np.ndarray, name: str) -> np.ndarray:
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} holds values of type {array.dtype}, not numbers")
    return array if array.dtype in (np.float64, np.float32) else array.astype(np.float64)

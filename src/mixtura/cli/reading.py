"""Reading: files or a query in, rows of numbers with their names and weights out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..sources import Source
from . import database, streaming
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
    *,
    columns: Sequence[str] = (),
    sql: str | None = None,
    weights: str | None = None,
    pool: bool = False,
    prefer: Sequence[str] = (),
    keeping: streaming.Keeping | None = None,
) -> Table:
    """Read files, or a query over them.

    Parameters
    ----------
    patterns : sequence of str
        Paths, globs and ``-`` for standard input.
    columns : sequence of str
        The columns to take, in this order; all by default.
    sql : str, optional
        A DuckDB query; in it, ``data`` is all the files.
    weights : str, optional
        The column that weighs the rows, which is then no variable.
    pool : bool
        Take every cell as one value of a single variable.
    prefer : sequence of str
        The columns to take when they are all there and ``columns`` is empty.
    keeping : Keeping, optional
        Where rows of large files may stay; without it, all are read as a table.

    Raises
    ------
    ValueError
        If the data cannot be read or are not numbers, with the place and the cure.
    """
    if not patterns and sql is None:
        raise ValueError("no data: name a file, - for standard input, or a query with --sql")
    if sql is not None and not sql.strip():
        raise ValueError("--sql is empty; give a query, such as --sql 'FROM data LIMIT 1000'")
    if keeping is not None and not pool and (many := streaming.large(patterns)):
        rows = streaming.opened(many, keeping, columns=columns, weights=weights, sql=sql)
        return _sampled(rows, "the query" if sql else _named(many))

    def choose(names: list[str]) -> list[str]:
        chosen = list(columns) or (list(prefer) if prefer and set(prefer) <= set(names) else names)
        for name in [*chosen, *([weights] if weights else [])]:
            if name not in names:
                shown = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
                raise ValueError(f"there is no column {name}; the columns are {shown}")
        taken = [name for name in chosen if name != weights]
        if not taken:
            raise ValueError(f"column {weights} is the weights, so no column is left to fit")
        if len(set(taken)) < len(taken):
            raise ValueError(f"a column is named twice in {', '.join(taken)}; name each once")
        return [*taken, *([weights] if weights else [])]

    with find(patterns) as files:
        name = "the query" if sql else _named(files)
        if sql is None and all(file.format == "npy" for file in files):
            x, names, w = _from_arrays(files, choose, weights)
        else:
            found = database.read(files, sql, choose, _array_columns)
            w = found.pop(weights) if weights else None
            names, x = tuple(found), _matrix(found)
    if not len(x):
        raise ValueError(f"{name} has no rows, only the names {', '.join(names[:20])}")
    if pool:
        w = None if w is None else np.repeat(w, x.shape[1])
        x, names = x.reshape(-1, 1), ("value",)
    return Table(x, names, w, name, pool)


def _sampled(rows: Source, name: str) -> Table:
    """Return the table of a source's rows: a few of them, to be drawn."""
    x, weights = rows.rows(min(SHOWN, rows.n_rows), np.random.default_rng(0))
    return Table(x, tuple(rows.names or _columns(x[:1])), weights, name, source=rows)


def _named(files: Sequence[File]) -> str:
    """Return what a person calls these files."""
    more = f", ... ({len(files)} files)" if files[3:] else ""
    return ", ".join(file.name for file in files[:3]) + more


def _matrix(columns: Mapping[str, np.ndarray]) -> np.ndarray[Any, Any]:
    """Put columns (n,) side by side, as float32 only if every one of them is."""
    single = all(column.dtype == np.float32 for column in columns.values())
    n = len(next(iter(columns.values())))
    x = np.empty((n, len(columns)), np.float32 if single else np.float64)
    for j, column in enumerate(columns.values()):
        x[:, j] = column
    return x


def _from_arrays(
    files: Iterable[File], choose: database.Choice, weights: str | None
) -> tuple[np.ndarray[Any, Any], tuple[str, ...], np.ndarray[Any, Any] | None]:
    """Read .npy files; one that is taken whole is not copied."""
    arrays = [_load(file) for file in files]
    tables = [_columns(array) for array in arrays]
    names = list(tables[0])
    for table in tables:
        if list(table) != names:
            raise ValueError(database.explain_difference(names, list(table)))
    chosen = choose(names)
    taken = [name for name in chosen if name != weights]
    if len(arrays) == 1 and taken == names and not arrays[0].dtype.names:
        return arrays[0], tuple(taken), None
    joined = {name: np.concatenate([table[name] for table in tables]) for name in chosen}
    w = joined.pop(weights) if weights else None
    return _matrix(joined), tuple(taken), w


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

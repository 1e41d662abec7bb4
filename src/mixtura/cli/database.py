"""DuckDB's part: any files, and any query over them, as columns of numbers."""

from __future__ import annotations

import glob
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from types import ModuleType
from typing import Any

import numpy as np

from . import extras
from .files import File

Arrays = Callable[[File], Mapping[str, np.ndarray]]  # reads a .npy file: names and columns (n,)
Choice = Callable[[list[str]], list[str]]  # of the names of all columns, those to read

MISSING = ["", "NA", "N/A", "NaN", "NULL", "null", "None"]
TOGETHER = "read them one by one, or put them together with --sql"
FLOATING = {"double", "float", "decimal"}
WHOLE = {"boolean", "bignum"}  # and every kind of integer
READERS = {
    # Without skip=0 the sniffer silently drops every row above the first that all rows below agree with.
    "csv": "read_csv([{paths}], skip=0, nullstr={missing}, sample_size={sample})",
    "tsv": "read_csv([{paths}], skip=0, nullstr={missing}, sample_size={sample}, delim='\t')",
    "parquet": "read_parquet([{paths}])",
    "json": "read_json([{paths}])",
}


def read(files: Sequence[File], sql: str | None, choose: Choice, arrays: Arrays) -> dict[str, np.ndarray]:
    """Return the chosen columns (n,) of a query as float64, or float32 where they are stored so.

    A missing cell is NaN. In the query, the table ``data`` is the files, one after the other; without a query
    it is all of ``data``.

    Raises
    ------
    ValueError
        If a file cannot be read, the query fails, or a chosen column holds anything but numbers.
    """
    duckdb = extras.duckdb()

    def answer() -> dict[str, np.ndarray]:
        try:
            # The types of a CSV file are told from its first lines, which is quick ...
            return _read(connection, files, sql, choose, arrays, 20480)
        except duckdb.ConversionException:
            # ... and from all of them only when a later line breaks them.
            return _read(connection, files, sql, choose, arrays, -1)

    # The query runs beside the main thread, because only that one hears Ctrl-C, and not inside a query.
    with duckdb.connect() as connection, ThreadPoolExecutor(1) as worker:
        running = worker.submit(answer)
        try:
            return running.result()
        except KeyboardInterrupt:
            while not running.done():  # more than once: it may have been between two statements
                connection.interrupt()
                time.sleep(0.02)
            raise
        except duckdb.Error as problem:
            raise ValueError(_explain(problem, files, sql)) from None


def _read(
    connection: Any, files: Sequence[File], sql: str | None, choose: Choice, arrays: Arrays, sample: int
) -> dict[str, np.ndarray]:
    parts = list(_parts(connection, files, arrays, sample))
    if parts:
        columns = [connection.sql(f"FROM {part}").columns for part in parts]
        for other in columns[1:]:
            if set(other) != set(columns[0]):
                raise ValueError(explain_difference(columns[0], other))
        union = " UNION ALL BY NAME ".join(f"SELECT * FROM {part}" for part in parts)
        connection.execute(f"CREATE OR REPLACE VIEW data AS {union}")
    relation = connection.sql(sql or "FROM data")
    if relation is None:
        raise ValueError(f"--sql must be a query that returns rows, and {sql!r} returns none")
    types = dict(zip(relation.columns, relation.types))
    chosen = choose(list(types))
    casts = [_cast(relation, name, types[name]) for name in chosen]
    columns = relation.project(", ".join(casts)).fetchnumpy()
    return {name: np.ma.filled(column, np.nan) for name, column in zip(chosen, columns.values(), strict=True)}


def _parts(connection: Any, files: Sequence[File], arrays: Arrays, sample: int) -> Iterator[str]:
    """Yield what stands for each run of files of one format in a FROM clause."""
    for kind, run in groupby(files, key=lambda file: file.format):
        if kind in READERS:
            paths = ", ".join(_quoted(glob.escape(file.path), "'") for file in run)
            yield READERS[kind].format(paths=paths, missing=MISSING, sample=sample)
            continue
        for file in run:
            name = f"file_{files.index(file)}"
            connection.register(name, _arrow(file) if kind == "arrow" else arrays(file))
            yield name


def _arrow(file: File) -> Any:
    pyarrow: ModuleType = extras.need("pyarrow.feather", f"reading {file.name} (Arrow)", "pyarrow")
    try:
        return pyarrow.read_table(file.path)
    except (OSError, ValueError) as problem:
        raise ValueError(f"{file.name} cannot be read as Arrow: {_first_line(problem)}") from None


def _cast(relation: Any, name: str, kind: Any) -> str:
    """Return the expression that reads a column as numbers, or raise why it cannot be."""
    column = _quoted(name, '"')
    if kind.id == "float":
        return column
    if kind.id in FLOATING or kind.id in WHOLE or kind.id.endswith(("int", "integer")):
        return f"CAST({column} AS DOUBLE) AS {column}"
    if kind.id != "varchar":
        raise ValueError(f"column {name} holds values of type {kind}, not numbers; {_others(relation)}")
    # Numbers may stand in a text column, as "inf" does in CSV.
    numbered = relation.project(f"row_number() OVER () AS place, {column} AS cell")
    wrong = numbered.filter("cell IS NOT NULL AND TRY_CAST(cell AS DOUBLE) IS NULL").limit(1).fetchall()
    if wrong:
        row, cell = wrong[0]
        shown = cell if len(cell) <= 40 else cell[:37] + "..."
        raise ValueError(f'column {name} holds text ("{shown}" in data row {row}); {_others(relation)}')
    return f"CAST({column} AS DOUBLE) AS {column}"


def _others(relation: Any) -> str:
    """Say which columns to choose instead."""
    numbers = [
        name
        for name, kind in zip(relation.columns, relation.types)
        if kind.id in FLOATING or kind.id.endswith(("int", "integer"))
    ]
    if not numbers:
        return "no column of numbers is there; check the separator and that each line has as many cells"
    return f"choose columns of numbers with --columns {_quoted_for_shell(','.join(numbers[:12]))}"


def explain_difference(these: Sequence[str], those: Sequence[str]) -> str:
    """Say how the columns of two files differ."""
    odd = [name for name in [*these, *those] if (name in these) != (name in those)]
    some = ", ".join(odd[:6]) + (", ..." if odd[6:] else "")
    return f"the files differ in their columns ({some} not in all of them); {TOGETHER}"


def _explain(problem: Exception, files: Sequence[File], sql: str | None) -> str:
    """Put DuckDB's account, which runs over many lines, into one sentence."""
    line = _first_line(problem)
    if "Schema mismatch" in line:
        return f"the {len(files)} files differ in their columns; {TOGETHER}"
    for file in files:
        line = line.replace(file.path, file.name)
    if sql is not None:
        hint = "" if files else " (data is the files named beside --sql, and none is)"
        return f"--sql cannot be answered: {line}{hint}"
    return f"{files[0].name if len(files) == 1 else f'the {len(files)} files'} cannot be read: {line}"


def _first_line(problem: Exception) -> str:
    line = str(problem).strip().split("\n")[0].strip()
    return re.sub(r"^[A-Z]\w*( \w+)? Error: ", "", line)


def _quoted(text: str, mark: str) -> str:
    return mark + text.replace(mark, mark + mark) + mark


def _quoted_for_shell(text: str) -> str:
    return f'"{text}"' if re.search(r"[^\w.,-]", text) else text

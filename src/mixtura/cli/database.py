"""DuckDB's part: any files, and any query over them, as columns of numbers."""

from __future__ import annotations

import glob
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from types import ModuleType
from typing import Any

import numpy as np

from . import extras, memory
from .cells import APOSTROPHE, QUOTE, number, numeric, quoted
from .choosing import Choice
from .dialect import MISSING
from .files import File
from .text_table import TextTable, is_text
from .tidy import draft

Arrays = Callable[[File], Mapping[str, np.ndarray]]  # reads a .npy file: names and columns (n,)

TOGETHER = "read them one by one, or put them together with --sql"
FIRST = 20480  # rows that tell the types of a text file's columns
READERS = {
    # Without skip=0 the sniffer silently drops every row above the first that all rows below agree with.
    "csv": "read_csv([{paths}], skip=0, nullstr={missing}, sample_size={sample}{dialect})",
    "parquet": "read_parquet([{paths}])",
    "json": "read_json([{paths}])",
}
# What a query may not do once the files are in the table: read others, write, load code, undo this.
LOCK = ("SET enable_external_access = false", "SET lock_configuration = true")
# A query's tables are its files, never variables of this program that have the same name.
ALWAYS = ("SET python_enable_replacements = false", "SET autoinstall_known_extensions = false")


@dataclass(frozen=True, slots=True)
class Found:
    """What a query gave."""

    numbers: dict[str, np.ndarray]  # the variables, and the weights if any: (n,), float64 or float32
    kept: dict[str, np.ndarray]  # columns that are handed on: (n,), text
    left_out: tuple[str, ...]  # columns that --numeric-only left out
    matrix: np.ndarray | None = None  # the numbers (n, d) as they are stored, where that is so


def read(
    files: Sequence[File],
    sql: str | None,
    choice: Choice,
    arrays: Arrays,
    folder: str,
    *,
    locked: bool = False,
) -> Found:
    """Return the chosen columns (n,) of a query as float64, or float32 where they are stored so.

    A missing cell is NaN. In the query, the table ``data`` is the files, one after the other; without a query
    it is all of ``data``. Text that DuckDB does not read by itself is written anew into ``folder``. A
    ``locked`` query reaches nothing but ``data``.

    Raises
    ------
    ValueError
        If a file cannot be read, the query fails, or a chosen column holds anything but numbers.
    """
    config = memory.settings()
    duckdb = extras.duckdb()
    texts: dict[File, TextTable] = {}

    def answer() -> Found:
        for whole in (False, True):
            # Types and encoding of a text file are told from its first part, which is quick ...
            for file in files:
                if is_text(file):
                    texts[file] = TextTable.of(file, connection, draft(folder, files.index(file)), whole)
            try:
                return _read(connection, files, texts, sql, choice, arrays, -1 if whole else FIRST, locked)
            except (duckdb.ConversionException, duckdb.InvalidInputException):
                if whole or not texts:
                    raise  # ... and from all of it only when a later line breaks them.
        raise AssertionError("the second try returns or raises")

    # The query runs beside the main thread, because only that one hears Ctrl-C, and not inside a query.
    with duckdb.connect(config=config) as connection, ThreadPoolExecutor(1) as worker:
        for statement in ALWAYS:
            connection.execute(statement)
        running = worker.submit(answer)
        try:
            return running.result()
        except KeyboardInterrupt:
            while not running.done():  # more than once: it may have been between two statements
                connection.interrupt()
                time.sleep(0.02)
            raise
        except duckdb.Error as problem:
            for told in texts.values():
                if (sentence := told.odd_line(connection)) is not None:
                    raise ValueError(sentence) from None
            raise ValueError(_explain(problem, files, texts, sql)) from None


def _read(
    connection: Any,
    files: Sequence[File],
    texts: Mapping[File, TextTable],
    sql: str | None,
    choice: Choice,
    arrays: Arrays,
    sample: int,
    locked: bool,
) -> Found:
    parts = list(_parts(connection, files, texts, arrays, sample))
    if parts:
        columns = [connection.sql(f"FROM {part}").columns for part in parts]
        for other in columns[1:]:
            if set(other) != set(columns[0]):
                raise ValueError(explain_difference(columns[0], other))
        union = " UNION ALL BY NAME ".join(f"SELECT * FROM {part}" for part in parts)
        # A view reads the files when it is asked, which is what a lock forbids.
        connection.execute(f"CREATE OR REPLACE {'TABLE' if locked else 'VIEW'} data AS {union}")
    if locked:
        for statement in LOCK:
            connection.execute(statement)
    relation = connection.sql(sql or "FROM data")
    if relation is None:
        raise ValueError(f"--sql must be a query that returns rows, and {sql!r} returns none")
    types = dict(zip(relation.columns, relation.types))
    names = list(types)
    taken = choice.variables(names, lambda name: numeric(relation, name, types[name]))
    chosen = [*taken, *([choice.weights] if choice.weights else [])]
    kept = choice.handed_on(names)
    casts = [number(relation, name, types[name]) for name in chosen]
    casts += [f'CAST({quoted(name, QUOTE)} AS VARCHAR) AS "kept {i}"' for i, name in enumerate(kept)]
    columns = list(relation.project(", ".join(casts)).fetchnumpy().values())
    left_out: tuple[str, ...] = ()
    if choice.numeric_only and not choice.columns and set(choice.prefer) != set(taken):
        left_out = tuple(name for name in names if name not in {*chosen, *choice.exclude})
    return Found(
        {name: np.ma.filled(column, np.nan) for name, column in zip(chosen, columns)},
        {name: np.ma.filled(column, "") for name, column in zip(kept, columns[len(chosen) :])},
        left_out,
    )


def _parts(
    connection: Any, files: Sequence[File], texts: Mapping[File, TextTable], arrays: Arrays, sample: int
) -> Iterator[str]:
    """Yield what stands for each run of files of one format in a FROM clause."""

    def alike(file: File) -> tuple[str, str]:
        return ("csv", texts[file].options) if is_text(file) else (file.format, "")

    for (kind, options), run in groupby(files, key=alike):
        if kind in READERS:
            places = [glob.escape(texts[file].path if is_text(file) else file.path) for file in run]
            paths = ", ".join(quoted(place, APOSTROPHE) for place in places)
            yield READERS[kind].format(paths=paths, missing=MISSING, sample=sample, dialect=options)
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


def explain_difference(these: Sequence[str], those: Sequence[str]) -> str:
    """Say how the columns of two files differ."""
    odd = [name for name in [*these, *those] if (name in these) != (name in those)]
    some = ", ".join(odd[:6]) + (", ..." if odd[6:] else "")
    return f"the files differ in their columns ({some} not in all of them); {TOGETHER}"


def _explain(
    problem: Exception, files: Sequence[File], texts: Mapping[File, TextTable], sql: str | None
) -> str:
    """Put DuckDB's account, which runs over many lines, into one sentence."""
    line = _first_line(problem)
    if "Schema mismatch" in line:
        return f"the {len(files)} files differ in their columns; {TOGETHER}"
    for told in texts.values():
        line = line.replace(told.path, told.file.name)
    for file in files:
        line = line.replace(file.path, file.name)
    if sql is not None:
        hint = "" if files else " (data is the files named beside --sql, and none is)"
        return f"--sql cannot be answered: {line}{hint}"
    return f"{files[0].name if len(files) == 1 else f'the {len(files)} files'} cannot be read: {line}"


def _first_line(problem: Exception) -> str:
    line = str(problem).strip().split("\n")[0].strip()
    return re.sub(r"^[A-Z]\w*( \w+)? Error: ", "", line)

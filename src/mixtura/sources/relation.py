"""Relations: what DuckDB answers, a file, any number of them, or a query, as record batches."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from .asked import Asked
from .base import Source
from .batches import Tabled, piece_rows
from .extras import need
from .keeping import kept
from .paths import File
from .tabular import Rows
from .unchanged import Unchanged

MISSING = ["", "NA", "N/A", "NaN", "NULL", "null", "None"]
READERS = {
    # Without skip=0 the sniffer silently drops every row above the first that all rows below agree with.
    "csv": "read_csv([{paths}], skip=0, nullstr={missing}{types})",
    "tsv": "read_csv([{paths}], skip=0, nullstr={missing}, delim='\t'{types})",
    "parquet": "read_parquet([{paths}])",
    "json": "read_json([{paths}])",
}
NUMBERS = ("int", "integer", "double", "float", "decimal", "boolean", "bignum")
WORKSPACE = "512MB"  # of DuckDB's own, which holds no data longer than it must


class Relation(Tabled):
    """The rows of a relation of DuckDB's; reading them again asks the query again."""

    dear = True

    def __init__(
        self,
        relation: Any,
        asked: Asked,
        name: str,
        *,
        connection: Any = None,
        guess: float | None = None,
        standing: Unchanged | None = None,
    ) -> None:
        self._errors: Any = need("duckdb", "reading this", '"mixtura[files]"').Error
        self.name, self.guess = name, guess
        self._connection, self._standing = connection, standing
        with _Words(self):
            if asked.where is not None:
                relation = relation.filter(asked.where)
            types = dict(zip(relation.columns, relation.types))
            self.names = tuple(asked.chosen(list(types)))
            self.weighted = asked.weights is not None
            self.rows = Rows(self.names, asked.weights, asked.kept)
            casts = [self._cast(column, types[column].id) for column in self.rows.counted]
            casts += [_quoted(column, '"') for column in self.rows.needed[len(casts) :]]
            single = all(types[column].id == "float" for column in self.names)
            self.dtype = self.rows.dtype = np.dtype(np.float32 if single else np.float64)
            self._relation, self._casts = relation, ", ".join(casts)

    def _cast(self, column: str, kind: str) -> str:
        """Return the expression that reads a column as numbers; text may hold some."""
        quoted = _quoted(column, '"')
        if kind == "float":
            return quoted
        if not kind.endswith(NUMBERS) and kind != "varchar":
            raise ValueError(
                f"{self.name}: column {column} holds values of type {kind}, not numbers; choose others"
            )
        return f"CAST({quoted} AS DOUBLE) AS {quoted}"

    def batches(self) -> Iterator[Any]:
        """Yield the answer in parts."""
        size = piece_rows(self.row_bytes)
        if self._standing is not None:
            self._standing.check()
        with _Words(self):
            asked = self._relation.project(self._casts)
            reader = (
                asked.to_arrow_reader(size)
                if hasattr(asked, "to_arrow_reader")
                else asked.fetch_arrow_reader(size)
            )
        while True:
            with _Words(self):
                batch = next(reader, None)
            if batch is None:
                break
            yield batch

    def cancel(self) -> None:
        """Break a query off that nobody waits for any more."""
        if self._connection is not None:
            self._connection.interrupt()


class _Words:
    """Puts DuckDB's account of what is wrong, which runs over many lines, into one sentence."""

    def __init__(self, batches: Relation) -> None:
        self._batches = batches

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        name = self._batches.name
        if isinstance(problem, self._batches._errors) or type(problem).__module__.startswith("pyarrow"):
            line = re.sub(r"^[A-Z]\w*( \w+)? Error: ", "", str(problem).strip().split("\n")[0].strip())
            raise ValueError(f"{name} cannot be read: {line}") from None


def opened(x: Any, asked: Asked) -> Source:
    """Return the source of a relation of DuckDB's."""
    asked.no_sample_weight("a relation")
    if not hasattr(x, "project"):
        raise ValueError(
            f"{type(x).__name__} holds no rows; give a relation, such as connection.sql('FROM data')"
        )
    return kept(Relation(x, asked, "the relation"), asked)


def opened_query(sql: str, asked: Asked, tables: Mapping[str, Any], name: str) -> Source:
    """Return the source of a query over tables of pyarrow's."""
    connection = connected()
    for table, rows in tables.items():
        connection.register(table, rows)
    return kept(Relation(connection.sql(sql), asked, name, connection=connection), asked)


def of_files(files: Sequence[File], asked: Asked, sql: str | None = None) -> Relation:
    """Return the rows of files, one after the other, or of a query over them, where they are ``data``."""
    connection = connected()
    name = files[0].name if len(files) == 1 else f"{len(files)} files"
    errors: Any = need("duckdb", "reading this", '"mixtura[files]"').Error
    standing = Unchanged(file.path for file in files)
    try:
        parts = [
            _part(connection, kind, list(run)) for kind, run in groupby(files, key=lambda file: file.format)
        ]
        columns = [connection.sql(f"FROM {part}").columns for part in parts]
        for other in columns[1:]:
            if set(other) != set(columns[0]):
                odd = ", ".join(sorted(set(other) ^ set(columns[0]))[:6])
                raise ValueError(
                    f"the files differ in their columns ({odd} not in all of them); read them apart"
                )
        union = " UNION ALL BY NAME ".join(f"SELECT * FROM {part}" for part in parts)
        connection.execute(f"CREATE VIEW data AS {union}")
        relation = connection.sql(sql or "FROM data")
    except errors as problem:
        line = re.sub(r"^[A-Z]\w*( \w+)? Error: ", "", str(problem).strip().split("\n")[0].strip())
        raise ValueError(f"{name} cannot be read: {line}") from None
    if relation is None:
        raise ValueError(f"the query {sql!r} returns no rows; give one that does, such as FROM data")
    guess = None if sql or asked.where else _guess(files)
    return Relation(relation, asked, name, connection=connection, guess=guess, standing=standing)


def connected() -> Any:
    """Return a connection of its own, with little memory, whose answers keep the order of the files."""
    connection = need("duckdb", "reading this", '"mixtura[files]"').connect()
    connection.execute(f"SET memory_limit = '{WORKSPACE}'")
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET preserve_insertion_order = true")
    return connection


def _part(connection: Any, kind: str, files: list[File]) -> str:
    """Return what stands for files of one format in a FROM clause."""
    if kind == "arrow":
        dataset = need("pyarrow.dataset", "reading Arrow", '"mixtura[files]"')
        name = f"arrow_{len(files)}_{abs(hash(files[0].path))}"
        connection.register(name, dataset.dataset([file.path for file in files], format="ipc"))
        return name
    if kind not in READERS:
        raise ValueError(f"{files[0].name} cannot be part of a query; give files of columns")
    paths = ", ".join(_quoted(glob.escape(file.path), "'") for file in files)
    plain = READERS[kind].format(paths=paths, missing=MISSING, types="")
    if kind not in ("csv", "tsv"):
        return plain
    # Types are told from the first lines: what seems to be whole numbers may become others further down.
    first = connection.sql(f"FROM {plain}")
    numbers = [name for name, kind in zip(first.columns, first.types) if kind.id.endswith(NUMBERS)]
    types = ", ".join(f"{_quoted(name, chr(39))}: 'DOUBLE'" for name in numbers)
    return READERS[kind].format(paths=paths, missing=MISSING, types=f", types={{{types}}}" if types else "")


def _guess(files: Sequence[File]) -> float | None:
    """Return about how many rows files of lines hold, by the length of the first lines."""
    rows = 0.0
    for file in files:
        if file.format not in ("csv", "tsv", "json") or file.path.endswith((".gz", ".zst")):
            return None
        with open(file.path, "rb") as lines:
            head = lines.read(2**16)
            whole = lines.seek(0, 2)
        rows += whole * head.count(b"\n") / len(head)
    return rows


def _quoted(text: str, mark: str) -> str:
    return mark + text.replace(mark, mark + mark) + mark

"""A text file as a table: how it is written, and what DuckDB is to read in its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import text, tidy
from .cells import APOSTROPHE, quoted
from .dialect import SEPARATORS, Dialect, tell
from .files import File


@dataclass(frozen=True, slots=True)
class TextTable:
    """A text file as it is read."""

    file: File
    dialect: Dialect | None  # of the file itself; None where DuckDB is to find out
    encoding: str
    path: str  # of what DuckDB reads: the file, or what was written in its place
    options: str  # for DuckDB's reader

    @classmethod
    def of(cls, file: File, connection: Any, draft: str, whole: bool) -> TextTable:
        """Tell how a file is written, and write it anew into a draft if DuckDB does not read that.

        Its first part tells the encoding, or the ``whole`` of it.
        """
        encoding = text.encoding(file, whole)
        separators = ("\t",) if file.format == "tsv" else SEPARATORS
        dialect = tell(text.lines(file, connection, encoding), separators)
        path, separator = file.path, dialect.separator if dialect else None
        if separator is None and file.format == "tsv":
            separator = "\t"
        if tidy.needed(dialect, encoding):
            path = tidy.written(draft, text.lines(file, connection, encoding), dialect)
            separator = tidy.SEPARATOR if dialect else separator
        options = "" if separator is None else f", delim={quoted(separator, APOSTROPHE)}"
        if dialect is not None and dialect.decimal == ",":
            options += ", decimal_separator=','"
        return cls(file, dialect, encoding, path, options)

    def odd_line(self, connection: Any) -> str | None:
        """Return a sentence on the first line that has not as many cells as the others, None if all have."""
        if self.dialect is None:
            return None
        lines = text.lines(self.file, connection, self.encoding)
        return tidy.odd_line(lines, self.dialect, self.file.name)


def is_text(file: File) -> bool:
    """Say whether a file holds lines of cells."""
    return file.format in ("csv", "tsv")

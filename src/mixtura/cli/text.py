"""Text: the lines of a file, whatever packs it and in whichever encoding it is written."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from ..sources.paths import DAMAGED, File
from ..sources.zstd import MAGIC
from . import extras
from .cells import APOSTROPHE, quoted

HEAD = 1 << 18  # bytes that tell the encoding of a file; a later byte is looked at when reading fails
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
LATIN = "cp1252"  # what most files that are no UTF-8 are written in; Latin-1 with Windows's additions
LINES = (
    "read_csv({path}, delim='\x1f', quote='', escape='', header=false, auto_detect=false, "
    "columns={{'line': 'VARCHAR'}}, compression='zstd')"
)


def encoding(file: File, whole: bool = False) -> str:
    """Return the encoding of a text file: by its mark, else UTF-8 if its bytes can be that, else Latin-1."""
    if is_zstd(file):
        return "utf-8"  # as DuckDB, which unpacks it, takes it
    with _whole(file), closing(_opened(file)) as stream:
        head = stream.read(HEAD)
        for mark, name in MARKS.items():
            if head.startswith(mark):
                return name
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while head:
                decoder.decode(head)
                head = stream.read(HEAD) if whole else b""
        except UnicodeDecodeError:
            return LATIN
    return "utf-8"


def lines(file: File, connection: Any, encoding: str) -> Iterator[str]:
    """Yield the lines of a text file, each with its end."""
    with _whole(file):
        if is_zstd(file):  # Python unpacks it from 3.14 on, DuckDB everywhere
            path = quoted(file.path, APOSTROPHE)
            cursor = connection.cursor().execute(f"FROM {LINES.format(path=path)}")
            while rows := cursor.fetchmany(1000):
                yield from ((line or "") + "\n" for (line,) in rows)
            return
        with closing(_opened(file)) as stream, io.TextIOWrapper(stream, encoding, "replace") as text:
            yield from text


@contextmanager
def _whole(file: File) -> Iterator[None]:
    """Say in a sentence that a packed file is damaged, however whoever unpacks it puts it."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile, extras.duckdb().Error):
        raise ValueError(f"{file.name} {DAMAGED}") from None


def is_zstd(file: File) -> bool:
    """Say whether a file is packed as .zst."""
    with open(file.path, "rb") as stream:
        return stream.read(4) == MAGIC


def _opened(file: File) -> Any:
    with open(file.path, "rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    return gzip.open(file.path) if packed else open(file.path, "rb")

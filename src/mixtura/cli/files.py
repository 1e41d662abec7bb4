"""Files: find them, tell their format, take in standard input."""

from __future__ import annotations

import glob
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

FORMATS = "CSV, TSV, Parquet, Arrow, JSON lines or .npy"
EXTENSIONS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".npy": "npy",
}
PACKED = {b"\x1f\x8b": ".gz", b"\x28\xb5\x2f\xfd": ".zst"}
MAGIC = {b"PAR1": "parquet", b"ARROW1": "arrow", b"\x93NUMPY": "npy", b"{": "json", b"[": "json"}


@dataclass(frozen=True, slots=True)
class File:
    """One file to read: where it lies, how a person calls it, and its format."""

    path: str
    name: str
    format: str


@contextmanager
def find(patterns: Iterable[str]) -> Iterator[list[File]]:
    """Yield the files that paths, globs and ``-`` stand for, in order; a glob's in the order of their names.

    Standard input is kept in a temporary file while the block runs, because its format is told by reading it.

    Raises
    ------
    ValueError
        If a file is missing, empty or of no readable format.
    """
    files = []
    with tempfile.TemporaryDirectory(prefix="mixtura-") as folder:
        for pattern in patterns:
            if pattern == "-":
                files.append(describe(_kept(folder), "standard input"))
            else:
                files.extend(describe(path, path) for path in matches(pattern))
        yield files


def _kept(folder: str) -> str:
    """Keep standard input in a file, with the ending that says it is packed if it is."""
    if sys.stdin is None:
        raise ValueError("standard input is closed; name a file in the place of -")
    head = sys.stdin.buffer.read(4)
    ending = next((ending for magic, ending in PACKED.items() if head.startswith(magic)), "")
    path = os.path.join(folder, "standard input" + ending)
    with open(path, "wb") as copy:
        copy.write(head)
        shutil.copyfileobj(sys.stdin.buffer, copy)
    return path


def matches(pattern: str) -> list[str]:
    """Return the paths that a glob stands for; a plain path stands for itself."""
    if os.path.exists(pattern) or not glob.has_magic(pattern):
        return [pattern]
    paths = sorted(glob.glob(pattern, recursive=True))
    if not paths:
        raise ValueError(f"no file matches {pattern}; check the folder and the ending")
    return paths


def describe(path: str, name: str) -> File:
    """Tell a file's format by its ending, else by its first bytes."""
    if not os.path.exists(path):
        raise ValueError(f"{name} does not exist; check the path (the working folder is {os.getcwd()})")
    if os.path.isdir(path):
        raise ValueError(f"{name} is a folder; name the files in it, as in {os.path.join(name, '*.csv')}")
    with open(path, "rb") as file:
        head = file.read(4096)
    if not head:
        raise ValueError(f"{name} is empty (0 bytes); there is nothing to read")
    stem = path.lower().removesuffix(".gz").removesuffix(".zst")
    found = EXTENSIONS.get(os.path.splitext(stem)[1])
    if found is None:
        found = next((kind for magic, kind in MAGIC.items() if head.lstrip().startswith(magic)), "csv")
    packed = head.startswith(tuple(PACKED))
    if found in ("csv", "tsv", "json") and b"\x00" in head and not packed:
        raise ValueError(f"{name} holds binary data that is no readable format; give {FORMATS}")
    return File(path, name, found)

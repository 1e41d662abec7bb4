"""Paths: the files that they stand for, and the format of each."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
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
    found = EXTENSIONS.get(ending(path))
    if found is None:
        found = next((kind for magic, kind in MAGIC.items() if head.lstrip().startswith(magic)), "csv")
    packed = head.startswith(tuple(PACKED))
    if found in ("csv", "tsv", "json") and b"\x00" in head and not packed:
        raise ValueError(f"{name} holds binary data that is no readable format; give {FORMATS}")
    return File(path, name, found)


def ending(path: str) -> str:
    """Return the ending that tells the format, without that of a packed file."""
    return os.path.splitext(path.lower().removesuffix(".gz").removesuffix(".zst"))[1]


def found(paths: Iterable[str]) -> list[File]:
    """Return the files that paths, globs and folders stand for, those of a glob or a folder by their names.

    Of a folder they are all files of a readable ending in it, and in the folders in it; hidden ones are not.

    Raises
    ------
    ValueError
        If there is none, or one is missing, empty or of no readable format.
    """
    files: list[File] = []
    for pattern in paths:
        for path in matches(pattern):
            if os.path.isdir(path):
                files.extend(describe(one, one) for one in _inside(path))
            else:
                files.append(describe(path, path))
    if not files:
        raise ValueError("the list of paths is empty; name a file")
    return files


def _inside(folder: str) -> list[str]:
    """Return the readable files in a folder."""
    paths: list[str] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        paths.extend(os.path.join(place, name) for name in names if not name.startswith((".", "_")))
    readable = sorted(path for path in paths if ending(path) in EXTENSIONS)
    if not readable:
        raise ValueError(
            f"the folder {folder} holds no file that can be read; files end in {', '.join(EXTENSIONS)}"
        )
    return readable

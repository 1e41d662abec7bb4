"""Paths: the files that they stand for, and the format of each."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from dataclasses import dataclass

from . import zstd

DAMAGED = "cannot be unpacked: it is damaged, or cut off; fetch or pack it anew"
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
PACKED = {b"\x1f\x8b": ".gz", zstd.MAGIC: ".zst"}
MAGIC = {b"PAR1": "parquet", b"ARROW1": "arrow", b"\x93NUMPY": "npy", b"{": "json", b"[": "json"}
# What people have and this does not read: its first bytes, its endings, and what to do.
FOREIGN = {
    "an Excel workbook": (b"PK", (".xlsx", ".xlsm", ".ods"), "save the sheet as CSV"),
    "an old Excel workbook": (b"\xd0\xcf\x11\xe0", (".xls",), "save the sheet as CSV"),
    "a ZIP archive": (b"PK", (".zip",), "unpack it first"),
    "NumPy's archive of arrays": (b"PK", (".npz",), "save one array with numpy.save"),
    "packed with bzip2": (b"BZh", (".bz2",), "unpack it first, or pack it with gzip or zstd"),
    "packed with xz": (b"\xfd7zXZ", (".xz",), "unpack it first, or pack it with gzip or zstd"),
    "a tar archive": (b"", (".tar", ".tar.gz", ".tgz"), "unpack it first, and name the folder"),
    "R's own format": (b"", (".rds", ".rda", ".rdata"), "write it with write.csv in R"),
    "a pickle": (b"", (".pkl", ".pickle"), "save it as CSV or Parquet; a pickle can run any program"),
    "an SPSS, Stata or SAS file": (b"", (".sav", ".dta", ".sas7bdat"), "save it as CSV"),
    "an HDF5 or MATLAB file": (b"", (".h5", ".hdf5", ".mat"), "save the table as CSV, Parquet or .npy"),
}


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
        raise ValueError(
            f"{name} is a folder; name the folder alone, or the files in it: {os.path.join(name, '*')}"
        )
    with open(path, "rb") as file:
        head = file.read(4096)
    if not head:
        raise ValueError(
            f"{name} is empty (0 bytes); there is nothing to read: remove it, or name the others"
        )
    for what, (magic, endings, cure) in FOREIGN.items():
        if head.startswith(magic) and path.lower().endswith(endings):
            raise ValueError(f"{name} is {what}, which is not read here; {cure}")
    found = EXTENSIONS.get(ending(path))
    if found is None:
        found = next((kind for magic, kind in MAGIC.items() if head.lstrip().startswith(magic)), "csv")
    packed = head.startswith(tuple(PACKED))
    if head.startswith(zstd.MAGIC) and not zstd.is_whole(path):
        raise ValueError(f"{name} {DAMAGED}")
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))  # UTF-16 has zeros in its letters
    if found in ("csv", "tsv", "json") and b"\x00" in head and not packed and not wide:
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
                files.extend(describe(one, one) for one in inside(path))
            else:
                files.append(describe(path, path))
    if not files:
        raise ValueError("the list of paths is empty; name a file")
    return files


def inside(folder: str) -> list[str]:
    """Return the files in a folder, and in those in it, that are of a readable format by their endings.

    What starts with a dot or an underscore is left alone, as writers of data sets mean it.

    Raises
    ------
    ValueError
        If there is none.
    """
    paths: list[str] = []
    others: list[str] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        for name in sorted(name for name in names if not name.startswith((".", "_"))):
            path = os.path.join(place, name)
            (others if ending(path) not in EXTENSIONS else paths).append(path)
    if not paths:
        held = ", ".join(os.path.basename(path) for path in others[:3]) + (", ..." if others[3:] else "")
        raise ValueError(
            f"the folder {folder} holds no file that ends as {FORMATS} do"
            + (f" (it holds {held}); name the files themselves" if others else "; it is empty")
        )
    return paths

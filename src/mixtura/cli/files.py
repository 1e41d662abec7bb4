"""Files of the command line: paths, globs, and standard input, which is taken in."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ..sources.paths import PACKED, File, describe, matches

__all__ = ["File", "find"]


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

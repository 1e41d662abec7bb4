"""Writing: files appear whole or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

import numpy as np


def check_target(path: str | None, option: str) -> None:
    """Refuse, before any work, a file that could not be written."""
    if path is None:
        return
    if _is_special(path):
        return
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise ValueError(
            f"the folder {folder} of {option} {path} does not exist; make it first: mkdir -p {folder}"
        )
    if os.path.isdir(path):
        raise ValueError(f"{option} {path} is a folder; name a file in it")
    if not os.access(folder, os.W_OK):
        raise ValueError(f"the folder {folder} of {option} {path} cannot be written to; choose another")


@contextmanager
def staged(*targets: str | None) -> Iterator[list[str | None]]:
    """Yield a path to write for each target, beside it; all are renamed at the end, or none when it fails.

    A link stays a link, to a new file. A device or a pipe, such as /dev/null, is written to and stays.
    """
    drafts: list[str | None] = []
    moves: list[tuple[str, str]] = []
    try:
        for target in targets:  # one by one: what is made so far is removed if the next one fails
            if target is None or _is_special(target):
                drafts.append(target)
            else:
                place = os.path.realpath(target)
                drafts.append(_draft(place))
                moves.append((str(drafts[-1]), place))
        yield drafts
        for draft, place in moves:
            os.replace(draft, place)
    finally:
        for draft, _ in moves:
            with suppress(FileNotFoundError):
                os.unlink(draft)


def _is_special(path: str) -> bool:
    """Say whether this is there and no file to be replaced: a device, a pipe, a terminal."""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def _draft(target: str) -> str:
    """Make an empty file beside the target, with its ending and the permissions of an ordinary new file."""
    folder, name = os.path.split(target)
    stem, ending = os.path.splitext(name)
    handle, path = tempfile.mkstemp(ending, f".{stem}-", folder or ".")
    os.close(handle)
    umask = os.umask(0)
    os.umask(umask)
    os.chmod(path, 0o666 & ~umask)
    return path


@contextmanager
def output(path: str | None) -> Iterator[TextIO]:
    """Yield standard output, or a file that appears when all is written."""
    if path is None:
        yield sys.stdout
        return
    with staged(path) as (draft,), open(str(draft), "w", encoding="utf-8", newline="") as file:
        yield file


def csv_rows(file: TextIO, rows: np.ndarray) -> None:
    """Write rows (n, d) of numbers as CSV, in the fewest digits that read back as the same number."""
    file.writelines(",".join(map(repr, row)) + "\n" for row in rows.tolist())


def csv_header(file: TextIO, names: Iterable[str]) -> None:
    """Write the line of names, quoted where CSV needs it."""
    marks = '",\n\r'
    cells = ('"' + n.replace('"', '""') + '"' if any(mark in n for mark in marks) else n for n in names)
    file.write(",".join(cells) + "\n")

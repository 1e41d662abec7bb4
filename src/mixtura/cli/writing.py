"""Writing: targets are checked before any work, and tables are written as CSV."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

import numpy as np

from ..model.staging import is_special, staged


def check_target(path: str | None, option: str) -> None:
    """Refuse, before any work, a file that could not be written."""
    if path is None:
        return
    if is_special(path):
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
def output(path: str | None) -> Iterator[TextIO]:
    """Yield standard output, or a file that appears when all is written."""
    if path is None:
        try:
            yield sys.stdout
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as problem:
            raise OSError(problem.errno, problem.strerror, "standard output") from None
        return
    with staged(path) as (draft,), open(str(draft), "w", encoding="utf-8", newline="") as file:
        yield file


def csv_rows(
    file: TextIO, rows: np.ndarray, kept: Mapping[str, np.ndarray] | None = None, start: int = 0
) -> None:
    """Write rows (n, d) of numbers as CSV, in the fewest digits that read back as the same number.

    Before each stand the texts of the columns ``kept``, of which the first row's is at ``start``.
    """
    numbers = (",".join(map(repr, row)) for row in rows.tolist())
    if not kept:
        file.writelines(line + "\n" for line in numbers)
        return
    texts = zip(*(column[start : start + len(rows)].tolist() for column in kept.values()))
    file.writelines(f"{','.join(map(_cell, row))},{line}\n" for row, line in zip(texts, numbers))


def csv_header(file: TextIO, names: Iterable[str]) -> None:
    """Write the line of names, quoted where CSV needs it."""
    file.write(",".join(map(_cell, names)) + "\n")


def _cell(text: str) -> str:
    """Return a text as a cell of CSV."""
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in '",\n\r') else text

"""Counting: columns that number the rows rather than measure something."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from .cells import for_shell

FEWEST = 10  # rows; a few whole numbers in a row mean nothing
NAME = re.compile(r"(.*[_. ])?(id|idx|index|key|row|rowid|nr|no|number)|unnamed: ?0|column0", re.IGNORECASE)


def counting_notes(x: np.ndarray[Any, Any], names: Sequence[str]) -> list[str]:
    """Return a sentence for each column (n,) of x (n, d) that seems to number the rows.

    Such a column goes up by one from row to row; or it has a whole number of its own in each row and a name
    that says so.
    """
    if len(x) < FEWEST or len(names) < 2:
        return []
    notes = []
    for name, column in zip(names, x.T):
        cure = f"leave it out with --exclude {for_shell(name)}"
        if column[1] - column[0] == 1 and (np.diff(column) == 1).all():
            notes.append(f"column {name} counts the rows; {cure}")
        elif NAME.fullmatch(name) and (column == np.round(column)).all() and _distinct(column):
            notes.append(f"column {name} has a number of its own in each row, as names have; {cure}")
    return notes


def _distinct(column: np.ndarray[Any, Any]) -> bool:
    """Say whether all values differ."""
    ordered = np.sort(column)
    return bool((ordered[1:] > ordered[:-1]).all())

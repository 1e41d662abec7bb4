"""Choosing: which columns of a table are variables, which weigh the rows, which are handed on as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

ALL = "all"
SHOWN = 20  # names that a message lists


@dataclass(frozen=True)
class Choice:
    """What a person asked for, by the names of columns."""

    columns: Sequence[str] = ()  # to take, in this order; all where there are none
    exclude: Sequence[str] = ()  # not to take
    numeric_only: bool = False  # leave out what holds anything but numbers
    weights: str | None = None  # weighs the rows, and is no variable
    prefer: Sequence[str] = ()  # to take, in this order, where all are there
    keep: Sequence[str] = ()  # to hand on as they are; "all" is every one

    def variables(self, names: list[str], numeric: Callable[[str], bool]) -> list[str]:
        """Return the columns to take; ``numeric`` says of one whether it holds numbers.

        Raises
        ------
        ValueError
            If a column is not there, is named twice, or none is left.
        """
        for name in (*self.columns, *self.exclude, *([self.weights] if self.weights else [])):
            check_there(name, names)
        if self.columns and set(self.columns) == set(self.prefer) and len(self.columns) == len(self.prefer):
            wanted = list(self.prefer)  # in the model's order, however they were named
        elif self.columns:
            wanted = list(self.columns)
        elif self.prefer and set(self.prefer) <= set(names):
            wanted = list(self.prefer)
        else:
            wanted = list(names)
        taken = [name for name in wanted if name != self.weights and name not in self.exclude]
        if not taken and self.weights:
            raise ValueError(f"column {self.weights} is the weights, so no column is left to fit")
        if len(set(taken)) < len(taken):
            raise ValueError(f"a column is named twice in {', '.join(taken)}; name each once")
        if self.numeric_only:
            taken = [name for name in taken if numeric(name)]
        if not taken:
            why = f"--exclude {','.join(self.exclude)}" if self.exclude else "--numeric-only"
            raise ValueError(f"{why} leaves no column; the columns are {listed(names)}")
        return taken

    def handed_on(self, names: list[str]) -> list[str]:
        """Return the columns to hand on as they are."""
        if list(self.keep) == [ALL] and ALL not in names:
            return names
        for name in self.keep:
            check_there(name, names)
        return list(self.keep)


def check_there(name: str, names: Sequence[str]) -> None:
    """Refuse a column that the data do not have."""
    if name not in names:
        raise ValueError(f"there is no column {name}; the columns are {listed(names)}")


def listed(names: Sequence[str]) -> str:
    """Return the first names, with dots for the others."""
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")

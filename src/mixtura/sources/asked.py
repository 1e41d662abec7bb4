"""Asked: how people want what they hand in to be read."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

from .checks import explain_no_column
from .reading import Reading

DEFAULT_MEMORY = (
    2**30
)  # bytes of rows that are kept in memory: the same on every machine, so that fits are too
UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
BINARY_UNITS = {"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}


@dataclass(frozen=True, eq=False)
class Asked:
    """What to read of data, where to keep it, and with how many threads."""

    columns: tuple[str, ...] = ()  # in this order; all if none is named
    weights: str | None = None  # the column that weighs the rows, which then is no variable
    where: str | None = None  # SQL: the rows to take
    memory: int = DEFAULT_MEMORY  # bytes of rows that may be kept
    scratch: str | None = None  # the folder for a copy; the system's own for such files by default
    n_threads: int | None = None
    sample_weight: Any = None  # (n,), beside the data
    prefer: tuple[str, ...] = ()  # the columns if none is named and all of these are there
    kept: tuple[str, ...] = ()  # columns to hand on with the rows, of any kind
    told: Callable[[Reading], None] | None = None  # of how far a read has come

    @classmethod
    def of(
        cls,
        columns: Sequence[str] | str | None,
        weights: str | None,
        where: str | None,
        memory: float | str | None,
        scratch: str | os.PathLike[str] | None,
        n_threads: int | None,
        sample_weight: Any,
        told: Callable[[Reading], None] | None = None,
    ) -> Asked:
        """Check what people ask for.

        Raises
        ------
        ValueError
            If weights are given twice, a size is none or a folder does not exist.
        """
        if weights is not None and sample_weight is not None:
            raise ValueError(f"weights={weights!r} and sample_weight are both given; give one of them")
        if where is not None and not where.strip():
            raise ValueError("where is empty; give a condition in SQL, such as 'year = 2020'")
        if scratch is not None and not os.path.isdir(scratch):
            raise ValueError(f"the scratch folder {os.fspath(scratch)} does not exist; make it first")
        return cls(
            (columns,) if isinstance(columns, str) else tuple(columns or ()),
            weights,
            where,
            DEFAULT_MEMORY if memory is None else size_of(memory),
            None if scratch is None else os.fspath(scratch),
            n_threads,
            sample_weight,
            told=told,
        )

    @property
    def selects(self) -> bool:
        """Say whether columns or rows are chosen by name."""
        return bool(self.columns or self.weights or self.where)

    def chosen(self, names: Sequence[str]) -> list[str]:
        """Return the columns of the variables, in their order, of all that there are.

        Raises
        ------
        ValueError
            If one is not there, is named twice, or none is left.
        """
        preferred = list(self.prefer) if self.prefer and set(self.prefer) <= set(names) else []
        chosen = list(self.columns) or preferred or [name for name in names if name not in self.kept]
        for name in [*chosen, *([self.weights] if self.weights else []), *self.kept]:
            if name not in names:
                raise ValueError(explain_no_column(name, names))
        taken = [name for name in chosen if name != self.weights]
        if not taken and self.weights is None:
            raise ValueError("no column is left to fit: all are kept")
        if not taken:
            raise ValueError(f"column {self.weights} is the weights, so no column is left to fit")
        if len(set(taken)) < len(taken):
            raise ValueError(f"a column is named twice in {', '.join(taken)}; name each once")
        return taken

    def no_sample_weight(self, what: str) -> None:
        """Refuse weights beside data whose rows do not lie in memory."""
        if self.sample_weight is not None:
            raise ValueError(f"sample_weight cannot go with {what}: name the column of weights, as weights=")


def size_of(memory: float | str) -> int:
    """Return the bytes of a number or of text such as "500MB" or "1.5GiB".

    Examples
    --------
    >>> size_of("1.5GiB"), size_of("500MB"), size_of(0)
    (1610612736, 500000000, 0)
    """
    if isinstance(memory, Real) and not isinstance(memory, bool) and 0 <= memory < float("inf"):
        return int(memory)
    found = re.fullmatch(r"([0-9.]+)([kmgt]?i?)b?", str(memory).lower().replace(" ", ""))
    units = UNITS | BINARY_UNITS
    if isinstance(memory, str) and found is not None and found[2] in units:
        try:
            return int(float(found[1]) * units[found[2]])
        except ValueError:
            pass
    raise ValueError(f"memory is {memory!r}; give bytes, or a size such as '500MB' or '1.5GiB'")

"""Model files: a mixture, and with it the names of its variables and the account of its fit."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..model.mixture import Mixture
from .reading import Table


@dataclass(frozen=True, eq=False)
class Model:
    """A mixture read from a file."""

    mixture: Mixture
    name: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of the d variables."""
        d = self.mixture.means.shape[1]
        known = self.mixture.metadata.get("columns")
        if isinstance(known, list) and len(known) == d:
            return tuple(str(name) for name in known)
        return ("x",) if d == 1 else tuple(f"x{j + 1}" for j in range(d))

    @property
    def pooled(self) -> bool:
        """Say whether the variable is every cell of a wide table."""
        return self.mixture.metadata.get("pooled") is True

    def check_fits(self, table: Table, named: bool = False) -> None:
        """Refuse data of another dimension, and of names that are the model's in part.

        Columns that a person ``named`` are taken as they were named.
        """
        self.check_columns(table.columns, table.name, named)

    def check_columns(self, names: Sequence[str], where: str, named: bool = False) -> None:
        """Refuse columns that are not as many as the model's variables, or are those in part."""
        d, found = self.mixture.means.shape[1], len(names)
        missing = [name for name in self.columns if name not in names]
        if d != found:
            ours, theirs = (", ".join(these[:12]) for these in (self.columns, names))
            raise ValueError(
                f"{self.name} is a model of {d} variable{'s' if d > 1 else ''} ({ours}) and "
                f"{where} has {found} column{'s' if found > 1 else ''} ({theirs}); "
                f"choose {d} of them with --columns"
            )
        if 0 < len(missing) < d and not named and not self.pooled:
            raise ValueError(
                f"{where} has no column {', '.join(missing[:6])}, but others of the variables of "
                f"{self.name}; name the columns with --columns, in the order {', '.join(self.columns[:12])}"
            )

    def taken_by_position(self, columns: Sequence[str]) -> list[str]:
        """Return a note where columns stand for the variables by their position and not by their names."""
        if self.pooled or set(self.columns) == set(columns):
            return []
        ours, theirs = (", ".join(names[:6]) + ", ..." * bool(names[6:]) for names in (self.columns, columns))
        return [f"columns are taken by their position: {theirs} as {ours}"]


def text(mixture: Mixture, metadata: dict[str, Any]) -> str:
    """Return a model file's text."""
    return Mixture(mixture.weights, mixture.means, mixture.covariances, metadata).to_json()


def load(path: str) -> Model:
    """Read a model file.

    Raises
    ------
    ValueError
        If it is missing, damaged, of another version, or no model.
    """
    if not os.path.exists(path):
        raise ValueError(f"the model file {path} does not exist; write one with mixtura fit ... -o {path}")
    try:
        with open(path, encoding="utf-8") as file:
            return Model(Mixture.from_json(file.read()), path)
    except ValueError as problem:
        reason = "it is no text" if isinstance(problem, UnicodeDecodeError) else str(problem)
        raise ValueError(f"{path} cannot be used as a model: {reason}") from None

"""Model files: a mixture, and with it the names of its variables and the account of its fit."""

from __future__ import annotations

import os
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

    def check_fits(self, table: Table) -> None:
        """Refuse data of another dimension."""
        self.check_columns(table.columns, table.name)

    def check_columns(self, names: tuple[str, ...], where: str) -> None:
        """Refuse data, as people call them, whose columns are not as many as the model's variables."""
        d, found = self.mixture.means.shape[1], len(names)
        if d != found:
            ours, theirs = (", ".join(these[:12]) for these in (self.columns, names))
            raise ValueError(
                f"{self.name} is a model of {d} variable{'s' if d > 1 else ''} ({ours}) and "
                f"{where} has {found} column{'s' if found > 1 else ''} ({theirs}); "
                f"choose {d} of them with --columns"
            )


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

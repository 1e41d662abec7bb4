"""A cell: one structure with one number of components, and what is known of its fit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...model.parameters import Parameters

NOT_FITTED = "not fitted"
DEGENERATE = "degenerate"


@dataclass(frozen=True, eq=False)
class Cell:
    """A row of the table: log-likelihoods and entropies in nats, the total over rows times their weights.

    All criteria have one sign: bigger is better. Where a cell could not be fitted they are NaN.
    """

    structure: str
    n_components: int
    n_parameters: int
    total_weight: float
    loglik: float = float("nan")
    entropy: float = float("nan")  # of the responsibilities: 0 where every row is certain of its component
    doubt: float = float("nan")  # minus the sum of the logs of every row's largest responsibility
    held_out: float = float("nan")  # log-likelihood of rows that the fit has not seen, where asked for
    held_out_error: float = float("nan")  # its standard error, over rows
    n_starts: int = 0  # mixtures that were tried
    n_agreed: int = 0  # of them led to the one that was kept
    status: str = NOT_FITTED
    reason: str = ""  # why it is not to be chosen, if so
    parameters: Parameters | None = field(default=None, repr=False)

    @property
    def bic(self) -> float:
        """Return 2 loglik - n_parameters log(n): mclust's sign, bigger is better (Schwarz 1978)."""
        return 2.0 * self.loglik - self.n_parameters * float(np.log(self.total_weight))

    @property
    def aic(self) -> float:
        """Return 2 loglik - 2 n_parameters: bigger is better (Akaike 1974)."""
        return 2.0 * self.loglik - 2.0 * self.n_parameters

    @property
    def icl(self) -> float:
        """Return BIC less twice what rows are unsure of their components, as mclust has it.

        That is BIC + 2 sum log max_c r_ic: Biernacki, Celeux and Govaert 2000, IEEE Transactions on Pattern
        Analysis and Machine Intelligence 22, with every row given to its most likely component.
        """
        return self.bic - 2.0 * self.doubt

    @property
    def fitted(self) -> bool:
        """Say whether there is a fit, be it a degenerate one."""
        return self.parameters is not None

    @property
    def eligible(self) -> bool:
        """Say whether the cell may be chosen: it has a fit without a degenerate component."""
        return self.fitted and self.status != DEGENERATE

    def as_dict(self) -> dict[str, Any]:
        """Return the row as plain values."""
        return {name: getattr(self, name) for name in COLUMNS}


COLUMNS = (
    "structure",
    "n_components",
    "loglik",
    "n_parameters",
    "bic",
    "aic",
    "icl",
    "entropy",
    "held_out",
    "held_out_error",
    "n_starts",
    "n_agreed",
    "status",
    "reason",
)

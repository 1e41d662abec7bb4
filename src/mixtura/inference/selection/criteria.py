"""Criteria: what cells are ranked by, all with one sign, bigger is better."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ... import _core
from ...model.parameters import Parameters
from ...sources import Source
from ..overlap import overlap_of_blocks
from .cell import Cell

MOST_ROWS = 1_000_000  # that are asked how sure they are of their components; of more, as many drawn evenly
BLOCK = 65_536  # rows whose responsibilities are held at a time


@dataclass(frozen=True)
class Criterion:
    """A number by which a cell is chosen."""

    name: str
    title: str  # as people write it
    sign: str  # what it is and which way is better, in a line
    value: Callable[[Cell], float]
    decisive: float  # a difference that hardly counts stays below this


CRITERIA = {
    one.name: one
    for one in (
        Criterion(
            "bic",
            "BIC",
            "2 loglik - parameters ln(rows): mclust's sign, larger is better; scikit-learn's is minus this",
            lambda cell: cell.bic,
            2.0,
        ),
        Criterion(
            "aic",
            "AIC",
            "2 loglik - 2 parameters: larger is better; scikit-learn's is minus this",
            lambda cell: cell.aic,
            2.0,
        ),
        Criterion(
            "icl",
            "ICL",
            "BIC less twice the doubt which component rows belong to: mclust's sign, larger is better",
            lambda cell: cell.icl,
            2.0,
        ),
        Criterion(
            "held_out",
            "held-out log-likelihood",
            "log-likelihood of rows that a fit has not seen, nats, the total over all: larger is better",
            lambda cell: cell.held_out,
            1.0,
        ),
    )
}


def criterion_of(name: str) -> Criterion:
    """Return the criterion of this name.

    Raises
    ------
    ValueError
        If there is none.
    """
    if name not in CRITERIA:
        raise ValueError(f"criterion is {name!r}; use one of {', '.join(CRITERIA)}")
    return CRITERIA[name]


def uncertainty(parameters: Parameters, source: Source) -> tuple[float, float]:
    """Return the entropy of the responsibilities, and what hard labels add to it: nats, over all rows.

    The first is minus the sum of r log r over rows and components, the second minus the sum over rows of the
    logarithm of the largest r. Of very many rows a part that is drawn evenly stands for all.
    """
    if parameters.n_components == 1:
        return 0.0, 0.0
    rows, weights = source.rows(MOST_ROWS, np.random.default_rng(0))
    held = float(len(rows)) if weights is None else float(weights.sum())
    blocks = (
        (np.ascontiguousarray(rows[i : i + BLOCK]), None if weights is None else weights[i : i + BLOCK])
        for i in range(0, len(rows), BLOCK)
    )
    entropy, doubt = overlap_of_blocks(parameters, blocks, _core.n_threads(None))
    scale = source.total_weight / held
    return max(entropy, 0.0) * scale, max(doubt, 0.0) * scale

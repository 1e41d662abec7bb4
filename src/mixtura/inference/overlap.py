"""Overlap: how sure the data are of which component each row comes from, in one read."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np

from ..em import Problem
from ..model.density import at_rows
from ..model.forms import cheapest_form
from ..model.parameters import Array, Parameters

BLOCK_NUMBERS = 1e5  # of responsibilities that exist at the same time


def overlap(problem: Problem, mixture: Parameters) -> tuple[float, float]:
    """Return the entropy of the rows' responsibilities, and what ICL takes off the log-likelihood, in nats.

    The entropy is 0 where every row's component is plain, and n log k where nothing is. The integrated
    completed likelihood takes each row for a sure member of its likeliest component, as R's mclust does
    (Biernacki, Celeux and Govaert 2000, IEEE Transactions on Pattern Analysis and Machine Intelligence 22).
    """
    size = max(1, int(BLOCK_NUMBERS / mixture.n_components))
    entropy, surprise = problem.source.added(partial(_of_block, mixture), size)
    return float(entropy), float(surprise)


def _of_block(mixture: Parameters, rows: Array, weights: Array | None) -> tuple[float, float]:
    return overlap_of_blocks(mixture, [(rows, weights)], 1)


def overlap_of_blocks(
    mixture: Parameters, blocks: Iterable[tuple[Array, Array | None]], n_threads: int
) -> tuple[float, float]:
    """Return the same of rows that come in blocks, (n, d) with weights (n,) or none."""
    spreads, entropy, surprise = cheapest_form(mixture), 0.0, 0.0
    for rows, weights in blocks:
        r = at_rows(mixture, spreads, rows, "responsibilities", n_threads)
        w = np.ones(len(rows)) if weights is None else weights
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.where(r > 0.0, r * np.log(r), 0.0)
        entropy -= float(w @ logs.sum(axis=1))
        surprise -= float(w @ np.log(r.max(axis=1)))
    return entropy, surprise

"""Assigned: the moments of rows whose components somebody has said, by labels or by responsibilities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..model.forms import Form
from ..model.moments import Moments
from ..model.parameters import Array

BLOCK = 1024  # rows whose responsibilities exist at the same time

Blocks = Iterable[tuple[slice, Array]]  # of rows (b,) and their responsibilities (b, k)


def block_slices(n: int) -> list[slice]:
    """Return the blocks into which n rows fall."""
    return [slice(start, min(start + BLOCK, n)) for start in range(0, n, BLOCK)]


def label_blocks(labels: NDArray[np.integer[Any]], k: int) -> Iterator[tuple[slice, Array]]:
    """Yield the responsibilities that labels (n,), 0 to k - 1, stand for."""
    for rows in block_slices(len(labels)):
        yield rows, np.eye(k)[labels[rows]]


def assigned_moments(
    x: NDArray[np.floating[Any]],
    sample_weight: Array | None,
    responsibilities: Blocks,
    k: int,
    form: Form,
    origin: Array,
) -> Moments:
    """Return the moments of rows x (n, d) with weights (n,) that these responsibilities give.

    They are about their own means: each block is summed about its own, and blocks are joined by the
    differences of means (Chan, Golub and LeVeque 1983, The American Statistician 37, 242-247), so that a
    narrow component far from the others keeps its variance. ``origin`` (d,), the mean of all rows, is taken
    off before; a component without rows has its mean there.
    """
    d = len(origin)
    counts, means = np.zeros(k), np.zeros((k, d))
    scatters = np.zeros(form.shape(k, d))
    for block, shares in responsibilities:
        r = shares if sample_weight is None else shares * sample_weight[block, None]
        rows = x[block] - origin
        for c in range(k):
            used = r[:, c] > 0
            w, own = r[used, c], rows[used]
            count = w.sum()
            if count == 0:
                continue
            mean = w @ own / count
            step, share = mean - means[c], count / (counts[c] + count)
            scatter = _scatter(own - mean, w, form) + _scatter(step[None], share * counts[c : c + 1], form)
            scatters[() if form.shared else c] += scatter
            means[c] += share * step
            counts[c] += count
    return Moments(origin + means, counts, np.zeros((k, d)), scatters, np.array(0.0), form)


def _scatter(rows: Array, weights: Array, form: Form) -> Any:
    """Return the weighted sum over rows (b, d) of their products, as much of it as the form keeps."""
    if form.matrices:
        return (rows * weights[:, None]).T @ rows
    return form.product(np.sqrt(weights)[:, None] * rows, np.sqrt(weights)[:, None] * rows).sum(0)

"""The one orientation of components whose variances along its axes vary: where to start, and the best end."""

from __future__ import annotations

import numpy as np

from ..model.parameters import Array
from .axes import common_axes
from .inner import SETTLED
from .misfit import along, misfit
from .rotations import conjugate_gradients, newton

MANY = 6  # axes, beyond which Newton's matrices cost more than they save


def common_orientation(
    counts: Array,
    scatters: Array,
    before: Array | None = None,
    close: float = SETTLED,
    *,
    equal_volumes: bool,
) -> Array:
    r"""Return the axes (..., d, d), columns, along which variances of scatters (..., k, d, d) fit them best.

    With :math:`g_{cj} = d_j^T W_c d_j` they minimise :math:`\sum_c n_c \sum_j \log g_{cj}` (VVE: the common
    principal components of Flury 1984, JASA 79), or with ``equal_volumes`` :math:`n d \log \sum_c
    \prod_j g_{cj}^{1/d}` (EVE), what is left of the objective when all else is at its best. `newton` and
    `conjugate_gradients` lead down from any start and, unlike the MM of Browne and McNicholas (2014, Advances
    in Data Analysis and Classification 8), to rounding in a few steps or tens.

    The function has several minima. Of the axes of the covariances ``before`` (..., k, d, d), of the pooled
    scatters and of each component's, the best are where it starts, so that it ends no worse than before;
    where there are none before, all of them are. It ends with a turn shorter than ``close``.
    """
    stack, (k, d) = counts.shape[:-1], scatters.shape[-3:-1]
    flat = scatters.reshape(-1, k, d, d)
    if d == 1:
        return np.ones((*stack, 1, 1))
    total = counts.sum(-1).reshape(-1, 1)
    shares = counts.reshape(-1, k) / total
    starts = [np.linalg.eigh(flat)[1], np.linalg.eigh(flat.sum(-3, keepdims=True))[1]]
    if before is not None:
        starts.append(common_axes(before.reshape(-1, k, d, d))[:, None])
    axes = np.concatenate(starts, axis=1)  # (m, s, d, d)
    if before is None:
        axes = _turned_all(shares, flat, axes, equal_volumes, close)
        return _best(shares, flat, axes, equal_volumes).reshape(*stack, d, d)
    best = _best(shares, flat, axes, equal_volumes)
    return _turned(shares, flat, best, equal_volumes, close).reshape(*stack, d, d)


def _turned(shares: Array, scatters: Array, axes: Array, equal_volumes: bool, close: float) -> Array:
    """Return axes (m, d, d), each turned to a minimum."""
    turned = newton if axes.shape[-1] <= MANY else conjugate_gradients
    return turned(shares, scatters, axes, equal_volumes, close)


def _best(shares: Array, scatters: Array, axes: Array, equal_volumes: bool) -> Array:
    """Return the best (m, d, d) of axes (m, s, d, d)."""
    heights = misfit(shares[:, None], along(axes, scatters[:, None]), equal_volumes)
    return axes[np.arange(len(axes)), heights.argmin(-1)]


def _turned_all(shares: Array, scatters: Array, axes: Array, equal_volumes: bool, close: float) -> Array:
    """Return axes (m, s, d, d), each turned to a minimum."""
    m, s, d, _ = axes.shape
    each = np.arange(m).repeat(s)
    turned = _turned(shares[each], scatters[each], axes.reshape(m * s, d, d), equal_volumes, close)
    return turned.reshape(m, s, d, d)

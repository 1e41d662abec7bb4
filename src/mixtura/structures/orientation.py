"""The one orientation of components whose variances along its axes vary: Newton's method on the rotations."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from ..model.parameters import Array
from .axes import common_axes, planes, turned_by

ROUNDS = 100
CLOSE = 1e-7  # turns, in radians, after which Newton's next would be rounding
LONGEST = 0.5  # radians that a step turns an axis by
FLATTEST = 1e-12  # curvature per row, that a direction is taken to have at least
SLACK = 1e-14  # of the objective, that is rounding
HALVINGS = 12  # of a step that does not gain


class Pairs(NamedTuple):
    """The planes (a, b) in which axes turn, and which of two planes' axes are the same: (p, p) each."""

    first: np.ndarray  # (p,)
    second: np.ndarray  # (p,)
    same: tuple[Array, Array, Array, Array]  # first-first, first-second, second-first, second-second


@cache
def pairs_of(d: int) -> Pairs:
    """Return the planes of d axes."""
    a, b = planes(d)
    same = tuple((one[:, None] == other).astype(np.float64) for one in (a, b) for other in (a, b))
    return Pairs(a, b, (same[0], same[1], same[2], same[3]))


def common_orientation(
    counts: Array, scatters: Array, before: Array | None = None, *, equal_volumes: bool
) -> Array:
    r"""Return the axes (..., d, d), columns, along which variances of scatters (..., k, d, d) fit them best.

    With :math:`g_{cj} = d_j^T W_c d_j` they minimise :math:`\sum_c n_c \sum_j \log g_{cj}` (VVE: the common
    principal components of Flury 1984, JASA 79), or with ``equal_volumes`` :math:`n d \log \sum_c
    \prod_j g_{cj}^{1/d}` (EVE), what is left of the objective when all else is at its best. Newton's method
    with the curvatures' absolute values leads down from any start and, unlike the MM of Browne and McNicholas
    (2014, Advances in Data Analysis and Classification 8), to rounding in a few steps.

    The function has several minima. Of the axes of the covariances ``before`` (..., k, d, d), of the pooled
    scatters and of each component's, the best are where it starts, so that it ends no worse than before;
    where there are none before, all of them are.
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
        axes = _turned_all(shares, flat, axes, equal_volumes)
        return _best(shares, flat, axes, equal_volumes).reshape(*stack, d, d)
    best = _best(shares, flat, axes, equal_volumes)
    return _turned(shares, flat, best, equal_volumes).reshape(*stack, d, d)


def _best(shares: Array, scatters: Array, axes: Array, equal_volumes: bool) -> Array:
    """Return the best (m, d, d) of axes (m, s, d, d)."""
    m, s = axes.shape[:2]
    heights = [_value(shares, _seen(axes[:, i], scatters), equal_volumes) for i in range(s)]
    return axes[np.arange(m), np.argmin(heights, axis=0)]


def _turned_all(shares: Array, scatters: Array, axes: Array, equal_volumes: bool) -> Array:
    """Return axes (m, s, d, d), each turned to a minimum."""
    m, s, d, _ = axes.shape
    each = np.arange(m).repeat(s)
    turned = _turned(shares[each], scatters[each], axes.reshape(m * s, d, d), equal_volumes)
    return turned.reshape(m, s, d, d)


def _seen(axes: Array, scatters: Array) -> Array:
    """Return scatters (m, k, d, d) in axes (m, d, d)."""
    return np.asarray(np.swapaxes(axes, -1, -2)[:, None] @ scatters @ axes[:, None])


def _value(shares: Array, seen: Array, equal_volumes: bool) -> Array:
    """Return the objective (m,) per row of scatters (m, k, d, d) seen in the axes."""
    logs = np.log(np.diagonal(seen, axis1=-2, axis2=-1)).sum(-1)
    if not equal_volumes:
        return np.asarray((shares * logs).sum(-1))
    d = seen.shape[-1]
    most = logs.max(-1)
    return np.asarray(most + d * np.log(np.exp((logs - most[:, None]) / d).sum(-1)))


def _turned(shares: Array, scatters: Array, axes: Array, equal_volumes: bool) -> Array:
    axes, left = axes.copy(), np.arange(len(axes))
    d = axes.shape[-1]
    seen = _seen(axes, scatters)
    value = _value(shares, seen, equal_volumes)
    for _ in range(ROUNDS):
        slope, bend = _derivatives(shares[left], seen, equal_volumes)
        curvatures, vectors = np.linalg.eigh(bend)
        sizes = np.maximum(np.abs(curvatures), FLATTEST)
        along = (np.swapaxes(vectors, -1, -2) @ slope[..., None])[..., 0] / sizes
        step = -(vectors @ np.minimum(np.maximum(along, -LONGEST), LONGEST)[..., None])[..., 0]
        here, own = axes[left], scatters[left]
        part = np.ones((len(left), 1))
        for _ in range(HALVINGS):
            there = here @ turned_by(part * step, d)[1]
            seen = _seen(there, own)
            reached = _value(shares[left], seen, equal_volumes)
            worse = ~(reached <= value + SLACK * (1.0 + np.abs(value)))
            if not worse.any():
                break
            part[worse] *= 0.3
        else:
            part[worse] = 0.0
            there[worse] = here[worse]
        axes[left] = there
        on = (np.abs(part * step) > CLOSE).any(-1)
        if not on.any():
            break
        left, value, seen = left[on], reached[on], seen[on]
    return axes


def _derivatives(shares: Array, seen: Array, equal_volumes: bool) -> tuple[Array, Array]:
    """Return the gradient (m, p) and the Hessian (m, p, p) of the objective by turns in the planes.

    Turned by a skew K, scatters become :math:`G + [G, K] + [[G, K], K] / 2`, of which logarithms of diagonals
    are taken; to second order all is in :math:`T_{jil} = \\sum_c p_c G_{c,il} / G_{c,jj}`.
    """
    d = seen.shape[-1]
    a, b, (aa, ab, ba, bb) = pairs_of(d)
    inverse = 1.0 / np.diagonal(seen, axis1=-2, axis2=-1)  # (m, k, d)
    across = 2.0 * seen[..., a, b]  # (m, k, p)
    slopes = across * (inverse[..., b] - inverse[..., a])  # of log det of each component
    if equal_volumes:
        logs = -np.log(inverse).sum(-1) / d
        weights = np.exp(logs - logs.max(-1, keepdims=True))
        shares = weights / weights.sum(-1, keepdims=True)
    slope = (shares[..., None] * slopes).sum(-2)
    m, k, _ = inverse.shape
    scaled = shares[..., None] * inverse
    t = (np.swapaxes(scaled, -1, -2) @ seen.reshape(m, k, d * d)).reshape(m, d, d, d)
    h = t[:, np.arange(d), np.arange(d), :]  # sum_c p_c G_c,ij / G_c,ii
    p, q = np.ix_(range(len(a)), range(len(a)))
    ap, bp, aq, bq = a[p], b[p], a[q], b[q]
    bend = bb * t[:, bp, ap, aq] - ba * t[:, bp, ap, bq] - ab * t[:, ap, bp, aq] + aa * t[:, ap, bp, bq]
    turned = ba * h[:, bq, ap] - bb * h[:, aq, ap] - aa * h[:, bq, bp] + ab * h[:, aq, bp]
    bend = 2.0 * bend + turned + np.swapaxes(turned, -1, -2)
    # less half the squares of first-order changes of logarithms, at axis a and at axis b of each plane
    root = np.sqrt(shares)[..., None]
    at_a, at_b = root * across * inverse[..., a], root * across * inverse[..., b]
    left, right = np.swapaxes(at_a, -1, -2), np.swapaxes(at_b, -1, -2)
    bend -= aa * (left @ at_a) - ab * (left @ at_b) - ba * (right @ at_a) + bb * (right @ at_b)
    if equal_volumes:
        own = root * slopes
        bend += (np.swapaxes(own, -1, -2) @ own - slope[:, :, None] * slope[:, None, :]) / d
    return slope, bend

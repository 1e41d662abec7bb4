"""Misfit: how far scatters are from being diagonal in axes that all share, and its slopes by turns."""

from __future__ import annotations

import numpy as np

from ..model.parameters import Array
from .axes import planes, resolved


def seen_in(axes: Array, scatters: Array) -> Array:
    """Return scatters (m, k, d, d) in axes (m, d, d)."""
    return np.asarray(np.swapaxes(axes, -1, -2)[:, None] @ scatters @ axes[:, None])


def along(axes: Array, scatters: Array) -> Array:
    """Return the variances (..., k, d) of scatters (..., k, d, d) along axes (..., d, d), one for all k."""
    axes = axes[..., None, :, :]
    return resolved((axes * (scatters @ axes)).sum(-2))


def _diagonals(seen: Array) -> Array:
    return resolved(np.diagonal(seen, axis1=-2, axis2=-1))


def misfit(shares: Array, variances: Array, equal_volumes: bool) -> Array:
    r"""Return the objective (...) per row of variances (..., k, d) along the axes, with shares (..., k).

    It is :math:`\sum_c p_c \sum_j \log G_{c,jj}`, or with equal volumes :math:`d \log \sum_c \prod_j
    G_{c,jj}^{1/d}`.
    """
    logs = np.log(variances).sum(-1)
    if not equal_volumes:
        return np.asarray((shares * logs).sum(-1))
    d = variances.shape[-1]
    most = logs.max(-1)
    return np.asarray(most + d * np.log(np.exp((logs - most[..., None]) / d).sum(-1)))


def misfit_of(shares: Array, seen: Array, equal_volumes: bool) -> Array:
    """Return the objective (m,) per row of scatters (m, k, d, d) seen in the axes."""
    return misfit(shares, _diagonals(seen), equal_volumes)


def slopes(shares: Array, seen: Array, equal_volumes: bool) -> tuple[Array, Array, Array]:
    """Return what each component counts (m, k), its slopes (m, k, p) by turns in planes, and their sum."""
    d = seen.shape[-1]
    a, b = planes(d)
    diagonals = _diagonals(seen)
    inverse = 1.0 / diagonals
    if equal_volumes:
        logs = np.log(diagonals).sum(-1) / d
        weights = np.exp(logs - logs.max(-1, keepdims=True))
        shares = weights / weights.sum(-1, keepdims=True)
    each = 2.0 * seen[..., a, b] * (inverse[..., b] - inverse[..., a])
    return shares, each, (shares[..., None] * each).sum(-2)


def diagonal_bend(shares: Array, seen: Array) -> Array:
    """Return curvatures (m, p) by turns in each plane, as they are where scatters are diagonal."""
    a, b = planes(seen.shape[-1])
    diagonals = _diagonals(seen)
    ratios = diagonals[..., a] / diagonals[..., b]
    return np.asarray(2.0 * (shares[..., None] * ((ratios - 1.0) ** 2 / ratios)).sum(-2))


def bend(shares: Array, seen: Array, each: Array, slope: Array, equal_volumes: bool) -> Array:
    """Return the Hessian (m, p, p) by turns in the planes, given `slopes`.

    Turned by a skew K, scatters become :math:`G + [G, K] + [[G, K], K] / 2`, of which logarithms of diagonals
    are taken; to second order all is in :math:`T_{jil} = \\sum_c p_c G_{c,il} / G_{c,jj}`.
    """
    (m, k, d), (a, b) = seen.shape[:3], planes(seen.shape[-1])
    inverse = 1.0 / _diagonals(seen)  # (m, k, d)
    scaled = shares[..., None] * inverse
    t = (np.swapaxes(scaled, -1, -2) @ seen.reshape(m, k, d * d)).reshape(m, d, d, d)
    h = t[:, np.arange(d), np.arange(d), :]  # sum_c p_c G_c,ij / G_c,ii
    ap, bp, aq, bq = a[:, None], b[:, None], a[None], b[None]
    aa, ab, ba, bb = ap == aq, ap == bq, bp == aq, bp == bq  # which axes of two planes are the same
    bends = bb * t[:, bp, ap, aq] - ba * t[:, bp, ap, bq] - ab * t[:, ap, bp, aq] + aa * t[:, ap, bp, bq]
    turned = ba * h[:, bq, ap] - bb * h[:, aq, ap] - aa * h[:, bq, bp] + ab * h[:, aq, bp]
    bends = 2.0 * bends + turned + np.swapaxes(turned, -1, -2)
    # less half the squares of first-order changes of logarithms, at axis a and at axis b of each plane
    root = np.sqrt(shares)[..., None]
    across = 2.0 * root * seen[..., a, b]
    at_a, at_b = across * inverse[..., a], across * inverse[..., b]
    left, right = np.swapaxes(at_a, -1, -2), np.swapaxes(at_b, -1, -2)
    bends -= aa * (left @ at_a) - ab * (left @ at_b) - ba * (right @ at_a) + bb * (right @ at_b)
    if equal_volumes:
        own = root * each
        bends += (np.swapaxes(own, -1, -2) @ own - slope[:, :, None] * slope[:, None, :]) / d
    return np.asarray(bends)

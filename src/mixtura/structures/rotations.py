"""Axes turned to where scatters fit them best: Newton's method, and conjugate gradients for many axes."""

from __future__ import annotations

import numpy as np

from ..model.parameters import Array
from .axes import turned_by
from .inner import SETTLED
from .misfit import bend, diagonal_bend, misfit_of, seen_in, slopes

NEWTON_ROUNDS, GRADIENT_ROUNDS = 100, 500
LONGEST = 0.5  # radians that a step turns an axis by
FLATTEST = 1e-12  # curvature per row, that a direction is taken to have at least
STIFFEST = 1e-3  # the same of a plane, for conjugate gradients
SLACK = 1e-14  # of the objective, that is rounding
HALVINGS = 12  # of a step that does not gain
SHORTEST, FURTHEST = 0.02, 2.0  # parts of a direction, that the line search may take
TINY = float(np.finfo(np.float64).tiny)


def newton(shares: Array, scatters: Array, axes: Array, equal_volumes: bool, close: float = SETTLED) -> Array:
    """Return axes (m, d, d) turned from these to a minimum of the misfit of scatters (m, k, d, d).

    Curvatures are taken by their absolute values, so that steps lead down from any start.
    """
    axes, left = axes.copy(), np.arange(len(axes))
    d = axes.shape[-1]
    seen = seen_in(axes, scatters)
    value = misfit_of(shares, seen, equal_volumes)
    for _ in range(NEWTON_ROUNDS):
        counted, each, slope = slopes(shares[left], seen, equal_volumes)
        curvatures, vectors = np.linalg.eigh(bend(counted, seen, each, slope, equal_volumes))
        sizes = np.maximum(np.abs(curvatures), FLATTEST)
        along = (np.swapaxes(vectors, -1, -2) @ slope[..., None])[..., 0] / sizes
        step = -(vectors @ np.minimum(np.maximum(along, -LONGEST), LONGEST)[..., None])[..., 0]
        here, own = axes[left], scatters[left]
        part = np.ones((len(left), 1))
        for _ in range(HALVINGS):
            there = here @ turned_by(part * step, d)[1]
            seen = seen_in(there, own)
            reached = misfit_of(shares[left], seen, equal_volumes)
            worse = ~(reached <= value + SLACK * (1.0 + np.abs(value)))
            if not worse.any():
                break
            part[worse] *= 0.3
        else:
            part[worse] = 0.0
            there[worse] = here[worse]
        axes[left] = there
        on = (np.abs(part * step) > close).any(-1)
        if not on.any():
            break
        left, value, seen = left[on], reached[on], seen[on]
    return axes


def conjugate_gradients(
    shares: Array, scatters: Array, axes: Array, equal_volumes: bool, close: float = SETTLED
) -> Array:
    """Return axes (m, d, d) turned as `newton` does, without its matrices of all pairs of planes.

    Directions are Polak and Ribiere's, in units of each plane's curvature. Along one the misfit is taken for
    the parabola through its value and slope here and its value at the end.
    """
    axes, left = axes.copy(), np.arange(len(axes))
    d = axes.shape[-1]
    seen = seen_in(axes, scatters)
    value = misfit_of(shares, seen, equal_volumes)
    way = before = np.zeros((len(axes), d * (d - 1) // 2))
    length = np.full(len(axes), np.inf)  # of the slope before, in its units
    for _ in range(GRADIENT_ROUNDS):
        own, part_of = scatters[left], shares[left]
        counted, _, slope = slopes(part_of, seen, equal_volumes)
        down = slope / np.maximum(diagonal_bend(counted, seen), STIFFEST)
        ahead = (down * slope).sum(-1)
        kept = np.maximum((down * (slope - before)).sum(-1) / np.maximum(length, TINY), 0.0)
        way = kept[:, None] * way - down
        way = np.where(((way * slope).sum(-1) < 0.0)[:, None], way, -down)
        way = way * np.minimum(1.0, LONGEST / np.maximum(np.abs(way).max(-1, keepdims=True), TINY))
        here, fall = axes[left], (way * slope).sum(-1)
        there = here @ turned_by(way, d)[1]
        found = seen_in(there, own)
        reached = misfit_of(part_of, found, equal_volumes)
        curve = reached - value - fall
        part = np.where(curve > 0.0, -0.5 * fall / np.maximum(curve, TINY), FURTHEST)
        part = np.minimum(np.maximum(part, SHORTEST), FURTHEST)
        other = here @ turned_by(part[:, None] * way, d)[1]
        other_found = seen_in(other, own)
        other_reached = misfit_of(part_of, other_found, equal_volumes)
        better = other_reached <= reached
        part = np.where(better, part, 1.0)
        there = np.where(better[:, None, None], other, there)
        found = np.where(better[:, None, None, None], other_found, found)
        reached = np.where(better, other_reached, reached)
        gained = reached <= value + SLACK * (1.0 + np.abs(value))
        axes[left[gained]] = there[gained]
        on = gained & (np.abs(part[:, None] * way).max(-1) > close)
        if not on.any():
            break
        left, value, seen = left[on], reached[on], found[on]
        way, before, length = way[on], slope[on], ahead[on]
    return axes

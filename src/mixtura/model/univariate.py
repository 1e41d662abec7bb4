"""The distribution function of a mixture in one dimension, its tails and its inverse.

Everywhere ``mixture`` is ``(weights, means, deviations)``, each (k,), and values may have any shape.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri

from .parameters import Array

EPS = float(np.finfo(np.float64).eps)
MAX_STEPS = 300  # bisection alone needs about 60 within a component and 40 more across 1e12 deviations


class Components(NamedTuple):
    """The components of a mixture in one dimension, those of weight 0 left out."""

    weights: Array  # (k,)
    means: Array  # (k,)
    deviations: Array  # (k,)


def cdf(x: Array, mixture: Components, *, upper: bool = False) -> Array:
    """Return P(X <= x), or with ``upper`` P(X > x): full relative precision in the respective tail."""
    sign = -1.0 if upper else 1.0
    total = np.zeros(np.shape(x))
    for weight, mean, deviation in zip(*mixture):
        total += weight * ndtr(sign * (x - mean) / deviation)
    return total


def log_cdf(x: Array, mixture: Components, *, upper: bool = False) -> Array:
    """Return log P(X <= x), or with ``upper`` log P(X > x): finite where `cdf` underflows."""
    sign = -1.0 if upper else 1.0
    total = np.full(np.shape(x), -np.inf)
    for weight, mean, deviation in zip(*mixture):
        with np.errstate(invalid="ignore"):  # NaN gives NaN
            total = np.logaddexp(total, np.log(weight) + log_ndtr(sign * (x - mean) / deviation))
    return total


def _log_pdf(x: Array, mixture: Components) -> Array:
    total = np.full(np.shape(x), -np.inf)
    for weight, mean, deviation in zip(*mixture):
        total = np.logaddexp(total, np.log(weight / deviation) - 0.5 * ((x - mean) / deviation) ** 2)
    return total - 0.5 * np.log(2 * np.pi)


def quantile(p: Array, mixture: Components, *, upper: bool = False) -> Array:
    """Return x with P(X <= x) = p, or with ``upper`` x with P(X > x) = p.

    The root of log P - log p is found from whichever tail is the smaller, so that p = 1e-300 is as exact as
    p = 0.3. It lies between the smallest and the largest of the components' own quantiles; Newton steps are
    taken while they stay inside that bracket and shrink, halvings of the bracket otherwise (Press et al.
    2007, Numerical Recipes, section 9.4). p outside [0, 1] gives NaN.
    """
    p = np.asarray(p, dtype=np.float64)
    answer = np.full(p.shape, np.nan)
    answer[p == 0] = np.inf if upper else -np.inf
    answer[p == 1] = -np.inf if upper else np.inf
    for tail, chosen in ((upper, (p > 0) & (p <= 0.5)), (not upper, (p > 0.5) & (p < 1))):
        if chosen.any():
            # 1 - p is exact for p of at least 0.5.
            answer[chosen] = _tail_quantile(
                p[chosen] if tail == upper else 1.0 - p[chosen], mixture, upper=tail
            )
    return answer


def _tail_quantile(p: Array, mixture: Components, *, upper: bool) -> Array:
    """Solve for p (n,) in (0, 0.5], counted from the lower or the upper tail."""
    sign = -1.0 if upper else 1.0
    own = mixture.means + sign * mixture.deviations * ndtri(p)[:, None]
    # The room lets Newton polish ndtri's last digits.
    room = 1e-9 * mixture.deviations.max() + 4 * EPS * np.abs(mixture.means).max()
    low, high = own.min(axis=1) - room, own.max(axis=1) + room
    x, target = 0.5 * low + 0.5 * high, np.log(p)
    last = high - low
    active = np.arange(len(p))
    for _ in range(MAX_STEPS):
        here = x[active]
        log_tail = log_cdf(here, mixture, upper=upper)
        miss = log_tail - target[active]
        below = miss * sign < 0
        low[active] = np.where(below, here, low[active])
        high[active] = np.where(below, high[active], here)
        with np.errstate(over="ignore", invalid="ignore"):
            step = -sign * miss * np.exp(log_tail - _log_pdf(here, mixture))
            inside = (low[active] < here + step) & (here + step < high[active])
            inside &= np.abs(step) <= 0.5 * last[active]
        step = np.where(inside, step, 0.5 * low[active] + 0.5 * high[active] - here)
        # A tail matched to its rounding takes a last Newton step; else steps end at the rounding of x.
        matched = np.abs(miss) <= 4 * EPS * np.maximum(1.0, np.abs(target[active]))
        x[active] = np.where(matched & ~inside, here, here + step)
        last[active] = np.abs(step)
        done = matched | (np.abs(step) <= EPS * np.abs(here))
        active = active[~done]
        if not active.size:
            break
    return x

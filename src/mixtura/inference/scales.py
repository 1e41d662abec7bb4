"""Scales: where a quantity has bounds, its interval is made on a scale that has none."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import expit, logit, ndtri

from ..model.parameters import Array
from .quantities import Layout


def half_width(level: float) -> float:
    """Return the standard errors on either side of an estimate.

    Raises
    ------
    ValueError
        If the level is no probability.
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"level is {level!r}; give a probability between 0 and 1, such as 0.95")
    return float(ndtri(0.5 + 0.5 * level))


def normal_interval(estimate: float, error: float, level: float) -> tuple[float, float]:
    """Return an interval of so many standard errors around an estimate.

    Examples
    --------
    >>> normal_interval(10.0, 1.0, 0.95)
    (8.040036015459947, 11.959963984540053)
    """
    reach = half_width(level) * error
    return estimate - reach, estimate + reach


def intervals(layout: Layout, estimates: Array, errors: Array, level: float) -> Array:
    """Return intervals (p, 2) of quantities (p,) with these standard errors.

    Weights are taken to be normal in their logits, variances and standard deviations in their logarithms,
    correlations in Fisher's z; means, and covariances of two features, as they are.
    """
    reach = half_width(level) * errors
    ends = np.stack([estimates - reach, estimates + reach], axis=-1)
    sides = np.array([-1.0, 1.0])
    for chosen, there, back, slope in (
        (layout.shares, logit, expit, lambda w: w * (1.0 - w)),
        (layout.positive, np.log, np.exp, lambda v: v),
        (layout.between, np.arctanh, np.tanh, lambda r: 1.0 - r * r),
    ):
        inside = chosen & (slope(estimates) > 0.0)  # the weight of a single component is 1, and stays so
        value, own = estimates[inside], reach[inside]
        moved = there(value)[:, None] + sides * (own / slope(value))[:, None]
        ends[inside] = back(np.clip(moved, -math.log(1e300), math.log(1e300)))
    return ends

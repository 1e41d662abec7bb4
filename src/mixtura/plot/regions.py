"""Where the means of the components lie: a region for each, inside the ellipse of its component."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..inference import Inference
from ..inference.scales import half_width
from ..model.parameters import Array
from .forest import MOST_FEATURES
from .normal import outline
from .style import canvas, colour, few_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def regions_figure(inference: Inference, level: float) -> Figure:
    """Draw each pair of features with regions of this level for the means.

    Raises
    ------
    ValueError
        If the level is no probability, or there is one feature only.
    """
    half_width(level)  # which refuses what is no level
    layout = inference.layout
    if layout.d == 1:
        raise ValueError("the means of one feature have intervals and no regions; use show='estimates'")
    d = min(layout.d, MOST_FEATURES)
    radius = float(np.sqrt(-2.0 * np.log1p(-level)))  # of a normal distribution in the plane
    size = 3.4 if d == 2 else min(2.0 * (d - 1), 8.0)
    with canvas(size, size) as figure:
        grid = figure.subplots(d - 1, d - 1, sharex="col", sharey="row", squeeze=False)
        for i in range(1, d):
            for j in range(d - 1):
                axes = grid[i - 1, j]
                if j >= i:
                    axes.remove()
                    continue
                _panel(axes, inference, [j, i], radius)
                if i == d - 1:
                    axes.set_xlabel(layout.features[j])
                if j == 0:
                    axes.set_ylabel(layout.features[i])
        figure.align_labels()
    return figure


def _panel(axes: Axes, inference: Inference, features: list[int], radius: float) -> None:
    """Draw the components, their means and where these lie, in two features."""
    mixture, (k, d) = inference.mixture, (inference.layout.k, inference.layout.d)
    errors = inference.covariance_matrix
    for c in range(k):
        mean = mixture.means[c, features]
        whole = outline(mean, mixture.covariances[c][np.ix_(features, features)])
        axes.plot(*whole.T, color=colour(c), lw=0.6, alpha=0.6)
        at = [k + c * d + feature for feature in features]  # behind the weights
        own = errors[np.ix_(at, at)]
        told = bool(np.isfinite(own).all())
        if told:
            axes.fill(*_region(mean, own, radius).T, color=colour(c), alpha=0.45, lw=0)
        axes.plot(*mean, "o", ms=3, color=colour(c), mfc=colour(c) if told else "none", mew=0.8)
    few_ticks(axes, 4, 4)


def _region(mean: Array, covariance: Array, radius: float) -> Array:
    """Return the ellipse (200, 2), flat where a structure leaves the estimates no freedom."""
    values, axes = np.linalg.eigh(covariance)
    angle = np.linspace(0.0, 2.0 * np.pi, 200)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    return mean + radius * (axes * np.sqrt(np.maximum(values, 0.0)) @ circle).T

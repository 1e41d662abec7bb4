"""The forest plot: what is known of each component, and how well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..inference import Inference
from ..model.parameters import Array
from .style import GREY, canvas, colour, few_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_FEATURES = 6  # whose means and deviations are shown
PANEL = 1.9, 0.22  # inches: of a panel across, and of a component in it


def forest_figure(inference: Inference, level: float) -> Figure:
    """Draw a panel for weights, and for each feature's means and deviations, a component a line."""
    layout, ends = inference.layout, inference.interval(level)
    mixture = inference.mixture
    shown = range(min(layout.d, MOST_FEATURES))
    deviations = np.sqrt(np.diagonal(mixture.covariances, axis1=1, axis2=2))
    panels = [("weight", mixture.weights, ends.weights)]
    for name, values, intervals in (
        ("mean", mixture.means, ends.means),
        ("sd", deviations, ends.standard_deviations),
    ):
        titles = [name if layout.d == 1 else f"{name}, {layout.features[j]}" for j in shown]
        panels += [(title, values[:, j], intervals[:, j]) for j, title in zip(shown, titles)]
    across = min(len(panels), 1 + len(shown))
    down = -(-len(panels) // across)
    with canvas(0.5 + PANEL[0] * across, down * (0.6 + PANEL[1] * layout.k)) as figure:
        grid = figure.subplots(down, across, squeeze=False)
        # deviations stand below the means of their features
        places = [grid[0, 0], *grid[0, 1:]] + ([] if down == 1 else list(grid[1, 1:]))
        for axes, (title, values, intervals) in zip(places, panels):
            _panel(axes, values, intervals)
            axes.set_xlabel(title)
        for axes in grid.ravel():
            if axes not in places:
                axes.remove()
    return figure


def _panel(axes: Axes, values: Array, intervals: Array) -> None:
    """Draw a mark and an interval for each component (k,), the first on top."""
    for c, (value, (low, high)) in enumerate(zip(values, intervals)):
        told = bool(np.isfinite(low) and np.isfinite(high))
        if told:
            axes.plot([low, high], [c, c], color=colour(c), lw=1.6, solid_capstyle="butt")
        axes.plot(value, c, "o", ms=4, color=colour(c), mfc=colour(c) if told else "none", mew=0.8)
    axes.set(ylim=(len(values) - 0.4, -0.6), yticks=range(len(values)))
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=GREY, lw=0.3)
    axes.set_axisbelow(True)
    few_ticks(axes, 4, len(values))
    axes.set_yticks(range(len(values)))

"""The density of each feature, in a band that says how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..inference import Inference
from ..model.mixture import Mixture
from ..model.parameters import Array
from .forest import MOST_FEATURES
from .style import COLOURS, canvas, few_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

REACH = 4.0  # standard deviations of the outermost components that are shown
EVERYWHERE, NEAR = 201, 41  # points over all of a panel, and about each component
IN_A_ROW = 3  # panels, at most


def band_figure(inference: Inference, level: float) -> Figure:
    """Draw the density of each feature with a pointwise band of this level."""
    d = min(inference.layout.d, MOST_FEATURES)
    down = -(-d // IN_A_ROW)
    across = -(-d // down)
    with canvas(4.2 if d == 1 else 2.3 * across, 2.4 if d == 1 else 1.9 * down) as figure:
        grid = figure.subplots(down, across, squeeze=False).ravel()
        for feature, axes in zip(range(d), grid):
            _panel(axes, inference, feature, level)
            axes.set_xlabel(inference.layout.features[feature] if inference.layout.d > 1 else "value")
            axes.set_ylabel("density" if feature % across == 0 else "")
        for axes in grid[d:]:
            axes.remove()
    return figure


def _panel(axes: Axes, inference: Inference, feature: int, level: float) -> None:
    points = _points(inference.mixture.marginal([feature]))

    # The root of a density, as that of a count, has an error that hardly depends on its height: intervals on
    # it stay above zero, and do not explode in the tails as those on the logarithm do.
    def root(mixture: Mixture) -> Array:
        return np.exp(0.5 * mixture.marginal([feature]).logpdf(points[:, None]))

    found = inference.of(root)
    low, high = found.interval(level)
    axes.fill_between(points, np.maximum(low, 0.0) ** 2, high**2, color=COLOURS[0], alpha=0.3, lw=0)
    axes.plot(points, found.value**2, color=COLOURS[0])
    axes.set(ylim=(0.0, None))
    few_ticks(axes, 4, 4)


def _points(margin: Mixture) -> Array:
    """Return where a density (of one feature) is drawn: everywhere, and close to each component."""
    means, deviations = margin.means[:, 0], np.sqrt(margin.covariances[:, 0, 0])
    low, high = (means - REACH * deviations).min(), (means + REACH * deviations).max()
    near = means[:, None] + deviations[:, None] * np.linspace(-REACH, REACH, NEAR)
    return np.unique(np.concatenate([np.linspace(low, high, EVERYWHERE), near.ravel()]))

"""More dimensions: a grid with each feature on the diagonal and each pair of features below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .drawing import Drawing
from .line import draw_line
from .normal import margin
from .plane import draw_plane, legend
from .style import canvas, few_ticks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEATURES = 8  # the grid has no more rows than this


def pairs_figure(drawing: Drawing) -> Figure:
    """Draw the margins of a mixture of three or more features."""
    features = telling_features(drawing)
    rows, components, weight = drawing.points()
    d = len(features)
    side = min(1.7, 8.0 / d)
    with canvas(side * d, side * d) as figure:
        grid = figure.subplots(d, d, sharex="col", squeeze=False)
        for i, vertical in enumerate(features):
            for j, horizontal in enumerate(features):
                axes = grid[i, j]
                if j > i:
                    axes.remove()
                    continue
                if i == j:
                    part = margin(drawing.parameters, [vertical])
                    draw_line(axes, part, drawing.rows[:, vertical], drawing.sample_weight, rug=False)
                    axes.set_yticks([])
                    axes.spines["left"].set_visible(False)
                else:
                    part = margin(drawing.parameters, [horizontal, vertical])
                    draw_plane(axes, part, rows[:, [horizontal, vertical]], components, weight, ink=0.4)
                few_ticks(axes, 4, 4)
                axes.tick_params(labelbottom=i == d - 1, labelleft=j == 0 and i > 0)
                if i == d - 1:
                    axes.set_xlabel(drawing.names[horizontal])
                if j == 0 and i > 0:
                    axes.set_ylabel(drawing.names[vertical])
        figure.align_labels()
        texts = "" if d == len(drawing.names) else f"{d} of {len(drawing.names)} features"
        legend(figure, grid[1, 0], drawing, title=texts)
    return figure


def telling_features(drawing: Drawing) -> list[int]:
    """Return the features to show, in the data's order: all, or those that tell the components apart.

    They are those with the largest part of the mixture's variance between the components.
    """
    mixture = drawing.mixture
    if mixture.n_features <= FEATURES:
        return list(range(mixture.n_features))
    within = np.einsum("k,kjj->j", mixture.weights, mixture.covariances)
    between = mixture.weights @ (mixture.means - mixture.mean) ** 2
    return sorted(int(j) for j in np.argsort(within / (within + between), kind="stable")[:FEATURES])

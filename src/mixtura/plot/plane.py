"""Two dimensions: points coloured by component, contours of the density, an ellipse to each component."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..model.parameters import Array, Parameters
from .drawing import Drawing
from .normal import highest_density_levels, outline, weighted_densities
from .style import GREY, canvas, colour, dash, few_ticks, marker, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MASSES = (0.2, 0.5, 0.8, 0.95)  # what the contours hold of the mixture
VECTORS = 5_000  # more points than this become pixels in a PDF


def plane_figure(drawing: Drawing) -> Figure:
    """Draw a mixture of two features."""
    x, labels, weight = drawing.points()
    with canvas(5.4, 3.4) as figure:
        axes = figure.subplots()
        draw_plane(axes, drawing.parameters, x, labels, weight)
        few_ticks(axes, 7, 6)
        axes.set(xlabel=drawing.names[0], ylabel=drawing.names[1])
        legend(axes, axes, drawing, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def legend(place: Axes | Figure, axes: Axes, drawing: Drawing, **options: Any) -> None:
    """Write the legend of ``axes``, with each component's weight, into axes or a figure."""
    handles, texts = axes.get_legend_handles_labels()
    shares = [f"{text}: {share(weight)}" for text, weight in zip(texts, drawing.parameters.weights)]
    drawn = place.legend(handles, shares, **options)
    for handle in drawn.legend_handles:
        if handle is not None:
            handle.set(sizes=[16])


def draw_plane(
    axes: Axes,
    parameters: Parameters,
    x: Array,
    labels: np.ndarray,
    sample_weight: Array | None = None,
    *,
    ink: float = 1.0,
) -> None:
    """Draw points x (n, 2) of components ``labels`` (n,) and a mixture of two features into axes.

    A point's area is proportional to its weight. Contours hold `MASSES` of the mixture; an ellipse holds 95%
    of its component.
    """
    area = ink * float(np.clip(4_000 / len(x), 0.6, 9))
    areas = np.full(len(x), area)
    if sample_weight is not None:
        areas = area * sample_weight / sample_weight[sample_weight > 0].mean()
    ellipses = [outline(m, s) for m, s in zip(parameters.means, parameters.covariances)]
    window = _window(x, ellipses)
    if ink == 1:
        _draw_contours(axes, parameters, window)
    for c, ellipse in enumerate(ellipses):
        mine = labels == c
        axes.scatter(
            x[mine, 0],
            x[mine, 1], s=areas[mine], color=colour(c), marker=marker(c), alpha=0.65, lw=0, zorder=2,
            rasterized=len(x) > VECTORS, label=f"component {c}",
        )  # fmt: skip
        axes.plot(*ellipse.T, color=colour(c), ls=dash(c), lw=1.3, zorder=3)
        axes.plot(*parameters.means[c], "+", color="black", ms=6, mew=1.1, zorder=4)
    axes.set(xlim=window[0], ylim=window[1])


def _window(x: Array, ellipses: list[Array]) -> Array:
    """Return the limits (2, 2): the points, and the ellipses unless they reach far beyond them."""
    low, high = x.min(axis=0), x.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    drawn = np.concatenate(ellipses)
    low = np.maximum(np.minimum(low, drawn.min(axis=0)), low - 0.5 * span)
    high = np.minimum(np.maximum(high, drawn.max(axis=0)), high + 0.5 * span)
    return np.stack([low - 0.04 * (high - low), high + 0.04 * (high - low)], axis=1)


def _draw_contours(axes: Axes, parameters: Parameters, window: Array) -> None:
    grid = [np.linspace(low, high, 240) for low, high in window]
    points = np.stack(np.meshgrid(*grid), axis=-1).reshape(-1, 2)
    density = weighted_densities(parameters, points).sum(axis=0).reshape(240, 240)
    levels = highest_density_levels(density, MASSES)
    if len(levels) > 1:  # components too small for the grid leave nothing to draw
        shades = [str(shade) for shade in np.linspace(0.965, 0.86, len(levels))]
        axes.contourf(*grid, density, levels=[*levels, np.inf], colors=shades, zorder=0.5)
        axes.contour(*grid, density, levels=levels, colors=GREY, linewidths=0.5, zorder=1)

"""One dimension: a histogram of the data under the mixture's density and its weighted components."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..model.parameters import Array, Parameters
from .drawing import Drawing
from .normal import weighted_densities
from .style import DARK, PALE, canvas, colour, dash, few_ticks, share, with_spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RUG = 500  # up to so many values, unless most are tied, are also drawn one by one


def line_figure(drawing: Drawing) -> Figure:
    """Draw a mixture of one feature; the legend gives weights, means and standard deviations."""
    parameters = drawing.parameters
    with canvas(5.2, 2.9) as figure:
        axes = figure.subplots()
        draw_line(axes, parameters, drawing.rows[:, 0], drawing.sample_weight)
        few_ticks(axes, 7, 4)
        axes.set(xlabel=drawing.names[0], ylabel="density")
        deviations = np.sqrt(parameters.covariances[:, 0, 0])
        texts = [
            f"{share(weight)}: {with_spread(mean, deviation)}"
            for weight, mean, deviation in zip(parameters.weights, parameters.means[:, 0], deviations)
        ]
        handles, _ = axes.get_legend_handles_labels()
        axes.legend(handles, ["data", "mixture", *texts], loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def bin_edges(x: Array, parameters: Parameters, low: float, high: float) -> Array:
    """Return equal bins over [low, high], 5 to 150 of them.

    Their width is the rule of Freedman and Diaconis (1981), 2 IQR / n^(1/3), for each component, averaged
    over components: the rule for the whole sample would hide groups that lie far apart. Values on a lattice,
    such as whole minutes, get bins of whole steps: others would beat with the lattice.
    """
    counts = np.maximum(len(x) * parameters.weights, 1)
    widths = 2 * 1.349 * np.sqrt(parameters.covariances[:, 0, 0]) / np.cbrt(counts)
    width = float(np.exp(parameters.weights @ np.log(widths)))
    width = min(max(width, (high - low) / 150), (high - low) / 5)
    values = np.unique(x if len(x) <= 100_000 else x[:: len(x) // 100_000])
    step = float(np.diff(values).min()) if len(values) > 1 else 0.0
    if len(values) < len(x) / 2 and 0 < 2 * step < high - low:
        places = (values - values[0]) / step
        if np.allclose(places, np.rint(places), rtol=0, atol=0.01):
            width = step * max(1, round(width / step))
            low -= step / 2
    return low + width * np.arange(int((high - low) / width) + 2.0)


def draw_line(
    axes: Axes, parameters: Parameters, x: Array, sample_weight: Array | None, *, rug: bool = True
) -> None:
    """Draw values x (n,) and a mixture of one feature into axes.

    The heights of the bars are densities: with the values beyond the picture, if any, they hold mass 1.
    """
    means, deviations = parameters.means[:, 0], np.sqrt(parameters.covariances[:, 0, 0])
    low = max(float(x.min()), float((means - 6 * deviations).min()))
    high = min(float(x.max()), float((means + 6 * deviations).max()))
    if not low < high:  # equal values, or none near a component
        low, high = float(min(x.min(), means.min())), float(max(x.max(), means.max()))
        low, high = low - float(deviations.max()), high + float(deviations.max())
    edges = bin_edges(x, parameters, low, high)
    counts, _ = np.histogram(x, edges, weights=sample_weight)
    total = len(x) if sample_weight is None else sample_weight.sum()
    heights = counts / (total * np.diff(edges))
    axes.stairs(heights, edges, fill=True, color=PALE, label="data", zorder=1)
    if rug and len(x) <= RUG and len(np.unique(x)) > len(x) / 2:
        # along the bottom, in axes coordinates: the density's scale does not matter to them
        axes.plot(x, np.full(len(x), 0.012), "|", color=DARK, ms=4, mew=0.4, alpha=0.6, zorder=4,
                  transform=axes.get_xaxis_transform())  # fmt: skip

    tails = means - 3 * deviations, means + 3 * deviations
    span = high - low
    window = (
        min(low - 0.05 * span, max(float(tails[0].min()), low - 0.15 * span)),
        max(high + 0.05 * span, min(float(tails[1].max()), high + 0.15 * span)),
    )
    near = means[:, None] + deviations[:, None] * np.linspace(-5, 5, 201)
    grid = np.unique(np.concatenate([np.linspace(*window, 801), near.ravel()]))
    grid = grid[(grid >= window[0]) & (grid <= window[1])]
    components = weighted_densities(parameters, grid[:, None])
    density = components.sum(axis=0)
    axes.plot(grid, density, color=DARK, lw=1.4, label="mixture", zorder=3.5)
    for c, component in enumerate(components):
        axes.fill_between(grid, component, color=colour(c), alpha=0.2, lw=0, zorder=2)
        axes.plot(grid, component, color=colour(c), ls=dash(c), label=f"component {c}", zorder=3)
    # one needle of a density must not flatten all else
    axes.set(xlim=window, ylim=(0, 1.08 * max(heights.max(), min(density.max(), 3 * heights.max()))))

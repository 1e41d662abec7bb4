"""The picture of a selection: its criterion against the number of components, a line a structure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..inference.selection.result import Selection
from .style import COLOURS, DARK, canvas, colour, dash, marker

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FAR = 4.0  # times the better half's range, from the top, below which a line leaves the picture


def selection(found: Selection) -> Figure:
    """Draw the criterion of a selection against the number of components, a line a structure.

    Larger is better. The best cell has a ring, degenerate ones are hollow, and lines lead past them since
    they are never chosen. Cells far below the better half leave the picture.

    Parameters
    ----------
    found : Selection

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ModuleNotFoundError
        If matplotlib is missing, with the command that installs it.

    Examples
    --------
    >>> import mixtura
    >>> from mixtura import datasets, plot
    >>> figure = plot.selection(mixtura.select(datasets.galaxies().data, range(1, 5)))
    >>> figure.axes[0].get_ylabel()
    'BIC (larger is better)'
    """
    by = found.by
    names = list(dict.fromkeys(cell.structure for cell in found.table))
    with canvas(4.6, 3.0) as figure:
        axes = figure.subplots()
        for i, name in enumerate(names):
            row = [cell for cell in found.table if cell.structure == name and cell.fitted]
            good = [cell for cell in row if cell.eligible]
            style: Any = {"color": colour(i), "ls": dash(i), "lw": 1.0, "ms": 3.4}
            axes.plot(
                [cell.n_components for cell in good],
                [by.value(cell) for cell in good],
                marker=marker(i),
                label=name,
                **style,
            )
            rest = [cell for cell in row if not cell.eligible]
            hollow: Any = {"ls": "", "mfc": "none", "ms": 3.4, "mew": 0.7, "color": colour(i)}
            axes.plot([c.n_components for c in rest], [by.value(c) for c in rest], marker=marker(i), **hollow)
        if best := found.ranked(1):
            axes.plot(
                [best[0].n_components],
                [by.value(best[0])],
                marker="o", ms=10, mfc="none", mec=DARK, mew=1.0, ls="", zorder=5,
            )  # fmt: skip
            axes.annotate(
                f"{best[0].structure}, {best[0].n_components}",
                (best[0].n_components, by.value(best[0])),
                xytext=(0, 8), textcoords="offset points", ha="center", color=DARK, fontsize=7,
            )  # fmt: skip
        axes.set(xlabel="components", ylabel=f"{by.title} (larger is better)")
        axes.set_xticks(sorted({cell.n_components for cell in found.table}))
        limits = shown([by.value(cell) for cell in found.ranked()])
        if limits is not None:
            axes.set_ylim(*limits)
        axes.legend(ncols=1 + (len(names) - 1) // len(COLOURS), loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def shown(values: list[float]) -> tuple[float, float] | None:
    """Return the limits of the axis that leave out what lies far below the better half, or None for all.

    Examples
    --------
    >>> shown([-580.0, -570.0, -560.0, -1800.0])
    (-620.0, -548.0)
    """
    if len(values) < 3:
        return None
    top, low = max(values), min(values)
    height = FAR * (top - float(np.median(values)))
    if height <= 0.0 or top - low <= height:
        return None
    return top - height, top + 0.2 * height

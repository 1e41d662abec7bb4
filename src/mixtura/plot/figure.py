"""The picture of a fit: a line, a plane or a grid of pairs, as the data have dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from .drawing import Drawing
from .line import line_figure
from .pairs import pairs_figure
from .plane import plane_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def fit(
    fit: Any, x: ArrayLike, names: Sequence[str] | None = None, weights: ArrayLike | None = None
) -> Figure:
    """Draw a fitted mixture over its data.

    One dimension: a histogram, the mixture's density and its weighted components. Two: points coloured by
    their most likely component, contours that hold 20, 50, 80 and 95% of the mixture, and for each component
    the ellipse that holds 95% of it. More: a grid with each feature on the diagonal and each pair below it;
    of more than 8 features, the 8 in which the components' means differ most.

    Parameters
    ----------
    fit : Fit, Mixture or GaussianMixture
    x : array_like of shape (n, d) or (n,)
        The data. Of more than 20,000 rows, 20,000 drawn at random are shown as points.
    names : sequence of str, optional
        The features' names, for the axes; the columns of a data frame by default.
    weights : array_like of shape (n,), optional
        Row weights, as in the fit.

    Returns
    -------
    matplotlib.figure.Figure
        Save it with ``figure.savefig("fit.pdf")``; it belongs to no window and leaves nothing behind.

    Raises
    ------
    ModuleNotFoundError
        If matplotlib is missing, with the command that installs it.
    ValueError
        If data, names, weights and mixture do not belong together.

    Examples
    --------
    >>> import mixtura
    >>> from mixtura import datasets, plot
    >>> geyser = datasets.faithful()
    >>> figure = plot.fit(mixtura.fit_mixture(geyser.data, 2), geyser.data, geyser.feature_names)
    >>> figure.axes[0].get_xlabel()
    'eruptions'
    """
    drawing = Drawing.of(fit, x, names, weights)
    draw = {1: line_figure, 2: plane_figure}.get(len(drawing.names), pairs_figure)
    return draw(drawing)

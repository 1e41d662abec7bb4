"""The picture of how sure a fit is: its estimates, its density or its means, as is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..inference import Inference
from .band import band_figure
from .forest import forest_figure
from .regions import regions_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = {"estimates": forest_figure, "density": band_figure, "means": regions_figure}


def uncertainty(inference: Inference, level: float = 0.95, show: str = "estimates") -> Figure:
    """Draw how sure a fit is.

    Of more than 6 features the first 6 are shown. What cannot be told has a hollow mark, and neither interval
    nor band nor region.

    Parameters
    ----------
    inference : Inference
        From ``fit.inference()``.
    level : float
        Of the intervals, of the band at each point, or of the regions.
    show : {"estimates", "density", "means"}
        "estimates" with their intervals: a panel for weights, and for each feature's means and deviations.
        "density": each feature's density in a band of intervals, made point by point on its square root.
        "means": each pair of features, with the regions where the components' means lie (the ellipses of a
        normal distribution of the estimates) inside the ellipses that hold 95% of the components.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ModuleNotFoundError
        If matplotlib is missing, with the command that installs it.
    ValueError
        If the level is no probability, or ``show`` is none of these, or one feature has no pair.

    Examples
    --------
    >>> import mixtura
    >>> from mixtura import datasets, plot
    >>> fit = mixtura.fit_mixture(datasets.faithful().data, 2)
    >>> figure = plot.uncertainty(fit.inference(features=["eruptions", "waiting"]))
    >>> [axes.get_xlabel() for axes in figure.axes][:3]
    ['weight', 'mean, eruptions', 'mean, waiting']
    """
    if show not in SHOWN:
        raise ValueError(f"show is {show!r}; use one of {', '.join(map(repr, SHOWN))}")
    return SHOWN[show](inference, level)

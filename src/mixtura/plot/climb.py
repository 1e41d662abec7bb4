"""The way up: log-likelihood against passes, and what is left to gain on a log axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..model.parameters import Array
from ..search.result import Fit
from .style import DARK, GREY, canvas, colour, few_ticks, marker

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def convergence(fits: Fit | Mapping[str, Fit], tol: float | None = None) -> Figure:
    """Draw how a fit climbed: its log-likelihood, and the gain that remained, at each pass over the data.

    The remaining gain is measured from the last log-likelihood plus `Fit.remaining`, what the fit itself
    estimates to be still ahead; of several fits, from the highest of these.

    Parameters
    ----------
    fits : Fit or mapping of str to Fit
        One fit, or several of the same data with the names for the legend.
    tol : float, optional
        Draw this tolerance, in nats, as a line.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ModuleNotFoundError
        If matplotlib is missing, with the command that installs it.
    ValueError
        If there is no fit.

    Examples
    --------
    >>> import mixtura
    >>> from mixtura import datasets, plot
    >>> figure = plot.convergence(mixtura.fit_mixture(datasets.faithful().data, 2))
    >>> figure.axes[1].get_ylabel()
    'log-likelihood to gain, nats'
    """
    named = {"": fits} if isinstance(fits, Fit) else dict(fits)
    if not named:
        raise ValueError("no fit to draw; give one, or a mapping of names to fits")
    # a fit that was cut short does not know what was ahead of it
    top = max(fit.loglik + (fit.remaining if np.isfinite(fit.remaining) else 0.0) for fit in named.values())
    with canvas(6.3, 2.6) as figure:
        climb, gap = figure.subplots(1, 2)
        for i, (name, fit) in enumerate(named.items()):
            passes = np.arange(1, len(fit.history) + 1)
            style: Any = {"color": colour(i), "marker": marker(i), "ms": 2.6 if len(passes) < 100 else 0}
            climb.plot(passes, fit.history, label=name, **style)
            left = remaining(fit.history, top)
            gap.plot(passes, left, label=name, **style)
        climb.set(xlabel="passes over the data", ylabel="log-likelihood, nats")
        gap.set(xlabel="passes over the data", ylabel="log-likelihood to gain, nats", yscale="log")
        if tol is not None:
            gap.axhline(tol, color=GREY, lw=0.8, ls="--", zorder=1)
            gap.annotate("tolerance", (0.02, tol), xycoords=("axes fraction", "data"), ha="left", va="bottom",
                         color=DARK, fontsize=6)  # fmt: skip
        gap.tick_params(axis="y", which="minor", length=0)
        if len(named) > 1:
            gap.legend()
        longest = max(len(fit.history) for fit in named.values())
        if longest > 150:
            climb.set_xscale("log")
            gap.set_xscale("log")
        else:
            few_ticks(climb, 6, 5)
    return figure


def remaining(history: Array, top: float) -> Array:
    """Return what each pass (n_iter,) still had to gain, NaN where rounding hides it."""
    rounding = 4 * np.finfo(np.float64).eps * abs(top)
    return np.where(top - history > rounding, top - history, np.nan)

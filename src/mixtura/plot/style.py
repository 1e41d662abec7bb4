"""How the pictures look: colours for every kind of eyes, quiet axes, and the way to matplotlib."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import floor, log10
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito (2008), Color universal design, without black, which draws the whole mixture, and with the
# yellow, faint on paper, last. Markers change with another period, so that 56 components differ.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
GREY = "#B8B8B8"
PALE = "#DCDCDC"
DARK = "#222222"

_RC: Any = {
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.formatter.useoffset": False,
    "axes.formatter.limits": (-3, 4),
    "axes.formatter.use_mathtext": True,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.visible": False,
    "ytick.minor.visible": False,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
}


@contextmanager
def canvas(width: float, height: float) -> Iterator[Figure]:
    """Yield an empty figure, in inches, of matplotlib's object interface: no window, nothing global is left.

    Raises
    ------
    ModuleNotFoundError
        If matplotlib is missing, with the command that installs it.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise ModuleNotFoundError('a picture needs matplotlib: run pip install "mixtura[plot]"') from None
    with mpl.rc_context(_RC):
        yield Figure(figsize=(width, height), dpi=200, layout="constrained")


def colour(component: int) -> str:
    """Return the colour of a component."""
    return COLOURS[component % len(COLOURS)]


def dash(component: int) -> str:
    """Return the line style of a component: dashed where the colours begin again."""
    return ("-", "--", ":")[component // len(COLOURS) % 3]


def marker(component: int) -> str:
    """Return the marker of a component's points."""
    return MARKERS[component % len(MARKERS)]


def few_ticks(axes: Axes, x: int = 5, y: int = 5) -> None:
    """Keep about so many ticks on each axis, at round numbers."""
    axes.locator_params(axis="x", nbins=x)
    axes.locator_params(axis="y", nbins=y)


def share(weight: float) -> str:
    """Return a weight as a percentage, with one digit, or as many as show that it is neither 0 nor all."""
    edge = 100 * min(weight, 1 - weight)
    digits = 1 if edge >= 0.05 or edge <= 1e-12 else -floor(log10(edge))
    return f"{100 * weight:.{digits}f}%"


def with_spread(mean: float, deviation: float) -> str:
    """Return "mean ± deviation", the deviation to two digits, both times a power of ten if need be."""
    power = floor(log10(max(abs(mean), deviation)))
    if -3 < power < 5:
        power = 0
    digits = max(0, 1 - floor(log10(deviation)) + power)
    if digits > 6:  # so sharp a component would fill the line with zeros
        return f"{mean:.9g} ± {deviation:.2g}".replace("-", "\N{MINUS SIGN}")
    text = f"{mean / 10.0**power:.{digits}f} ± {deviation / 10.0**power:.{digits}f}"
    text = text.replace("-", "\N{MINUS SIGN}")
    return f"({text}) $\\times 10^{{{power}}}$" if power else text

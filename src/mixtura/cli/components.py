"""The table of components: weight, and for each variable mean, standard deviation and correlations."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from ..model.mixture import Mixture
from . import digits
from .printing import printable

WIDE = 20  # variables: with more, the table shows
SHOWN = 10  # of them


def components(console: Console, mixture: Mixture, names: Sequence[str], full: bool = False) -> Table:
    """Return the table; correlations within a component stand in it where the console is wide enough.

    Of many variables it shows those in which the components differ the most, unless it is to be ``full``.
    """
    names = [printable(name) for name in names]
    d = len(names)
    if d > WIDE and not full:
        table = tabulate(mixture, names, correlations=False, features=most_telling(mixture, SHOWN))
        differ = ", in which the components differ most" if len(mixture.weights) > 1 else ""
        table.caption = f" {SHOWN} of {d} variables{differ}; all with --full, covariances with --json"
        table.caption_justify = "left"
        return table
    off_diagonal = mixture.covariances * ~np.eye(d, dtype=bool)
    if off_diagonal.any():
        table = tabulate(mixture, names, correlations=True)
        if Measurement.get(console, console.options.update(max_width=10_000), table).maximum <= console.width:
            return table
    table = tabulate(mixture, names, correlations=False)
    if off_diagonal.any():
        table.caption = " covariances: --json, or a wider screen"
        table.caption_justify = "left"
    return table


def most_telling(mixture: Mixture, count: int) -> list[int]:
    """Return the variables, in their order, whose means differ the most, beside the spread within."""
    w = mixture.weights[:, None]
    centre = (w * mixture.means).sum(axis=0)
    between = (w * (mixture.means - centre) ** 2).sum(axis=0)
    within = (w * np.diagonal(mixture.covariances, axis1=1, axis2=2)).sum(axis=0)
    return sorted(np.argsort(-between / within, kind="stable")[:count].tolist())


def tabulate(
    mixture: Mixture, names: Sequence[str], *, correlations: bool, features: Sequence[int] | None = None
) -> Table:
    """Make the table, of some of the variables or of all."""
    shown = list(range(len(names))) if features is None else list(features)
    names = [names[j] for j in shown]
    all_means, covariances = mixture.means[:, shown], mixture.covariances[:, shown][:, :, shown]
    k, d = all_means.shape
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=True, padding=(0, 1, 0, 0))
    table.add_column("component", justify="right", no_wrap=True)
    table.add_column("weight", justify="right", no_wrap=True)
    table.add_column("variable", no_wrap=True)
    table.add_column("mean", justify="right", no_wrap=True)
    table.add_column("sd", justify="right", no_wrap=True)
    titles = [broken(name) for name in names[:-1]] if correlations else []
    lines = max((title.count("\n") for title in titles), default=0)
    for j, title in enumerate(titles):
        above = ("corr. with" if j == 0 else " ") + "\n" * (1 + lines - title.count("\n"))
        table.add_column(above + title, justify="right", no_wrap=True)

    deviations = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    places = [digits.decimals(float(deviations[:, j].min())) for j in range(d)]
    means = digits.aligned([digits.fixed(m, p) for row in all_means for m, p in zip(row, places)])
    spreads = digits.aligned([digits.fixed(s, p) for row in deviations for s, p in zip(row, places)])
    for c in range(k):
        for j in range(d):
            row = [str(c), digits.fixed(mixture.weights[c], 4)] if j == 0 else ["", ""]
            row += [names[j], means[c * d + j], spreads[c * d + j]]
            if correlations:
                between = covariances[c, j, :j] / (deviations[c, j] * deviations[c, :j])
                row += [f"{round(r, 3) + 0.0:.3f}" for r in between]  # no -0.000
            table.add_row(*row, end_section=j == d - 1 and d > 1 and c < k - 1)
    return table


def broken(name: str, width: int = 9) -> str:
    """Break a long name into lines, after its dots, dashes and spaces if it has any.

    Examples
    --------
    >>> broken("Sepal.Length")
    'Sepal.\\nLength'
    """
    if len(name) <= width:
        return name
    lines = [""]
    for piece in re.findall(rf"[^\W_]{{1,{width}}}[\W_]*|[\W_]+", name):
        if lines[-1] and len(lines[-1]) + len(piece) > width:
            lines.append("")
        lines[-1] += piece
    return "\n".join(line.strip() for line in lines)

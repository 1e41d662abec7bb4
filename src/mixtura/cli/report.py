"""Report: a mixture and a fit as tables for people, and as JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from ..fit import Fit
from ..mixture import Mixture
from . import digits

CORRELATIONS_UP_TO = 6  # features


def components(mixture: Mixture, names: Sequence[str]) -> Grid:
    """Return the table of components: weight, and for each column mean, standard deviation, correlations."""
    k, d = mixture.means.shape
    deviations = np.sqrt(np.diagonal(mixture.covariances, axis1=1, axis2=2))
    table = Grid(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("component", justify="right", style="bold")
    table.add_column("weight", justify="right")
    table.add_column("variable", overflow="fold")
    table.add_column("mean", justify="right", no_wrap=True)
    table.add_column("sd", justify="right", no_wrap=True)
    off_diagonal = mixture.covariances * ~np.eye(d, dtype=bool)
    correlated = 1 < d <= CORRELATIONS_UP_TO and bool(off_diagonal.any())
    if correlated:
        for name in names[:-1]:
            table.add_column(_short(name), justify="right", style="dim", no_wrap=True)

    places = [digits.decimals(float(deviations[:, j].min())) for j in range(d)]
    means = digits.aligned([digits.fixed(m, p) for row in mixture.means for m, p in zip(row, places)])
    spreads = digits.aligned([digits.fixed(s, p) for row in deviations for s, p in zip(row, places)])
    weights = [digits.fixed(w, 4) for w in mixture.weights]
    for c in range(k):
        for j in range(d):
            row = [str(c + 1), weights[c]] if j == 0 else ["", ""]
            row += [names[j], means[c * d + j], spreads[c * d + j]]
            if correlated:
                between = mixture.covariances[c, j, :j] / (deviations[c, j] * deviations[c, :j])
                row += [f"{r:.3f}" for r in between]
            table.add_row(*row, end_section=j == d - 1 and d > 1 and c < k - 1)
    if correlated:
        table.caption = "on the right: correlations within the component"
        table.caption_justify = "right"
    return table


def summary(rows: Sequence[tuple[str, str, str]]) -> Grid:
    """Return lines of name, figure and remark."""
    table = Grid.grid(padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right", style="bold", no_wrap=True)
    table.add_column(style="dim")
    for row in rows:
        table.add_row(*row)
    return table


def heading(source: str, mixture: Mixture, rest: str = "") -> Text:
    """Return the line over a table: what it is of."""
    k, d = mixture.means.shape
    size = f": {k} component{'s' if k > 1 else ''} in {d} dimension{'s' if d > 1 else ''}{rest}"
    return Text.assemble((source, "bold"), size)


def fit_report(fit: Fit, names: Sequence[str], source: str, seconds: float) -> RenderableType:
    """Return all that a person is told of a fit."""
    mixture = fit.mixture
    weighing = "" if fit.total_weight == fit.n_rows else f"weighing {fit.total_weight:,.6g}"
    lines = [
        ("log-likelihood", digits.fixed(fit.loglik, 3), "nats, total over all rows"),
        ("parameters", str(fit.n_parameters), f"{fit.structure.name}: {fit.structure.description}"),
        ("BIC", digits.fixed(fit.bic, 3), "2 loglik - parameters ln(rows); larger is better"),
        ("rows", f"{fit.n_rows:,}", weighing),
        ("iterations", f"{fit.n_iter:,}", "passes over the data by the start that won"),
        *search_lines(fit),
        ("still to gain", digits.general(fit.remaining), "nats, estimated, up to this maximum"),
        ("time", digits.duration(seconds), ""),
    ]
    colour = "green" if fit.converged else "yellow"
    remarks = Grid.grid(padding=(0, 2, 0, 0))
    remarks.add_row("ended", Text(fit.status.value, style=colour))
    for note in fit.notes:
        remarks.add_row("note", Text(note, style="yellow"))
    return Group(heading(source, mixture), components(mixture, names), summary(lines), Text(""), remarks)


def told(metadata: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the lines of what a model file tells of its fit."""
    lines = []
    for key, label, places in (("loglik", "log-likelihood", 3), ("bic", "BIC", 3), ("n_rows", "rows", 0)):
        if isinstance(metadata.get(key), (int, float)):
            lines.append((label, digits.fixed(metadata[key], places), ""))
    words = [key for key in ("structure", "status") if isinstance(metadata.get(key), str)]
    return lines + [(key, metadata[key], "") for key in words]


def fit_json(fit: Fit, names: Sequence[str], seconds: float) -> dict[str, Any]:
    """Return all of a fit as plain values: log-likelihoods in nats, total; BIC with mclust's sign."""
    mixture = fit.mixture
    return {
        "loglik": fit.loglik,
        "n_parameters": fit.n_parameters,
        "bic": fit.bic,
        "aic": fit.aic,
        "n_rows": fit.n_rows,
        "total_weight": fit.total_weight,
        "structure": fit.structure.name,
        "status": str(fit.status),
        "message": fit.status.value,
        "converged": fit.converged,
        "n_iter": fit.n_iter,
        "remaining": finite(fit.remaining),
        "search": None,
        "degenerate": list(fit.degenerate),
        "notes": list(fit.notes),
        "columns": list(names),
        "components": plain_components(mixture),
        "seconds": seconds,
    }


def plain_components(mixture: Mixture) -> list[dict[str, Any]]:
    """Return the components as plain values, in canonical order."""
    return [
        {"weight": w, "mean": m, "covariance": s}
        for w, m, s in zip(mixture.weights.tolist(), mixture.means.tolist(), mixture.covariances.tolist())
    ]


def finite(value: float) -> float | None:
    """Return a number that JSON can hold, None for NaN and infinity."""
    return float(value) if np.isfinite(value) else None


def print_to(console: Console, *parts: RenderableType) -> None:
    """Print parts with an empty line around them."""
    console.print()
    for part in parts:
        console.print(part)
    console.print()


def search_lines(fit: Fit) -> list[tuple[str, str, str]]:
    """Return the lines on how many starts there were and what they found."""
    return []


def _short(name: str, width: int = 12) -> str:
    return name if len(name) <= width else name[: width - 2] + ".."

"""Report: a mixture and a fit as tables for people, and as JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from ..inference.summary import Summary
from ..model.mixture import Mixture
from ..search.result import Fit
from . import digits
from .components import components


def summary(rows: Sequence[tuple[str, str, str]]) -> Grid:
    """Return lines of name, figure and remark."""
    table = Grid.grid(padding=(0, 2, 0, 1), pad_edge=True)
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
    return Text.assemble(" ", (source, "bold"), size)


def fit_report(
    console: Console, fit: Fit, names: Sequence[str], source: str, seconds: float, full: bool = False
) -> RenderableType:
    """Return all that a person is told of a fit; of a wide one every variable only in ``full``."""
    mixture = fit.mixture
    weighing = "" if fit.total_weight == fit.n_rows else f"weighing {fit.total_weight:,.6g}"
    lines = [
        ("log-likelihood", digits.fixed(fit.loglik, 3), "nats, total over all rows"),
        ("parameters", str(fit.n_parameters), structure_told(fit)),
        ("BIC", digits.fixed(fit.bic, 3), "2 loglik - parameters ln(rows); larger is better"),
        ("rows", f"{fit.n_rows:,}", weighing),
        ("iterations", f"{fit.n_iter:,}", "passes over the data by the start that won"),
        *search_lines(fit),
        *work_lines(fit),
        ("still to gain", digits.general(fit.remaining), "nats, estimated, up to this maximum"),
        ("time", digits.duration(seconds), ""),
    ]
    colour = "green" if fit.converged else "yellow"
    remarks = Grid.grid(padding=(0, 2, 0, 1), pad_edge=True)
    remarks.add_row("ended", Text(fit.status.value, style=colour))
    for note in fit.notes:
        remarks.add_row("note", Text(note, style="yellow"))
    return Group(
        heading(source, mixture), components(console, mixture, names, full), summary(lines), Text(""), remarks
    )


def structure_told(fit: Fit) -> str:
    """Return the name of the structure and what it means."""
    weights = "; equal weights" if fit.structure.equal_weights else ""
    return f"{fit.structure.name}: {fit.structure.description}{weights}"


def work_lines(fit: Fit) -> list[tuple[str, str, str]]:
    """Return the line on all that was done: starts, the fit itself, and what the notes look at."""
    if fit.work is None:
        return []
    mixtures = digits.fixed(fit.work.evaluations, 0)
    what = f"of the data in all; {mixtures} mixtures evaluated"
    return [("reads", digits.fixed(fit.work.reads, 0 if fit.work.reads >= 10 else 1), what)]


def told(metadata: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the lines of what a model file tells of its fit."""
    lines = []
    for key, label, places in (("loglik", "log-likelihood", 3), ("bic", "BIC", 3), ("n_rows", "rows", 0)):
        value = metadata.get(key)
        # others may have written it: a whole number of JSON may be larger than any float
        if isinstance(value, (int, float)) and abs(value) < 1e300:
            lines.append((label, digits.fixed(value, places), ""))
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
        "equal_weights": fit.structure.equal_weights,
        "status": str(fit.status),
        "message": fit.status.value,
        "converged": fit.converged,
        "n_iter": fit.n_iter,
        "remaining": finite(fit.remaining),
        "work": None if fit.work is None else {"reads": fit.work.reads, "evaluations": fit.work.evaluations},
        "search": None if fit.search is None else plain(asdict(fit.search)),
        "degenerate": list(fit.degenerate),
        "notes": list(fit.notes),
        "columns": list(names),
        "components": plain_components(mixture),
        "seconds": seconds,
    }


def errors_json(summary: Summary, kind: str) -> dict[str, Any]:
    """Return estimates with their errors and intervals as plain values, null where they cannot be told."""
    quantities = [
        {key: finite(value) if isinstance(value, float) else value for key, value in asdict(line).items()}
        for line in summary.lines
    ]
    return {"kind": kind, "level": summary.level, "quantities": quantities, "notes": list(summary.doubts)}


def plain_components(mixture: Mixture) -> list[dict[str, Any]]:
    """Return the components as plain values, in canonical order."""
    return [
        {"weight": w, "mean": m, "covariance": s}
        for w, m, s in zip(mixture.weights.tolist(), mixture.means.tolist(), mixture.covariances.tolist())
    ]


def finite(value: float) -> float | None:
    """Return a number that JSON can hold, None for NaN and infinity."""
    return float(value) if np.isfinite(value) else None


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return values that JSON can hold: None in the place of NaN and infinity."""
    return {key: finite(v) if isinstance(v, float) else v for key, v in values.items()}


def print_to(console: Console, *parts: RenderableType) -> None:
    """Print parts with an empty line around them."""
    console.print()
    for part in parts:
        console.print(part)
    console.print()


def search_lines(fit: Fit) -> list[tuple[str, str, str]]:
    """Return the line on how many starts there were and what they found; none for a single start."""
    search = fit.search
    if search is None:
        return []
    if search.n_best == search.n_starts:
        return [("starts", str(search.n_starts), "all reached this maximum")]
    found = f"{search.n_best} reached this maximum"
    if np.isfinite(search.gap):
        found += f"; the second best of {search.n_optima} lies {digits.general(search.gap)} nats below"
    return [("starts", str(search.n_starts), found)]

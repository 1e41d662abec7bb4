"""Summary: what a statistician prints of a fit, as a table and the lines around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..search.result import Fit
from . import rendering
from .asking import infer, problem_of
from .figures import figure, row_figures
from .overlap import overlap
from .result import Inference

MANY = 5  # features, beyond which correlations are too many to be printed
WIDTH = 80  # columns, where nobody says how wide the screen is
UNTOLD, FIXED = "cannot be told", "fixed"
KINDS = {
    "observed": "observed information",
    "sandwich": "sandwich: right where the rows are not quite mixtures of normals too",
    "bootstrap": "bootstrap, its intervals percentiles",
    "jackknife": "jackknife",
}


@dataclass(frozen=True)
class Line:
    """A line of the table: a quantity with its standard error and interval, NaN where they cannot be told."""

    component: int
    name: str
    estimate: float
    error: float
    low: float
    high: float
    fixed: bool = False  # it is no parameter, and has no error

    @property
    def words(self) -> str:
        """Return what stands in the place of an error and an interval, empty where there are both."""
        return FIXED if self.fixed else "" if np.isfinite(self.error) else UNTOLD

    @property
    def figures(self) -> tuple[str, ...]:
        """Return the numbers (4,) as people read them; three are empty where there is no error."""
        return row_figures(self.estimate, np.nan if self.words else self.error, self.low, self.high)


@dataclass(frozen=True)
class Summary:
    """Estimates with errors and intervals, how good the fit is, how it was reached, what cannot be told."""

    title: str
    level: float  # of the intervals
    lines: tuple[Line, ...]
    facts: tuple[tuple[str, str, str], ...]  # name, figure, remark
    notes: tuple[str, ...]  # on the fit
    doubts: tuple[str, ...]  # on what cannot be told of it

    def text(self, width: int = WIDTH) -> str:
        """Return it for a screen of so many columns, at least 60."""
        return rendering.text(self, width)

    def table(self, width: int = WIDTH) -> str:
        """Return the table alone, with what cannot be told, for a screen of so many columns."""
        return rendering.text(replace(self, facts=(), notes=()), width)

    def markdown(self) -> str:
        """Return it as Markdown."""
        return rendering.markdown(self)

    def latex(self) -> str:
        """Return the table as LaTeX, for the package booktabs."""
        return rendering.latex(self)

    def html(self) -> str:
        """Return it as HTML."""
        return rendering.html(self)

    def _repr_html_(self) -> str:
        return self.html()

    def __str__(self) -> str:
        return self.text()

    def to_frame(self, library: str = "pandas") -> Any:
        """Return the table as a data frame of "pandas" or "polars", whichever is asked for.

        Raises
        ------
        ValueError
            If it is neither.
        """
        if library not in ("pandas", "polars"):
            raise ValueError(f"library is {library!r}; use one of pandas, polars")
        from importlib import import_module

        columns = {
            name: [getattr(line, name) for line in self.lines]
            for name in ("component", "name", "estimate", "error", "low", "high")
        }
        return import_module(library).DataFrame(columns)


def lines_of(inference: Inference, level: float) -> tuple[Line, ...]:
    """Return the lines of a table, component after component: weights, means, deviations and correlations."""
    layout = inference.layout
    estimates, errors, ends = inference.estimates, inference.errors, inference.ends(level)
    kinds = ("weight", "mean", "sd") if layout.d > MANY else ("weight", "mean", "sd", "correlation")
    kind = np.array([name.partition("[")[0] for name in layout.names])
    found = []
    for c in range(layout.k):
        for wanted in kinds:
            for j in np.flatnonzero((layout.component == c) & (kind == wanted)):
                inner = layout.names[j].partition("[")[2].rstrip("]").partition(", ")[2]
                name = f"{wanted}[{inner}]" if inner else wanted
                if wanted == "correlation" and errors[j] == 0.0:
                    continue  # the structure has none
                estimate, error, fixed = float(estimates[j]), float(errors[j]), bool(layout.fixed[j])
                found.append(Line(c, name, estimate, error, float(ends[j, 0]), float(ends[j, 1]), fixed))
    return tuple(found)


def summary_of(inference: Inference, level: float = 0.95) -> Summary:
    """Return the table of an inference alone."""
    title = f"Errors by the {KINDS[inference.kind]}"
    return Summary(title, level, lines_of(inference, level), (), (), inference.notes)


def summarise(
    fit: Fit,
    kind: str = "observed",
    *,
    level: float = 0.95,
    features: Sequence[str] | None = None,
    **options: Any,
) -> Summary:
    """Sum a fit up: estimates, errors, intervals, criteria, the way that led here, and what cannot be told.

    Parameters
    ----------
    fit : Fit
    kind : str
        Of the errors: see `infer`, whose options the others are.
    level : float
        Of the intervals.
    features : sequence of str, optional
        Names of the features.

    Returns
    -------
    Summary
        It prints as text, and has Markdown, LaTeX, HTML and data frames.
    """
    inference = infer(fit, kind, features=features, **options)
    problem = problem_of(fit, options.get("x"), options.get("sample_weight"))
    entropy, surprise = overlap(problem, fit.mixture.parameters)
    k, d = fit.mixture.means.shape
    title = f"Gaussian mixture of {k} component{'s' * (k > 1)} in {d} dimension{'s' * (d > 1)}"
    weighing = "" if fit.total_weight == fit.n_rows else f"weighing {fit.total_weight:,.6g}"
    facts = [
        ("structure", fit.structure.name, fit.structure.description),
        ("rows", f"{fit.n_rows:,}", weighing),
        ("log-likelihood", figure(fit.loglik), "nats, total"),
        ("parameters", f"{fit.n_parameters:,}", "free"),
        ("AIC", figure(fit.aic), "2 loglik - 2 parameters; larger is better"),
        ("BIC", figure(fit.bic), "2 loglik - parameters ln(rows); larger is better"),
        ("ICL", figure(fit.bic - 2.0 * surprise), "BIC less what is unsure of each row's component"),
        ("entropy", figure(entropy), f"nats, of at most {figure(fit.total_weight * np.log(k))}"),
    ]
    if fit.search is not None:
        ways = f"of {fit.search.n_starts} starts and moves led to this maximum"
        facts.append(("found by", str(fit.search.n_best), ways))
    if fit.work is not None:
        mixtures = f"of the data; {fit.work.evaluations:,.0f} mixtures evaluated"
        facts.append(("reads", f"{fit.work.reads:,.1f}", mixtures))
    facts.append(("errors", inference.kind, KINDS[inference.kind].partition(": ")[2]))
    ended = () if fit.converged else (fit.status.value,)
    lines = lines_of(inference, level)
    return Summary(title, level, lines, tuple(facts), (*ended, *fit.notes), inference.notes)

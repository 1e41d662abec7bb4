"""Showing: a fit as it prints and as a notebook shows it, without reading the data again."""

from __future__ import annotations

import textwrap
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .result import Fit


WIDTH = 100  # letters of a line


def text(fit: Fit) -> str:
    """Return the mixture, how good the fit is, how it ended, and what its notes say, in a few lines."""
    rows = f"{fit.n_rows:,} rows"
    if fit.total_weight != fit.n_rows:
        rows += f" weighing {fit.total_weight:,.6g}"
    names = (fit.structure.name, fit.structure.description)
    lines = [
        repr(fit.mixture),
        f"{names[0]} ({names[1]}), {rows}, {fit.n_parameters:,} parameters",
        f"log-likelihood {fit.loglik:,.3f} nats, BIC {fit.bic:,.3f} (larger is better)",
        f"{fit.status.value}; {fit.n_iter:,} passes",
    ]
    for note in fit.notes:
        lines += textwrap.wrap(f"note: {note}", WIDTH, subsequent_indent="  ")
    return "\n".join(lines)


def html(fit: Fit) -> str:
    """Return the mixture, how good the fit is, how it ended, and what its notes say.

    Errors and ICL take passes over the data; ``fit.summary()`` has them.
    """
    facts = [
        ("structure", fit.structure.name, fit.structure.description),
        ("rows", f"{fit.n_rows:,}", ""),
        ("log-likelihood", f"{fit.loglik:,.3f}", "nats, total"),
        ("parameters", f"{fit.n_parameters:,}", "free"),
        ("AIC", f"{fit.aic:,.3f}", "larger is better"),
        ("BIC", f"{fit.bic:,.3f}", "larger is better"),
        ("passes", f"{fit.n_iter:,}", fit.status.value),
    ]
    if fit.search is not None:
        ways = f"of {fit.search.n_starts} starts and moves led to this maximum"
        facts.append(("found by", str(fit.search.n_best), ways))
    out = [fit.mixture._repr_html_(), '<div class="mixtura"><table>']
    for fact in facts:
        name, shown, remark = map(escape, fact)
        out.append(f"<tr><td class='name'>{name}</td><td>{shown}</td><td class='name'>{remark}</td></tr>")
    out.append("</table>")
    if fit.notes:
        out.append("<ul>" + "".join(f"<li>{escape(note)}</li>" for note in fit.notes) + "</ul>")
    return "\n".join([*out, "</div>"])

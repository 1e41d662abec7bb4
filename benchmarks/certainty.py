"""The pictures of the page "How sure?", and its table of errors with those of R's mclust beside ours.

Run ``python -m benchmarks.certainty`` where R has the package mclust; it draws into docs/images, and writes
results/certainty.json and .md.
"""

from __future__ import annotations

import csv
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mixtura import Inference, datasets, fit_mixture, plot
from mixtura.inference.profile import Profile
from mixtura.plot.style import COLOURS, DARK, GREY, canvas, few_ticks

from .pictures import IMAGES
from .report import table as markdown
from .written import write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = ("observed", "sandwich", "bootstrap", "jackknife")
FALL = 1.920729  # half of the 95% point of chi-squared with one degree of freedom
DEEP = 4.0  # nats that are shown
COLUMNS = (
    "weight",
    "mean, eruptions",
    "mean, waiting",
    "variance, eruptions",
    "variance, waiting",
    "covariance",
)
PROGRAM = """
suppressMessages(library(mclust))
x <- as.matrix(read.csv(commandArgs(TRUE)[1], header = FALSE))
fit <- Mclust(x, G = 2, modelNames = "VVV", verbose = FALSE)
first <- which.min(fit$parameters$mean[1, ])
for (type in c("bs", "jk")) {
  set.seed(1)
  found <- summary(MclustBootstrap(fit, nboot = 999, type = type, verbose = FALSE), what = "se")
  s <- found$variance[, , first]
  cat(type, found$pro[first], found$mean[, first], s[1, 1], s[2, 2], s[1, 2], sep = ",")
  cat("\\n")
}
"""


def kinds(found: dict[str, Inference]) -> Figure:
    """Draw the intervals of every quantity of a component, by four kinds, in errors of the first."""
    first = found[KINDS[0]]
    layout = first.layout
    shown = [
        j
        for j in np.flatnonzero(layout.component == 0)
        if layout.names[j].split("[")[0] not in ("variance", "covariance")
    ]
    with canvas(5.2, 2.6) as figure:
        axes = figure.add_subplot()
        for i, (name, inference) in enumerate(found.items()):
            ends = (inference.ends(0.95)[shown] - first.estimates[shown, None]) / first.errors[shown, None]
            height = np.arange(len(shown)) + 0.18 * (i - 1.5)
            axes.hlines(height, *ends.T, color=COLOURS[i], lw=1.6, label=name)
        axes.axvline(0.0, color=GREY, lw=0.6, zorder=0)
        axes.set_yticks(
            range(len(shown)),
            [layout.names[j].replace("[0, ", ", ").replace("[0]", "").rstrip("]") for j in shown],
        )
        axes.set(
            ylim=(len(shown) - 0.4, -0.6),
            xlabel="from the estimate, in standard errors of the observed information",
        )
        axes.tick_params(axis="y", length=0)
        figure.legend(loc="outside upper center", ncols=4)
    return figure


def fallen(profile: Profile, unit: float, label: str) -> Figure:
    """Draw how the log-likelihood falls on either side of a fit, and what a 95% interval takes in."""
    behind = profile.highest - profile.logliks
    low, high = (end / unit for end in profile.interval(0.95))
    with canvas(4.2, 2.4) as figure:
        axes = figure.add_subplot()
        axes.axvspan(low, high, color=GREY, alpha=0.25, lw=0)
        axes.plot(profile.values / unit, -behind, color=COLOURS[0])
        axes.plot(profile.estimate / unit, 0.0, "o", ms=4, color=COLOURS[0])
        axes.axhline(-FALL, color=DARK, lw=0.6, ls=":")
        axes.axvline(0.0, color=GREY, lw=0.6)
        axes.set(ylim=(-DEEP, 0.3), xlabel=label, ylabel="log-likelihood, nats from the best")
        few_ticks(axes)
    return figure


def errors_of(inference: Inference) -> list[float]:
    """Return the errors of the first component's weight, means, variances and covariance."""
    errors = inference.standard_errors
    (first, both), (_, second) = errors.covariances[0]
    return [float(error) for error in (errors.weights[0], *errors.means[0], first, second, both)]


def errors_of_mclust(x: np.ndarray) -> dict[str, list[float]]:
    """Return mclust's errors of the same, by its bootstrap and its jackknife.

    Raises
    ------
    RuntimeError
        If R is missing, or has no package mclust.
    """
    with tempfile.TemporaryDirectory() as folder:
        data, program = Path(folder) / "data.csv", Path(folder) / "program.R"
        np.savetxt(data, x, delimiter=",", fmt="%.17g")
        program.write_text(PROGRAM, encoding="utf-8")
        try:
            run = subprocess.run(
                ["Rscript", str(program), str(data)], capture_output=True, text=True, check=True
            )
        except (OSError, subprocess.CalledProcessError) as error:
            raise RuntimeError("R did not run, or has no package mclust") from error
    rows = csv.reader(run.stdout.splitlines())
    named = {"bs": "mclust, bootstrap", "jk": "mclust, jackknife"}
    return {named[kind]: [float(number) for number in numbers] for kind, *numbers in rows}


def table(found: dict[str, list[float]]) -> str:
    """Return the Markdown table: a kind a line."""
    rows = [[kind, *(f"{error:#.3g}" for error in errors)] for kind, errors in found.items()]
    return markdown(["standard errors", *COLUMNS], rows)


def main() -> None:
    """Draw and write."""
    geyser = datasets.faithful()
    fit = fit_mixture(geyser.data, 2)
    found = {kind: fit.inference(kind, features=geyser.feature_names) for kind in KINDS}
    alphas = datasets.alphas().data.ravel()
    flat = fit_mixture(alphas, 2).inference().profile(lambda m: m.means[1, 0] - m.means[0, 0])
    figures = {
        "uncertainty": plot.uncertainty(found["sandwich"]),
        "kinds": kinds(found),
        "band": plot.uncertainty(found["sandwich"], show="density"),
        "regions": plot.uncertainty(found["sandwich"], show="means"),
        "profile": fallen(
            flat, float(alphas.std()), "distance of the two means, standard deviations of all rows"
        ),
    }
    for name, figure in figures.items():
        figure.savefig(IMAGES / f"{name}.png")
    errors = {kind: errors_of(inference) for kind, inference in found.items()}
    errors |= errors_of_mclust(geyser.data)
    write("certainty", {"component": 0, "quantities": COLUMNS, "errors": errors}, table(errors))


if __name__ == "__main__":
    main()

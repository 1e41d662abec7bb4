"""How long a whole table of models takes, beside R's mclust and scikit-learn in a loop, and what it finds.

Run ``python -m benchmarks.selection``; it writes results/selection.json and results/selection.md. R with its
package mclust has to be there: its ``GvHD.control`` is one of the data sets.
"""

from __future__ import annotations

import csv
import statistics
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from mixtura import select
from mixtura.datasets import iris
from mixtura.inference.selection.nesting import chosen_structures

from .written import write

SKLEARN = ("full", "tied", "diag", "spherical")
STARTS = 10  # of scikit-learn's fits
HIGHER = 0.1  # nats from which on a cell counts as higher or lower
# name: numbers of components up to, rounds in which the two programs take turns
PROBLEMS = {"iris": (9, 9), "gvhd_control": (6, 3), "50,000 x 5": (6, 2)}

PROGRAM = r"""
suppressMessages(library(mclust))
folder <- commandArgs(TRUE)[1]
at <- function(name) file.path(folder, name)
if (exists("GvHD.control") || {data(GvHD, package = "mclust"); exists("GvHD.control")})
  write.csv(GvHD.control, at("gvhd_control.csv"), row.names = FALSE)
cat("ready\n"); flush(stdout())
input <- file("stdin", "r")
while (length(line <- readLines(input, 1)) == 1) {
  asked <- strsplit(line, " ")[[1]]
  x <- as.matrix(read.csv(at(asked[1]), header = asked[1] == "gvhd_control.csv"))
  models <- strsplit(asked[3], ",")[[1]]
  took <- system.time(b <- mclustBIC(x, G = 1:as.integer(asked[2]), modelNames = models, verbose = FALSE))
  write.csv(unclass(b)[, models, drop = FALSE], at("bic.csv"), row.names = FALSE)
  cat(took[["elapsed"]], "\n"); flush(stdout())
}
"""


def mixed(n: int = 50_000, d: int = 5, k: int = 4, seed: int = 0) -> np.ndarray:
    """Draw n rows of k components with covariances of their own."""
    rng = np.random.default_rng(seed)
    means = 2.5 * rng.normal(size=(k, d))
    turns = 0.5 * (rng.normal(size=(k, d, d)) + np.eye(d))
    labels = rng.integers(k, size=n)
    return means[labels] + np.einsum("nd,nde->ne", rng.normal(size=(n, d)), turns[labels])


class Mclust:
    """An R process that fits tables of models."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "program.R").write_text(PROGRAM)
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen(
            ["Rscript", str(folder / "program.R"), str(folder)], text=True, **pipes
        )
        if self._line() != "ready":
            raise RuntimeError("R did not start, or has no package mclust")

    def table(self, file: str, most: int, names: list[str]) -> tuple[float, np.ndarray]:
        """Return the seconds that mclustBIC takes, and its BIC (k, m), NaN where it fits nothing."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{file} {most} {','.join(names)}\n")
        self.process.stdin.flush()
        seconds = float(self._line())
        with open(self.folder / "bic.csv", encoding="utf-8") as file_:
            rows = [[np.nan if v == "NA" else float(v) for v in row] for row in list(csv.reader(file_))[1:]]
        return seconds, np.array(rows)

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


def measure(mclust: Mclust, name: str, most: int, rounds: int) -> dict[str, Any]:
    """Take turns at a table, and compare its cells."""
    file = f"{name.replace(' ', '').replace(',', '')}.csv"
    if name == "gvhd_control":
        x = np.loadtxt(mclust.folder / file, delimiter=",", skiprows=1)
    else:
        x = iris().data if name == "iris" else mixed()
        np.savetxt(mclust.folder / file, x, delimiter=",", fmt="%.17g")
    names = [one.name for one in chosen_structures("all", x.shape[1])]
    select(x[:100], [1, 2])  # what is imported and allocated once
    ours, theirs = [], []
    for _ in range(rounds):
        begin = time.perf_counter()
        found = select(x, range(1, most + 1))
        ours.append(time.perf_counter() - begin)
        seconds, bic = mclust.table(file, most, names)
        theirs.append(seconds)
    gains = [
        0.5 * (found.cell(structure, k).bic - bic[k - 1, m])
        for m, structure in enumerate(names)
        for k in range(1, most + 1)
        if found.cell(structure, k).eligible and np.isfinite(bic[k - 1, m])
    ]
    best = found.ranked(1)[0]
    place = np.unravel_index(np.nanargmax(bic), bic.shape)
    return {
        "rows": len(x),
        "columns": x.shape[1],
        "cells": len(found.table),
        "mixtura": ours,
        "mclust": theirs,
        "ratio": statistics.median(a / b for a, b in zip(ours, theirs)),
        "sklearn": by_sklearn(x, most),
        "higher": int(sum(gain > HIGHER for gain in gains)),
        "lower": int(sum(gain < -HIGHER for gain in gains)),
        "compared": len(gains),
        "chosen": [best.structure, best.n_components, best.bic],
        "mclust_chosen": [names[place[1]], int(place[0]) + 1, float(bic[place])],
    }


def by_sklearn(x: np.ndarray, most: int) -> float:
    """Return the seconds that scikit-learn's four types take in a loop."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    begin = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for kind in SKLEARN:
            for k in range(1, most + 1):
                GaussianMixture(k, covariance_type=kind, n_init=STARTS, random_state=0).fit(x).bic(x)
    return time.perf_counter() - begin


def table(results: dict[str, dict[str, Any]]) -> str:
    """Return the Markdown table."""
    lines = [
        "| data | cells | mixtura, s | mclust, s | ratio | scikit-learn, 4 types x 10 starts, s "
        "| cells higher than mclust's | lower | mixtura's choice | mclust's |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---|---|",
    ]
    for name, found in results.items():
        size = name if "x" in name else f"{name}, {found['rows']:,} x {found['columns']}"
        lines.append(
            f"| {size} | {found['cells']} | {statistics.median(found['mixtura']):.2f} "
            f"| {statistics.median(found['mclust']):.2f} | {found['ratio']:.2f} | {found['sklearn']:.1f} "
            f"| {found['higher']} of {found['compared']} | {found['lower']} "
            f"| {choice(found['chosen'])} | {choice(found['mclust_chosen'])} |"
        )
    return "\n".join(lines) + "\n"


def choice(found: list[Any]) -> str:
    """Return a choice and its BIC."""
    structure, k, bic = found
    return f"{structure},{k}: {bic:,.1f}"


def main() -> None:
    """Measure and write."""
    with tempfile.TemporaryDirectory() as folder:
        mclust = Mclust(Path(folder))
        results = {name: measure(mclust, name, *sizes) for name, sizes in PROBLEMS.items()}
    write("selection", results, table(results))


if __name__ == "__main__":
    main()

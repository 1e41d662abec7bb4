"""Every cell of R's mclust's tables: how much higher the defaults end, in all fourteen structures.

Run ``python -m benchmarks.mclust``; it takes some minutes and writes results/mclust.json and .md.
"""

from __future__ import annotations

import csv
import time
from typing import Any

import numpy as np

from mixtura import datasets, fit_mixture

from .written import ROOT, write

TABLE = ROOT / "tests" / "reference" / "mclust_bic.csv"
NEAR = 1e-3  # nats: log-likelihoods this close are the same
CLEAR = 1.0  # nats: another maximum


def cells() -> list[dict[str, Any]]:
    """Return mclust's cells: data, structure, n_components, n_parameters and loglik."""
    with TABLE.open(newline="", encoding="utf-8") as file:
        return [
            {
                "data": row["data"],
                "structure": row["structure"],
                "n_components": int(row["n_components"]),
                "n_parameters": int(row["n_parameters"]),
                "loglik": float(row["loglik"]),
            }
            for row in csv.DictReader(file)
        ]


def measured(cell: dict[str, Any]) -> dict[str, Any]:
    """Return a cell with what a default fit of the same model found."""
    x = getattr(datasets, cell["data"])().data
    before = time.perf_counter()
    fit = fit_mixture(x, cell["n_components"], structure=cell["structure"])
    found = {
        "n_parameters": fit.n_parameters,
        "loglik": fit.loglik,
        "status": fit.status.name,
        "seconds": round(time.perf_counter() - before, 3),
    }
    return cell | {"mixtura": found}


def measure() -> list[dict[str, Any]]:
    """Fit every cell."""
    rows = []
    for cell in cells():
        rows.append(measured(cell))
        print(
            f"{cell['data']} {cell['structure']} k={cell['n_components']}: {rows[-1]['mixtura']}", flush=True
        )
    return rows


def line(name: str, rows: list[dict[str, Any]]) -> str:
    """Return a line of a table: cells, how many we end above and by how much, how many are flagged."""
    flagged = [row for row in rows if row["mixtura"]["status"] == "DEGENERATE"]
    honest = [row for row in rows if row not in flagged]
    gains = np.array([row["mixtura"]["loglik"] - row["loglik"] for row in honest])
    clear = gains[gains > CLEAR]
    median = f"{np.median(clear):.1f}" if len(clear) else "–"
    return (
        f"| {name} | {len(rows)} | {(gains < -NEAR).sum()} | {(abs(gains) <= NEAR).sum()} "
        f"| {(gains > NEAR).sum()} | {len(clear)} | {median} | {gains.max():.1f} | {len(flagged)} |"
    )


def table(rows: list[dict[str, Any]]) -> str:
    """Return the Markdown table, by data set and by structure."""
    lines = [
        "| | cells | lower | equal | higher | by over 1 nat | of these the median | the most | degenerate |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for key in ("data", "structure"):
        for name in dict.fromkeys(row[key] for row in rows):
            lines += [line(name, [row for row in rows if row[key] == name])]
    lines.append(line("all", rows))
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and write."""
    rows = measure()
    write("mclust", rows, table(rows))


if __name__ == "__main__":
    main()

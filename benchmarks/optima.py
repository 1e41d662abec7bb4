"""How often do the defaults find the best known maximum? Twenty seeds each, beside scikit-learn.

Run ``python -m benchmarks.optima``; it takes a minute and writes results/optima.json and results/optima.md.
"""

from __future__ import annotations

import json
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from mixtura import datasets, fit_mixture
from mixtura.structures.registry import SKLEARN_NAMES, STRUCTURES

from .written import ROOT, write

REFERENCE = ROOT / "tests" / "reference"
SEEDS = range(20)
NEAR = 1e-3  # nats: a fit this close to the best known maximum has found it
TO_SKLEARN = {mclust: name for name, mclust in SKLEARN_NAMES.items()} | {"V": "full", "E": "tied"}


def rows_of(reference: dict[str, Any]) -> np.ndarray:
    """Return the rows (n, d) that a reference value speaks of."""
    name, columns = reference["data"], reference.get("columns")
    data = getattr(datasets, name)()
    x, names = data.data, list(data.feature_names)
    return x[:, [names.index(column) for column in columns]] if columns else x


def ours(x: np.ndarray, structure: str, k: int, seed: int) -> float:
    """Return the log-likelihood of a default fit; one with a collapsed component counts as none."""
    fit = fit_mixture(x, k, structure=structure, seed=seed)
    return float("-inf") if fit.degenerate else fit.loglik


def theirs(x: np.ndarray, structure: str, k: int, seed: int) -> float:
    """Return the log-likelihood, in nats over all rows, of scikit-learn's default fit."""
    from sklearn.mixture import GaussianMixture

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = GaussianMixture(k, covariance_type=TO_SKLEARN[structure], random_state=seed).fit(x)
    return float(model.score(x) * len(x))


def tried(fit: Any, reference: dict[str, Any], x: np.ndarray) -> dict[str, Any]:
    """Fit with every seed: the share that found the maximum, what the median and the worst miss, the time."""
    before = time.perf_counter()
    logliks = np.array([fit(x, reference["structure"], reference["n_components"], seed) for seed in SEEDS])
    seconds = (time.perf_counter() - before) / len(SEEDS)
    missing = reference["best"] - logliks
    return {
        "found": int(np.sum(missing <= NEAR)),
        "median_missing": float(np.median(missing)),
        "worst_missing": float(missing.max()),
        "seconds": seconds,
    }


def measure(references: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Try both programs on every reference optimum whose structure they know."""
    rows = []
    for reference in references:
        if reference["structure"] not in STRUCTURES:
            continue
        x = rows_of(reference)
        row = reference | {"n": len(x), "d": x.shape[1], "mixtura": tried(ours, reference, x)}
        if reference["structure"] in TO_SKLEARN:
            row["sklearn"] = tried(theirs, reference, x)
        rows.append(row)
        print(f"{reference['data']} {reference['structure']} k={reference['n_components']}: {row['mixtura']}")
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Return the Markdown table."""

    def nats(value: float) -> str:
        return "0" if value <= NEAR else f"{value:.3g}"

    def cells(result: dict[str, Any] | None) -> str:
        if result is None:
            return "– | – | –"
        misses = f"{nats(result['median_missing'])} | {nats(result['worst_missing'])}"
        return f"{result['found']} of {len(SEEDS)} | {misses}"

    lines = [
        "| data | structure, k | best known | mixtura found it | median misses | worst misses "
        "| scikit-learn found it | median misses | worst misses |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        name = row["data"] + ("".join(f", {c}" for c in row.get("columns", [])))
        lines.append(
            f"| {name} | {row['structure']}, {row['n_components']} | {row['best']:.3f} "
            f"| {cells(row['mixtura'])} | {cells(row.get('sklearn'))} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and write."""
    references = json.loads(Path(REFERENCE / "tight.json").read_text())["loglik"]
    rows = measure(references)
    write("optima", rows, table(rows))


if __name__ == "__main__":
    main()

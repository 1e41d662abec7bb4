"""One dimension without the data: ten million values to a certified maximum, against sorting them.

Run ``python -m benchmarks.line``; it writes results/line.json and results/line.md.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from mixtura import fit_mixture
from mixtura.model.parameters import Parameters
from mixtura.search.verification import information, score
from mixtura.sources import ArraySource, CompressedSource, Source

from .written import write

N = 10_000_000
REPEATS = 3


def overlapping(rng: np.random.Generator) -> np.ndarray:
    """Draw N values of three components that overlap."""
    component = rng.choice(3, size=N, p=[0.4, 0.3, 0.3])
    return np.array([0.0, 2.0, 4.0])[component] + np.array([1.0, 1.0, 1.5])[component] * rng.standard_normal(
        N
    )


def problems() -> dict[str, tuple[np.ndarray, np.ndarray | None, int]]:
    """Return values, weights and number of components by name."""
    rng = np.random.default_rng(0)
    x = overlapping(rng)
    return {
        "three overlapping": (x, None, 3),
        "the same, float32": (x.astype(np.float32), None, 3),
        "the same, weighted": (x, rng.exponential(size=N), 3),
        "the same, in integers": (np.round(3 * x), None, 3),
        "Cauchy": (rng.standard_cauchy(N), None, 3),
        "a million standard deviations apart": (
            1e6 * rng.integers(2, size=N) + rng.standard_normal(N),
            None,
            2,
        ),
        "two values": (np.array([0.0, 1.0]), None, 1),
    }


def seconds(call: Callable[[], Any]) -> float:
    """Return the median time of a call."""
    times = []
    for _ in range(REPEATS):
        before = time.perf_counter()
        call()
        times.append(time.perf_counter() - before)
    return median(times)


def to_the_end(source: Source, parameters: Parameters, information: np.ndarray) -> Parameters:
    """Follow the score to where it vanishes by Newton's steps: log-likelihoods have not the digits for it."""
    k = parameters.n_components
    for _ in range(6):
        deviations = np.sqrt(parameters.covariances[:, 0, 0])
        slope = score(source.moments(parameters, "diagonal"), parameters, deviations, tied=False)
        step = np.linalg.solve(information, slope)
        weights = parameters.weights * np.exp(step[:k])
        parameters = Parameters(
            weights / weights.sum(),
            parameters.means + (deviations * step[k : 2 * k])[:, None],
            parameters.covariances * np.exp(2 * step[2 * k :])[:, None, None],
        )
    return parameters


def standard_errors(p: Parameters, q: Parameters, information: np.ndarray) -> float:
    """Return the largest difference of two mixtures' parameters, in standard errors."""
    difference = [
        np.log(p.weights / q.weights),
        (p.means - q.means)[:, 0] / np.sqrt(q.covariances[:, 0, 0]),
        0.5 * np.log(p.covariances[:, 0, 0] / q.covariances[:, 0, 0]),
    ]
    return float(np.abs(np.concatenate(difference) / np.sqrt(np.diag(np.linalg.inv(information)))).max())


def measure(x: np.ndarray, sample_weight: np.ndarray | None, k: int) -> dict[str, Any]:
    """Time a default fit and a sort, and compare the maxima on the nodes and on the values."""
    fit = fit_mixture(x, k, sample_weight=sample_weight)
    rows = ArraySource(x, sample_weight)
    nodes = CompressedSource(rows)
    if not nodes.resolves(fit.parameters):
        nodes.refine(fit.parameters)
    curvature = information(nodes, fit.parameters, tied=False)
    maxima = [to_the_end(source, fit.parameters, curvature) for source in (nodes, rows)]
    return {
        "n": len(x),
        "k": k,
        "seconds": seconds(lambda: fit_mixture(x, k, sample_weight=sample_weight)),
        "sort_seconds": seconds(lambda: np.sort(x)),
        "passes": fit.n_iter,
        "status": str(fit.status),
        "nodes": len(nodes.nodes),
        "standard_errors": standard_errors(*maxima, curvature),
        "default_standard_errors": standard_errors(fit.parameters, maxima[1], curvature),
    }


def table(rows: dict[str, dict[str, Any]]) -> str:
    """Return the Markdown table."""
    lines = [
        "| values | n, k | nodes | to the certified maximum, s | np.sort, s "
        "| the nodes' maximum from the values', standard errors | the default stop from it |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for name, row in rows.items():
        lines.append(
            f"| {name} | {row['n']:,}, {row['k']} | {row['nodes']:,} | {row['seconds']:.3f} "
            f"| {row['sort_seconds']:.3f} | {row['standard_errors']:.0e} "
            f"| {row['default_standard_errors']:.0e} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and write."""
    rows = {}
    for name, problem in problems().items():
        rows[name] = measure(*problem)
        print(name, rows[name], file=sys.stderr)
    write("line", rows, table(rows))


if __name__ == "__main__":
    main()

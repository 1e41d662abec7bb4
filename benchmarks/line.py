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
from mixtura.em import Problem
from mixtura.em.information import observed_information, score_at
from mixtura.model.parameters import Array
from mixtura.sources import ArraySource, CompressedSource
from mixtura.structures import Parametrisation, structure

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


def to_the_end(problem: Problem, chart: Parametrisation, information: Array) -> Array:
    """Follow the score to where it vanishes by Newton's steps: log-likelihoods have not the digits for it.

    Returns the coordinates of the maximum.
    """
    y = np.zeros(chart.size)
    for _ in range(6):
        score, _ = score_at(problem, chart, chart.mixtures(y[None]).at(0))
        y = y + np.linalg.solve(information, score)
    return y


def standard_errors(difference: Array, information: Array, total: float) -> float:
    """Return the length of a difference of coordinates in standard errors, those of any function of them."""
    return float(np.sqrt(total * (difference @ information @ difference)))


def measure(x: np.ndarray, sample_weight: np.ndarray | None, k: int) -> dict[str, Any]:
    """Time a default fit and a sort, and compare the maxima on the nodes and on the values."""
    fit = fit_mixture(x, k, sample_weight=sample_weight)
    nodes = CompressedSource(ArraySource(x, sample_weight))
    if not nodes.resolves(fit.mixture.parameters):
        nodes.refine(fit.mixture.parameters)
    problem = Problem.of(nodes, structure("V", 1))
    chart = problem.parametrisation(fit.mixture.parameters)
    information = observed_information(problem, chart)
    ours, theirs = (to_the_end(p, chart, information) for p in (problem, problem.on(nodes.exact)))
    total = nodes.total_weight
    return {
        "n": len(x),
        "k": k,
        "seconds": seconds(lambda: fit_mixture(x, k, sample_weight=sample_weight)),
        "sort_seconds": seconds(lambda: np.sort(x)),
        "passes": fit.n_iter,
        "status": str(fit.status),
        "nodes": len(nodes.nodes),
        "standard_errors": standard_errors(ours - theirs, information, total),
        "default_standard_errors": standard_errors(theirs, information, total),
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

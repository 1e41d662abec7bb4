"""How many passes to the maximum? Plain EM and the accelerated loop on a table of problems.

Run ``python -m benchmarks.passes``; it takes minutes and writes results/passes.json and results/passes.md.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from mixtura.em import Problem, Settings, maximise
from mixtura.sources import ArraySource
from mixtura.structures import structure

from .problems import PROBLEMS, Drawn
from .written import write

NEAR = 1e-6  # nats from the maximum
PATIENCE = 20_000  # passes of plain EM, after which it is given up


def measure(drawn: Drawn, seed: int = 0, n: int | None = None, patience: int = PATIENCE) -> dict[str, Any]:
    """Count passes and evaluations of mixtures, and compare what is left with what was said to be left.

    Each is measured against the maximum that it climbs to itself, found by running on to the last digits.
    """
    x, start = drawn.make(n, seed)
    source = ArraySource(x)
    problem = Problem.of(source, structure(drawn.structure, source.n_features))
    default = maximise(problem, start)
    # the way on from the default's end, then plain EM, which no quadratic model can lead astray
    end = maximise(problem, start, Settings(tol=1e-9, max_iter=300), state=default.state)
    after = maximise(problem, end.parameters, Settings(tol=0.0, max_iter=300, accelerate=False))
    top = max(end.loglik, after.loglik)
    plain = maximise(problem, start, Settings(tol=1e-8, max_iter=patience, accelerate=False))
    limit = max(plain.loglik, top if abs(plain.loglik - top) < 1.0 else -np.inf)
    near = np.flatnonzero(end.history >= top - NEAR)[0]
    reached = np.flatnonzero(plain.history >= limit - NEAR)
    slow = reached.size == 0 or plain.n_iter >= patience
    return {
        "n": source.n_rows,
        "d": source.n_features,
        "k": start.n_components,
        "maximum": top,
        "plain_passes": None if slow else int(reached[0]) + 1,
        "plain_missing": float(limit - plain.loglik),
        "passes": int(near) + 1,
        "default_passes": default.n_iter,
        "default_evaluations": default.evaluations,
        "status": str(default.status),
        "estimated": default.remaining,
        "missing": float(top - default.loglik),
    }


def table(rows: dict[str, dict[str, Any]]) -> str:
    """Return the Markdown table."""
    lines = [
        "| problem | rows x dims, k | plain EM: passes to 1e-6 nats | mixtura: passes to 1e-6 nats "
        "| default stop: passes | mixtures evaluated | said to be left, nats | left, nats |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, row in rows.items():
        plain = f"over {PATIENCE:,}" if row["plain_passes"] is None else f"{row['plain_passes']:,}"
        left = max(row["missing"], 0.0)
        lines.append(
            f"| {name} | {row['n']:,} x {row['d']}, {row['k']} | {plain} | {row['passes']} "
            f"| {row['default_passes']} | {row['default_evaluations']} "
            f"| {row['estimated']:.0e} | {left:.0e} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and write."""
    rows = {}
    for drawn in PROBLEMS:
        rows[drawn.name] = measure(drawn)
        print(drawn.name, rows[drawn.name], file=sys.stderr)
    write("passes", rows, table(rows))


if __name__ == "__main__":
    main()

"""What scikit-learn's default stopping rule leaves on the table, and what mixtura's does.

Run ``python -m benchmarks.stopping``; it writes results/stopping.json and results/stopping.md.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from mixtura import fit_mixture

from .written import write

PROBLEMS = {
    # name: (means of unit normals of equal weight, rows)
    "two, 2 apart": ((0.0, 2.0), 25_500),
    "two, 2 apart, many": ((0.0, 2.0), 1_000_000),
    "three, 2 apart": ((0.0, 2.0, 4.0), 1_000_000),
}
LEAST = 1e-4  # nats: mixtura's default tolerance; differences below it are not shown


def draw(means: tuple[float, ...], n: int, seed: int = 0) -> np.ndarray:
    """Draw n values of unit normals at these means, of equal weight."""
    rng = np.random.default_rng(seed)
    return np.asarray(means)[rng.integers(len(means), size=n)] + rng.standard_normal(n)


def measure(means: tuple[float, ...], n: int) -> dict[str, Any]:
    """Fit both programs with their defaults; the maximum is ours run to a tolerance of 1e-9 nats."""
    from sklearn.mixture import GaussianMixture

    x, k = draw(means, n), len(means)
    before = time.perf_counter()
    ours = fit_mixture(x, k)
    ours_seconds = time.perf_counter() - before
    top = fit_mixture(x, k, start=ours.mixture, tol=1e-9, compress=False).loglik
    before = time.perf_counter()
    theirs = GaussianMixture(k, random_state=0).fit(x[:, None])
    theirs_seconds = time.perf_counter() - before
    return {
        "n": n,
        "k": k,
        "sklearn": {
            "iterations": int(theirs.n_iter_),
            "missing": float(top - theirs.score(x[:, None]) * n),
            "seconds": theirs_seconds,
        },
        "mixtura": {
            "passes": ours.n_iter,
            "missing": float(top - ours.loglik),
            "estimated": ours.remaining,
            "seconds": ours_seconds,
        },
    }


def table(results: dict[str, dict[str, Any]]) -> str:
    """Return the Markdown table; sqrt(2 missing) is about the distance in standard errors."""
    lines = [
        "| unit normals | values | scikit-learn stops after | missing, nats | standard errors away "
        "| mixtura misses, nats | standard errors away |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, result in results.items():
        theirs, ours = result["sklearn"], result["mixtura"]
        lines.append(
            f"| {name.removesuffix(', many')} | {result['n']:,} | {theirs['iterations']} iterations "
            f"| {distance(theirs['missing'])} | {distance(ours['missing'])} |"
        )
    return "\n".join(lines) + "\n"


def distance(missing: float) -> str:
    """Return two cells: nats, and standard errors of the parameters."""
    if missing < LEAST:
        return f"under {LEAST:g} | under {np.sqrt(2 * LEAST):.2f}"
    return f"{missing:,.{0 if missing >= 100 else 2}f} | {np.sqrt(2 * missing):.1f}"


def main() -> None:
    """Measure and write."""
    results = {name: measure(*problem) for name, problem in PROBLEMS.items()}
    write("stopping", results, table(results))


if __name__ == "__main__":
    main()

"""How often 90% intervals cover the truth, in samples drawn from mixtures of normals and from others.

Run ``python -m benchmarks.coverage``; it writes results/coverage.json and results/coverage.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator

from mixtura import Mixture, fit_mixture
from mixtura.inference.quantities import layout_of

from .report import table as markdown
from .written import write

SEED = 20_261
SAMPLES = 2_000
LEVEL = 0.9
KINDS = ("observed", "sandwich")
LINE = Mixture([0.4, 0.6], [0.0, 5.0], [1.0, 1.7])
PLANE = Mixture(
    [0.35, 0.65], [[0.0, 0.0], [3.0, 3.0]], [[[1.0, 0.4], [0.4, 1.0]], [[1.5, -0.5], [-0.5, 1.0]]]
)


def skewed(n: int, rng: Generator) -> np.ndarray:
    """Draw rows of two gamma distributions, which no two normals are."""
    second = rng.random(n) < 0.5
    return np.where(second, 25.0 + rng.gamma(2.0, 1.5, n), rng.gamma(3.0, 1.0, n))


# name: (draws so many rows, how many, the mixture to be covered: None for the best one of its kind)
SETTINGS: dict[str, tuple[Callable[[int, Generator], np.ndarray], int, Mixture | None]] = {
    "two normals on a line": (lambda n, rng: LINE.rvs(n, rng), 800, LINE),
    "two normals in a plane": (lambda n, rng: PLANE.rvs(n, rng), 1_000, PLANE),
    "two gammas, fitted as normals": (skewed, 2_000, None),
}


def best(draw: Callable[[int, Generator], np.ndarray]) -> Mixture:
    """Return the mixture that is nearest to a distribution: the fit of a very large sample of it."""
    return fit_mixture(draw(20_000_000, np.random.default_rng(SEED)), 2).mixture


def covered(x: np.ndarray, truth: Mixture) -> dict[str, np.ndarray]:
    """Say of each quantity (p,) whether its interval covers the truth: 1, 0, or NaN where none is given."""
    layout = layout_of(truth.parameters)
    wanted = layout.flat(truth.parameters.at(None))[0]
    fit = fit_mixture(x, 2, start=truth, tol=1e-8, n_threads=1)
    found = {}
    for kind in KINDS:
        low, high = fit.inference(kind).ends(LEVEL).T
        found[kind] = np.where(np.isnan(low), np.nan, (low <= wanted) & (wanted <= high))
    return found


def measure(samples: int = SAMPLES) -> list[dict[str, Any]]:
    """Draw, fit and count, setting by setting."""
    rows = []
    for number, (name, (draw, n, mixture)) in enumerate(SETTINGS.items()):
        truth = mixture or best(draw)
        streams = np.random.SeedSequence([SEED, number]).spawn(samples)
        each = [covered(draw(n, np.random.default_rng(stream)), truth) for stream in streams]
        row: dict[str, Any] = {"setting": name, "n": n, "samples": samples, "level": LEVEL, "seed": SEED}
        row["names"] = list(layout_of(truth.parameters).names)
        for kind in KINDS:
            hits = np.array([one[kind] for one in each])
            row[kind] = np.nanmean(hits, axis=0).tolist()
            row[f"{kind}_untold"] = float(np.isnan(hits).any(axis=1).mean())
        rows.append(row)
        shares = {kind: f"{100 * np.mean(row[kind]):.1f}%" for kind in KINDS}
        print(f"{name}: {shares}", file=sys.stderr, flush=True)
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Return the Markdown table."""

    def cells(shares: list[float], names: list[str]) -> list[str]:
        off = int(np.argmax(np.abs(np.array(shares) - LEVEL)))
        return [f"{100 * np.mean(shares):.1f}%", f"{100 * shares[off]:.1f}% ({names[off]})"]

    return markdown(
        ["rows drawn from", "rows", "observed, all", "furthest off", "sandwich, all", "furthest off"],
        [
            [row["setting"], f"{row['n']:,}"] + [c for kind in KINDS for c in cells(row[kind], row["names"])]
            for row in rows
        ],
    )


def main() -> None:
    """Measure and write."""
    rows = measure()
    write("coverage", rows, table(rows))


if __name__ == "__main__":
    main()

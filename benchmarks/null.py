"""Whether p-values of `bootstrap_lrt` are uniform where the smaller number of components is the truth.

Run ``python -m benchmarks.null``; it writes results/null.json and results/null.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from joblib import Parallel, delayed
from scipy.stats import kstest

from mixtura import Mixture, bootstrap_lrt
from mixtura.inference.lrt import ENOUGH

from .report import table as markdown
from .written import write

SEED = 1987
SAMPLES = 300
REPLICATES = 199
SETTINGS: dict[str, tuple[Mixture, int, int, str]] = {
    # name: (the truth, rows, k under the null hypothesis, structure)
    "one normal, 1 against 2 (E)": (Mixture([1.0], [0.0], [1.0]), 100, 1, "E"),
    "two normals, 2 against 3 (E)": (Mixture([0.5, 0.5], [0.0, 4.0], [1.0, 1.0]), 100, 2, "E"),
}


def p_value(truth: Mixture, n: int, k: int, structure: str, stream: np.random.SeedSequence) -> float:
    """Return the p-value of a sample of the truth."""
    rng = np.random.default_rng(stream)
    x = truth.rvs(n, rng)
    seed = int(rng.integers(2**31))
    return bootstrap_lrt(x, k, structure=structure, seed=seed, n_jobs=1, replicates=REPLICATES).p_value


def next_smaller(p: np.ndarray) -> np.ndarray:
    """Return the next smaller p-value that a test can give: settled ones are ten over a number."""
    settled = p > (ENOUGH + 0.5) / (REPLICATES + 1)
    made = np.round(ENOUGH / p)
    return np.where(settled, ENOUGH / (made + 1.0), p - 1.0 / (REPLICATES + 1))


def account(name: str, p: np.ndarray) -> dict[str, Any]:
    """Compare p-values with the uniform distribution.

    They are discrete, up to 1/11 apart, so that Kolmogorov's distance is that of values drawn between each
    and the next smaller one: uniform where the p-values are what they claim to be.
    """
    p = np.sort(p)
    lower = next_smaller(p)
    found = kstest(lower + np.random.default_rng(SEED).random(len(p)) * (p - lower), "uniform")
    return {
        "setting": name,
        "samples": len(p),
        "seed": SEED,
        "distance": float(found.statistic),
        "p_value": float(found.pvalue),
        "rejected_5": float((p <= 0.05).mean()),
        "rejected_10": float((p <= 0.1).mean()),
        "p_values": p.tolist(),
    }


def measure(samples: int = SAMPLES) -> list[dict[str, Any]]:
    """Test samples of every truth."""
    rows = []
    for number, (name, setting) in enumerate(SETTINGS.items()):
        streams = np.random.SeedSequence([SEED, number]).spawn(samples)
        p = np.array(Parallel(n_jobs=-1)(delayed(p_value)(*setting, stream) for stream in streams))
        rows.append(account(name, p))
        print(f"{name}: distance {rows[-1]['distance']:.3f}, p {rows[-1]['p_value']:.2f}", flush=True)
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Return the Markdown table."""
    return markdown(
        [
            "truth and test",
            "samples",
            "rejected at 5%",
            "at 10%",
            "Kolmogorov-Smirnov distance",
            "its p-value",
        ],
        [
            [
                row["setting"],
                str(row["samples"]),
                f"{100 * row['rejected_5']:.1f}%",
                f"{100 * row['rejected_10']:.1f}%",
                f"{row['distance']:.3f}",
                f"{row['p_value']:.2f}",
            ]
            for row in rows
        ],
    )


def main() -> None:
    """Measure and write."""
    rows = measure()
    write("null", rows, table(rows))


if __name__ == "__main__":
    main()

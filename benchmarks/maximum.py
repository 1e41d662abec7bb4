"""Time to the maximum: scikit-learn is asked for the log-likelihood that mixtura ends with."""

from __future__ import annotations

import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mixtura.model.parameters import Array

from .blobs import Apart, Blobs
from .peer_process import Peer

TIMES = 5
SAME = 1e-6  # nats: two log-likelihoods this close count as the same
# seconds that scikit-learn is given: a longer run counts as long as that, and as short of the goal
PATIENCE = 100.0


@dataclass(frozen=True)
class Cross(Blobs):
    """Unit normals of equal weight at the origin and, ``apart`` from it, along the axes, to and fro.

    In one dimension three of them stand in a line; in two, five make a cross. Neighbours overlap, and each
    component keeps to its own blob: what both programs climb to is one maximum.
    """

    def draw(self, seed: int = 0) -> tuple[Array, Array, Array, Array]:
        """Return rows (n, d) and a start: the centres drawn in to half, the whole covariance for each."""
        rng = np.random.default_rng([seed, self.n, self.d, self.k])
        centres = np.zeros((self.k, self.d))
        for c in range(1, self.k):
            centres[c, (c - 1) // 2] = self.apart if c % 2 else -self.apart
        x = centres[rng.integers(self.k, size=self.n)] + rng.standard_normal((self.n, self.d))
        spread = np.atleast_2d(np.cov(x, rowvar=False))
        return x, np.full(self.k, 1 / self.k), 0.5 * centres, np.tile(spread, (self.k, 1, 1))


PROBLEMS = (
    Cross(1_000_000, 1, 3),
    Cross(100_000, 2, 5, apart=2.5),
    Cross(100_000, 8, 8),
    Cross(20_000, 64, 8, apart=6.0),
    Apart(20_000, 64, 8),
)


def run(interpreter: str = sys.executable, n_threads: int = 2) -> list[dict[str, Any]]:
    """Return a row a problem: seconds and iterations of both, and the tolerance that scikit-learn needed.

    scikit-learn's run ends at mixtura's final log-likelihood, or above it.
    """
    rows = []
    with (
        tempfile.TemporaryDirectory() as folder,
        Peer("mixtura", interpreter, n_threads) as ours,
        Peer("sklearn", interpreter, n_threads) as theirs,
    ):
        for problem in PROBLEMS:
            path = str(problem.write(Path(folder)))
            ours.ask("load", path=path, structure=problem.structure)
            mine = ours.ask("maximum", times=TIMES)
            theirs.ask("load", path=path, structure=problem.structure)
            other = theirs.ask("maximum", target=mine["loglik"] - SAME, patience=PATIENCE)
            print(f"  {problem.name}", file=sys.stderr, flush=True)
            mine["seconds"] = statistics.median(mine["seconds"])
            rows.append(
                {
                    "problem": problem.name,
                    "mixtura": mine,
                    "scikit-learn": other,
                    "ratio": other["seconds"] / mine["seconds"],
                }
            )
    return rows

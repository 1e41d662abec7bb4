"""Time to the maximum: scikit-learn is asked for the log-likelihood that mixtura ends with."""

from __future__ import annotations

import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mixtura.parameters import Array
from mixtura.stopping import DEFAULT_TOL

from .blobs import Blobs
from .peer_process import Peer

TIMES = 5
LIMIT = 20_000  # iterations that scikit-learn is allowed


@dataclass(frozen=True)
class Line(Blobs):
    """Unit normals of equal weight in one dimension, neighbours ``apart`` from each other."""

    def draw(self, seed: int = 0) -> tuple[Array, Array, Array, Array]:
        """Return rows (n, 1) and a start at quantiles of the data."""
        rng = np.random.default_rng([seed, self.n, self.k])
        x = self.apart * rng.integers(self.k, size=self.n) + rng.standard_normal(self.n)
        means = np.quantile(x, (np.arange(self.k) + 0.5) / self.k)[:, None]
        return x[:, None], np.full(self.k, 1 / self.k), means, np.full((self.k, 1, 1), x.var())


PROBLEMS = (
    Line(1_000_000, 1, 3, apart=2.8),
    Blobs(100_000, 2, 5),
    Blobs(100_000, 8, 8, apart=4.0),
    Blobs(20_000, 64, 8, apart=4.0),
)


def run(interpreter: str = sys.executable, n_threads: int = 2) -> list[dict[str, Any]]:
    """Return a row a problem: seconds and iterations of both, and the tolerance that scikit-learn needed.

    scikit-learn's run ends within mixtura's own tolerance of mixtura's log-likelihood: `DEFAULT_TOL` nats.
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
            other = theirs.ask("maximum", target=mine["loglik"] - DEFAULT_TOL, max_iter=LIMIT)
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

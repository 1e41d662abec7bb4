"""The data of the comparisons: overlapping blobs, and a start that everybody is given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixtura.parameters import Array


@dataclass(frozen=True)
class Blobs:
    """n rows of d numbers from k Gaussian blobs, to be fitted by k components of a structure."""

    n: int
    d: int
    k: int
    structure: str = "VVV"
    apart: float = 3.0  # standard deviations between two centres, in the root mean square

    @property
    def name(self) -> str:
        """Return the size as a person would say it."""
        kind = "diagonal, " if self.structure == "VVI" else ""
        return f"{kind}{self.n:,} x {self.d}, k = {self.k}"

    def draw(self, seed: int = 0) -> tuple[Array, Array, Array, Array]:
        """Return rows (n, d) and a start: weights (k,), means (k, d), covariances (k, d, d).

        The centres are Gaussian, ``apart`` standard deviations from each other in the root mean square; the
        blobs' axes differ by up to a factor of e in variance and are turned at random, unless the structure
        is diagonal. So every row lies between several components. The start has equal weights, k of the rows
        as means and the data's own covariance.
        """
        n, d, k = self.n, self.d, self.k
        rng = np.random.default_rng([seed, n, d, k])
        centres = rng.normal(size=(k, d)) * self.apart / np.sqrt(2 * d)
        label = rng.integers(k, size=n)
        x = rng.normal(size=(n, d))
        for c in range(k):
            axes = np.exp(rng.uniform(-0.25, 0.25, size=d))
            turn = np.eye(d) if self.structure == "VVI" else np.linalg.qr(rng.normal(size=(d, d)))[0]
            x[label == c] = x[label == c] @ (axes[:, None] * turn) + centres[c]
        means = x[rng.choice(n, size=k, replace=False)]
        spread = np.atleast_2d(np.cov(x, rowvar=False))
        if self.structure == "VVI":
            spread = np.diag(np.diag(spread))
        return x, np.full(k, 1 / k), means, np.broadcast_to(spread, (k, d, d)).copy()

    def write(self, folder: Path, seed: int = 0) -> Path:
        """Write rows and start as arrays of an .npz file, and return its path."""
        path = folder / f"{self.structure}-{self.n}x{self.d}-{self.k}.npz"
        x, weights, means, covariances = self.draw(seed)
        np.savez(path, x=x, weights=weights, means=means, covariances=covariances)
        return path

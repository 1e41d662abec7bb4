"""The data of the comparisons: blobs that overlap or lie apart, and a start that everybody is given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixtura.model.parameters import Array


@dataclass(frozen=True)
class Blobs:
    """n rows of d numbers from k Gaussian blobs, to be fitted by k components of a structure."""

    n: int
    d: int
    k: int
    structure: str = "VVV"
    apart: float = 3.0  # standard deviations between two centres, in the root mean square

    remark = ""  # what else there is to say

    @property
    def name(self) -> str:
        """Return the size as a person would say it."""
        kind = "diagonal, " if self.structure == "VVI" else ""
        return f"{kind}{self.n:,} x {self.d}, k = {self.k}{self.remark}"

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
        path = folder / f"{type(self).__name__}-{self.structure}-{self.n}x{self.d}-{self.k}.npz"
        x, weights, means, covariances = self.draw(seed)
        np.savez(path, x=x, weights=weights, means=means, covariances=covariances)
        return path


@dataclass(frozen=True)
class Apart(Blobs):
    """What scikit-learn's ``make_blobs`` draws by default, started where scikit-learn starts by default.

    Unit normals about centres uniform in a box 20 standard deviations wide, three for every four components,
    as in a search for their number; and the weights, means and covariances of the clusters that one run of
    k-means finds. With as many blobs as components EM would end after two iterations.
    """

    remark = ", apart"

    def draw(self, seed: int = 0) -> tuple[Array, Array, Array, Array]:
        """Return rows (n, d) and a start: weights (k,), means (k, d), covariances (k, d, d)."""
        from sklearn.cluster import KMeans
        from sklearn.datasets import make_blobs

        x = make_blobs(self.n, self.d, centers=3 * self.k // 4, random_state=seed)[0]
        label = KMeans(self.k, n_init=1, random_state=seed).fit(x).labels_
        clusters = [x[label == c] for c in range(self.k)]
        covariances = np.array([np.atleast_2d(np.cov(rows, rowvar=False, bias=True)) for rows in clusters])
        if self.structure == "VVI":
            covariances *= np.eye(self.d)
        weights = np.bincount(label, minlength=self.k) / self.n
        return x, weights, np.array([rows.mean(axis=0) for rows in clusters]), covariances

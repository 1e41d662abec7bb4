"""oneDAL's em_gmm, through daal4py 2024.7, the last that exposes it."""

from __future__ import annotations

import daal4py
import numpy as np

from peer_worker import serve, threads


def prepare(x, weights, means, covariances, structure):
    """Hand over the start; covariances are a list, of (d, d) matrices or of (1, d) variances."""
    daal4py.daalinit(threads())
    storage = "diagonal" if structure == "VVI" else "full"
    if storage == "diagonal":
        covariances = np.diagonal(covariances, axis1=1, axis2=2)[:, None, :]
    spreads = [np.ascontiguousarray(c) for c in covariances]

    def iterate(n):
        algorithm = daal4py.em_gmm(
            nComponents=len(weights),
            maxIterations=n,
            accuracyThreshold=0.0,
            regularizationFactor=0.0,
            covarianceStorage=storage,
        )
        result = algorithm.compute(x, weights[None], means, spreads)
        if int(result.nIterations[0, 0]) != n:
            raise ArithmeticError(f"stopped after {int(result.nIterations[0, 0])} of {n} iterations")
        return (
            result.weights[0],
            result.means,
            np.array(list(result.covariances)).squeeze(1)
            if (storage == "diagonal")
            else np.array(result.covariances),
        )

    return iterate


if __name__ == "__main__":
    serve(prepare, ["daal4py", "scikit-learn", "numpy"])

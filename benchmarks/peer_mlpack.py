"""mlpack's gmm_train; it takes no start, and makes its own by k-means, here stopped after a round."""

from __future__ import annotations

import numpy as np
from mlpack import gmm_train

from peer_worker import serve


def prepare(x, weights, means, covariances, structure):
    """Fix the seed: runs of different length have the same start."""
    options = {
        "input_": x,
        "gaussians": len(weights),
        "diagonal_covariance": structure == "VVI",
        "kmeans_max_iterations": 1,
        "no_force_positive": True,
        "tolerance": 1e-300,
        "seed": 1,
    }

    def iterate(n):
        found = gmm_train(max_iterations=n, **options)["output_model"].get_cpp_params()
        parts = found["DiagonalGMM" if "DiagonalGMM" in found else "GMM"]
        return (
            np.ravel(parts["weights"]),
            np.array([np.ravel(part["mean"]) for part in parts["dists"]]),
            np.array([part["covariance"] for part in parts["dists"]]),
        )

    return iterate


if __name__ == "__main__":
    serve(prepare, ["mlpack", "numpy"])

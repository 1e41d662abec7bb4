"""gmmx 0.7, on JAX, in its default single precision."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from gmmx import EMFitter, GaussianMixtureModelJax

from peer_worker import serve

MOST = 8 * 2**30  # bytes: its M-step may hold a number for every row, component and pair of features


def prepare(x, weights, means, covariances, structure):
    """Hand over the start; a number of iterations is compiled when it is first asked for."""
    kind = "diag" if structure == "VVI" else "full"
    if kind == "diag":
        covariances = np.diagonal(covariances, axis1=1, axis2=2)
    held = 4 * len(x) * len(weights) * (x.shape[1] if kind == "diag" else x.shape[1] ** 2)
    if held > MOST:
        raise MemoryError(f"would hold arrays of {held / 2**30:.0f} GiB")
    rows = jnp.asarray(x)
    start = GaussianMixtureModelJax.from_squeezed(
        means=jnp.asarray(means),
        covariances=jnp.asarray(covariances),
        weights=jnp.asarray(weights),
        covariance_type=kind,
    )

    def iterate(n):
        model = EMFitter(max_iter=n, tol=0.0, reg_covar=0.0).fit(rows, start).gmm
        return model.weights_numpy, model.means_numpy, model.covariances.values_numpy

    return iterate


if __name__ == "__main__":
    serve(prepare, ["gmmx", "jax", "numpy"])

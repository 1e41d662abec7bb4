"""pomegranate 1.1, on PyTorch, in double precision."""

from __future__ import annotations

import numpy as np
import torch
from pomegranate.distributions import Normal
from pomegranate.gmm import GeneralMixtureModel

from peer_worker import serve, threads


def prepare(x, weights, means, covariances, structure):
    """Make new distributions for every run: fitting changes them in place."""
    torch.set_num_threads(threads())
    kind = "diag" if structure == "VVI" else "full"
    if kind == "diag":
        covariances = np.diagonal(covariances, axis1=1, axis2=2).copy()
    rows = torch.from_numpy(x)

    def iterate(n):
        parts = [
            Normal(torch.from_numpy(m.copy()), torch.from_numpy(c.copy()), covariance_type=kind)
            for m, c in zip(means, covariances)
        ]
        model = GeneralMixtureModel(parts, priors=torch.from_numpy(weights.copy()), max_iter=n, tol=-np.inf)
        model.fit(rows)
        return (
            model.priors.numpy(),
            np.array([part.means.numpy() for part in parts]),
            np.array([part.covs.numpy() for part in parts]),
        )

    return iterate


if __name__ == "__main__":
    serve(prepare, ["pomegranate", "torch", "numpy"])

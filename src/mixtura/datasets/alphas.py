"""The alphas: the workload that mixtura began with."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ..em.reference import Univariate, simulate
from .dataset import Dataset

# Two kinds of funds, 0.02 standard deviations apart: so close that a test can hardly tell them apart.
ALPHAS_TRUTH = Univariate(np.array([0.49, 0.51]), np.array([5.7e-4, 5.9e-4]), np.array([9.5e-7, 9.5e-7]))

# Where the original programs started, and the change of the parameters under which they stopped.
ALPHAS_START = Univariate(np.array([0.5, 0.5]), np.array([-1.0, 1.0]), np.array([0.2, 0.2]))
ALPHAS_THRESHOLD = 1e-4


def alphas(seed: int | Generator = 0, n_funds: int = 255, n_draws: int = 100) -> Dataset:
    """Simulate alphas: what each of ``n_funds`` mutual funds earned beyond its benchmark, ``n_draws`` times.

    Each cell is drawn by itself from `ALPHAS_TRUTH`, its component first and then its value; the components
    are the labels. A fit pools the cells: ``alphas(seed).data.ravel()`` are 25,500 values of one variable.

    Returns
    -------
    Dataset
        ``data`` (n_funds, n_draws) and ``labels`` of the same shape.

    Examples
    --------
    >>> alphas(seed=1).data.shape
    (255, 100)
    """
    values, components = simulate(ALPHAS_TRUTH, n_funds * n_draws, np.random.default_rng(seed))
    return Dataset(
        values.reshape(n_funds, n_draws),
        tuple(f"draw_{j}" for j in range(n_draws)),
        components.reshape(n_funds, n_draws),
        "simulated alphas of mutual funds, a row for each fund",
    )

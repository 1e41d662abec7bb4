"""Ward: agglomeration of a few rows, the start that mclust's users know."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...model.parameters import Array
from .centres import lloyd

MOST_ROWS = 400  # pairwise distances and merges grow with the square


def ward_centres(z: Array, k: int, rng: Generator) -> tuple[Array, Array]:
    """Return the means of k clusters of z (n, d) by Ward's method: centres (1, k, d) and spread (1,).

    In a metric without correlations this is model-based agglomeration with one covariance for all clusters
    (Fraley 1998, SIAM J. Sci. Comput. 20, section 2).
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    most = max(MOST_ROWS, 3 * k)
    rows = z if len(z) <= most else z[rng.choice(len(z), most, replace=False)]
    labels = fcluster(linkage(rows, method="ward"), k, criterion="maxclust") - 1
    centres = np.stack([rows[labels == c].mean(0) if (labels == c).any() else rows[c] for c in range(k)])
    return lloyd(z, centres[None], 0)

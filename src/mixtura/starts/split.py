"""Split and merge: the running best with one component taken away and another cut in two."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ..parameters import Parameters


def split_merge(best: Parameters, m: int, rng: Generator) -> Parameters:
    """Return at most m mixtures (m, k) one move away from a mixture (k,).

    A move takes component j out, whose rows the first pass hands to the others, and cuts component i in two
    halves along its longest axis in units of the mixture's own spread, at plus and minus the half-normal
    mean, with the variance left there (after Ueda et al. 2000, Neural Computation 12, section 3). Pairs
    (i, j) are drawn without replacement.
    """
    k, d = best.means.shape
    pairs = np.array([(i, j) for i in range(k) for j in range(k) if i != j], dtype=np.intp).reshape(-1, 2)
    if len(pairs) > m:
        pairs = pairs[rng.choice(len(pairs), m, replace=False)]
    split, drop = pairs[:, 0], pairs[:, 1]
    centre = best.weights @ best.means
    variance = best.weights @ (np.diagonal(best.covariances, axis1=-2, axis2=-1) + (best.means - centre) ** 2)
    deviation = np.sqrt(variance)
    _, vectors = np.linalg.eigh(best.covariances / (deviation[:, None] * deviation))
    longest = vectors[split, :, -1] * deviation
    # the longest axis of a round component has no sign of its own; its largest entry made positive fixes one
    longest *= np.sign(np.take_along_axis(longest, np.abs(longest).argmax(1)[:, None], 1))
    covariances = best.covariances[split]
    # with a = longest axis in data units, the component's deviation along it is s = 1 / sqrt(a' C^-1 a)
    solved = np.linalg.solve(covariances, longest[..., None])[..., 0]
    axis = longest / np.sqrt(np.einsum("md,md->m", longest, solved))[:, None]
    row = np.arange(len(pairs))
    weights = np.broadcast_to(best.weights, (len(pairs), k)).copy()
    means = np.broadcast_to(best.means, (len(pairs), k, d)).copy()
    halves = np.broadcast_to(best.covariances, (len(pairs), k, d, d)).copy()
    weights[row, split] *= 0.5
    weights[row, drop] = weights[row, split]
    half_normal = np.sqrt(2.0 / np.pi)
    means[row, split] = best.means[split] - half_normal * axis
    means[row, drop] = best.means[split] + half_normal * axis
    halves[row, split] = halves[row, drop] = covariances - (2.0 / np.pi) * axis[:, :, None] * axis[:, None, :]
    return Parameters(weights / weights.sum(1, keepdims=True), means, halves)

"""Split and merge: the running best with one component taken away and another cut in two."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...model.parameters import Array, Parameters, concatenated

HOPE = 4.0  # the gain of a cut may be so many times what the components themselves let one expect


def split_merge(
    best: Parameters,
    m: int,
    rng: Generator,
    *,
    skip: int = 0,
    useless: np.ndarray | None = None,
    hopeful: bool = False,
) -> Parameters:
    """Return at most m mixtures (m, k) one move away from a mixture (k,).

    A move takes component j out, whose rows the first pass hands to the others, and cuts component i in two
    (after Ueda et al. 2000, Neural Computation 12, section 3). Half the pairs (i, j) are the most promising
    after the first ``skip``: a wide component to cut, a neighbour's near copy to take out; the others are
    drawn from the rest, or many at once where there are many components. Where flags ``useless`` (k,) are
    raised, only those components are taken out. ``hopeful`` leaves out pairs that cannot gain what they
    lose; there may be none left.
    """
    gains, losses = promise(best)
    splits, drops = np.argsort(-gains, kind="stable"), np.argsort(losses, kind="stable")
    if useless is not None and useless.any() and not useless.all():
        drops = drops[useless[drops]]
        splits = splits[~useless[splits]]
    elif hopeful and gains.max() > 0:  # one covariance for all says nothing of any
        drops, splits = drops[losses[drops] < HOPE * gains.max()], splits[HOPE * gains[splits] > losses.min()]
    ranked = sorted((a + b, i, j) for a, i in enumerate(splits) for b, j in enumerate(drops) if i != j)
    pairs = np.array([(i, j) for _, i, j in ranked], dtype=np.intp).reshape(-1, 2)
    if len(pairs):
        pairs = np.roll(pairs, -skip, axis=0)
    if len(pairs) <= m:
        return cut(best, pairs[:, 0], pairs[:, 1])
    half = m // 2
    single = cut(best, pairs[:half, 0], pairs[:half, 1])
    several = compound(best, splits, drops, m - half)
    left = m - half - len(several)
    chosen = pairs[half + rng.choice(len(pairs) - half, left, replace=False)]
    return concatenated([single, *several, cut(best, chosen[:, 0], chosen[:, 1])])


def compound(best: Parameters, splits: np.ndarray, drops: np.ndarray, most: int) -> list[Parameters]:
    """Return up to ``most`` mixtures, stacks (1, k), that make 2, 4, 8, ... moves at once, at most k / 4."""
    made, now = [], best
    most_at_once = best.n_components // 4
    drops = drops[:most_at_once]
    pairs = zip([i for i in splits if i not in drops], drops)
    for done, (i, j) in enumerate(pairs, 1):
        now = cut(now, np.array([i]), np.array([j])).at(0)
        if done >= 2 and done & (done - 1) == 0:
            made.append(now.at(None))
    return made[-most:]


def promise(best: Parameters) -> tuple[Array, Array]:
    """Return what cutting each component may gain (k,) and taking it out may lose (k,), in nats a row.

    A component that covers two clusters is too wide: cutting it gains up to half its weight times its
    log-determinant above the least. Rows of one that is taken out pay the divergence to the nearest other.
    """
    w, (k, d) = best.weights, best.means.shape
    log_det = np.linalg.slogdet(best.covariances)[1]
    apart = best.means[:, None] - best.means  # (k, k, d)
    inverse = np.linalg.inv(best.covariances)
    squares = np.einsum("ijd,jde,ije->ij", apart, inverse, apart, optimize=True)
    traces = best.covariances.reshape(k, -1) @ inverse.reshape(k, -1).T
    divergence = 0.5 * (traces + squares - d + log_det - log_det[:, None])  # of row component from column's
    divergence[np.arange(k), np.arange(k)] = np.inf
    return 0.5 * w * (log_det - log_det.min()), w * divergence.min(1)


def cut(best: Parameters, split: np.ndarray, drop: np.ndarray) -> Parameters:
    """Return mixtures (m, k) with component drop[i] replaced by one half of component split[i].

    The halves lie along its longest axis in units of the mixture's own spread, at plus and minus the
    half-normal mean, with the variance left there.
    """
    k, d = best.means.shape
    m = len(split)
    axis = longest_axes(best, split)
    weights = np.broadcast_to(best.weights, (m, k)).copy()
    means = np.broadcast_to(best.means, (m, k, d)).copy()
    covariances = np.broadcast_to(best.covariances, (m, k, d, d)).copy()
    row = np.arange(m)
    weights[row, split] *= 0.5
    weights[row, drop] = weights[row, split]
    shift = np.sqrt(2.0 / np.pi) * axis
    means[row, drop] = means[row, split] + shift
    means[row, split] -= shift
    covariances[row, split] -= shift[:, :, None] * shift[:, None, :]
    covariances[row, drop] = covariances[row, split]
    return Parameters(weights / weights.sum(1, keepdims=True), means, covariances)


def longest_axes(mixture: Parameters, which: np.ndarray) -> Array:
    """Return for these components the vectors (m, d) of one standard deviation along their longest axes."""
    centre = mixture.weights @ mixture.means
    variances = np.diagonal(mixture.covariances, axis1=-2, axis2=-1)
    deviation = np.sqrt(mixture.weights @ (variances + (mixture.means - centre) ** 2))
    values, vectors = np.linalg.eigh(mixture.covariances[which] / (deviation[:, None] * deviation))
    return np.asarray(np.sqrt(values[:, -1:]) * vectors[..., -1] * deviation)

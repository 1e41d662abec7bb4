"""Merging: two components made one, in stacks of mixtures, and what that loses."""

from __future__ import annotations

import numpy as np

from ..model.parameters import Array, Parameters
from ..structures import Structure
from .ground import Ground

AT_A_TIME = 3  # of the surplus one in so many is merged before the next pass
NEIGHBOURS = 4  # pairs, times components, that are looked at closely where there are many


def close_pairs(mixtures: Parameters, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs (m, p) of each mixture of a stack, at most ``most`` of them, the closest.

    Where pairs are more, the bound for one covariance shared by all chooses among them.
    """
    m, k, _ = mixtures.means.shape
    first, second = np.triu_indices(k, 1)
    if len(first) <= most:
        return np.broadcast_to(first, (m, len(first))), np.broadcast_to(second, (m, len(second)))
    bounds = tied_bounds(mixtures, first, second)
    nearest = np.argpartition(bounds, most, axis=-1)[:, :most]
    nearest.sort(axis=-1)
    return first[nearest], second[nearest]


def tied_bounds(mixtures: Parameters, first: np.ndarray, second: np.ndarray) -> Array:
    """Return what merging pairs (p,) loses, per row, where all components share their mean covariance."""
    shared = np.einsum("mk,mkij->mij", mixtures.weights, mixtures.covariances)
    factor = np.linalg.cholesky(shared)
    seen = np.linalg.solve(factor, np.swapaxes(mixtures.means, -1, -2))  # (m, d, k)
    norms = (seen * seen).sum(1)
    squares = norms[:, :, None] - 2.0 * np.swapaxes(seen, -1, -2) @ seen + norms[:, None, :]
    w = mixtures.weights
    both = np.maximum(w[:, first] + w[:, second], np.finfo(np.float64).tiny)
    return np.asarray(
        0.5 * np.log1p(w[:, first] * w[:, second] / both * np.maximum(squares[:, first, second], 0.0))
    )


def pairs_merged(mixtures: Parameters, first: np.ndarray, second: np.ndarray) -> Parameters:
    """Return the components (m, p) with the moments of components first[i, j] and second[i, j] together."""
    row = np.arange(len(mixtures.weights))[:, None]
    one, other = mixtures.at((row, first)), mixtures.at((row, second))
    total = one.weights + other.weights
    share = np.where(total > 0, one.weights / np.where(total > 0, total, 1.0), 0.5)
    apart = one.means - other.means
    mean = other.means + share[..., None] * apart
    between = (share * (1.0 - share))[..., None, None] * (apart[..., :, None] * apart[..., None, :])
    within = other.covariances + share[..., None, None] * (one.covariances - other.covariances)
    return Parameters(total, mean, within + between)


def merging_losses(
    structure: Structure, mixtures: Parameters, first: np.ndarray, second: np.ndarray
) -> Array:
    """Return bounds (m, p), per row, on what merging pairs (m, p) loses in a structure.

    For covariances of their own that is Runnalls 2007, IEEE Transactions on Aerospace and Electronic Systems
    43, equation 16, with determinants of what the structure makes of them.
    """
    if structure.shares_all:
        row = np.arange(len(mixtures.weights))[:, None]
        grid = np.zeros((len(mixtures.weights), mixtures.n_components, mixtures.n_components))
        upper = np.triu_indices(mixtures.n_components, 1)
        grid[:, upper[0], upper[1]] = tied_bounds(mixtures, *upper)
        return np.asarray(grid[row, first, second])
    row = np.arange(len(mixtures.weights))[:, None]
    w, own = mixtures.weights, log_determinants(structure, mixtures.covariances)
    joint = pairs_merged(mixtures, first, second)
    if structure.shares_some:
        merged = conformed_determinants(structure, joint.covariances, mixtures.covariances)
    else:
        merged = log_determinants(structure, joint.covariances)
    return np.asarray(
        0.5 * (joint.weights * merged - w[row, first] * own[row, first] - w[row, second] * own[row, second])
    )


def conformed_determinants(structure: Structure, covariances: Array, mixtures: Array) -> Array:
    """Return log-determinants (m, p) of what a structure has of covariances (m, p, d, d), and their misfit.

    What the components of mixtures (m, k, d, d) share is held, so that what is left fits less well: twice
    that, in nats of a row, is the trace of what was given over what is held, less d.
    """
    held = structure.conformed(covariances, mixtures)
    form, (p, d) = structure.form, covariances.shape[-3:-1]
    seen = form.covariances(form.spreads(covariances), p, d)
    misfits = np.trace(np.linalg.solve(held, seen), axis1=-2, axis2=-1) - d
    return np.asarray(np.linalg.slogdet(held)[1] + misfits)


def log_determinants(structure: Structure, covariances: Array) -> Array:
    """Return the log-determinants (...) of what a structure keeps of covariances (..., d, d) of their own."""
    form, (k, d) = structure.form, covariances.shape[-3:-1]
    if form.matrices:
        return np.asarray(np.linalg.slogdet(covariances)[1])
    kept = form.covariances(form.spreads(covariances), k, d)
    return np.asarray(np.log(np.diagonal(kept, axis1=-2, axis2=-1)).sum(-1))


def merged_once(ground: Ground, mixtures: Parameters, pairs: int) -> Parameters:
    """Return mixtures in which up to so many pairs, the cheapest that share no component, became one."""
    m, k, _ = mixtures.means.shape
    first, second = close_pairs(mixtures, NEIGHBOURS * max(k, 16))
    losses = merging_losses(ground.structure, mixtures, first, second)
    order = np.argsort(losses, axis=-1, kind="stable")
    found = [disjoint(first[i], second[i], order[i], pairs) for i in range(m)]
    pairs = min(len(one) for one in found)
    chosen = np.array([one[:pairs] for one in found])  # (m, pairs)
    row = np.arange(m)[:, None]
    first, second = first[row, chosen], second[row, chosen]
    gone = np.zeros((m, k), dtype=bool)
    gone[row, first] = gone[row, second] = True
    rest = np.argsort(gone, axis=-1, kind="stable")[:, : k - 2 * pairs]
    one, kept = pairs_merged(mixtures, first, second), mixtures.at((row, rest))
    joined = Parameters(
        np.concatenate([kept.weights, one.weights], axis=1),
        np.concatenate([kept.means, one.means], axis=1),
        np.concatenate([kept.covariances, one.covariances], axis=1),
    )
    return ground.admitted(joined)


def disjoint(first: np.ndarray, second: np.ndarray, order: np.ndarray, pairs: int) -> list[int]:
    """Return the first so many pairs in this order that share no component."""
    used: set[int] = set()
    chosen: list[int] = []
    for i in order.tolist():
        if first[i] in used or second[i] in used:
            continue
        used |= {first[i], second[i]}
        chosen.append(i)
        if len(chosen) == pairs:
            break
    return chosen


def merged_down(ground: Ground, mixtures: Parameters, k: int, passes: int) -> Parameters:
    """Walk with mixtures (m, K) of too many components, and merge them down to k, a pass after each merge.

    Whichever clusters are found twice are merged first, and none is missed that the many components covered:
    over-fitting and pruning finds the clusters with certainty where they are apart (Dasgupta and Schulman
    2007, Journal of Machine Learning Research 8, section 3). Of many components a few pairs are merged at a
    time.
    """
    for _ in range(passes):
        mixtures = ground.step(mixtures)
    while (many := mixtures.n_components) > k:
        pairs = max(1, min((many - k) // AT_A_TIME, many // 4))
        mixtures = merged_once(ground, mixtures, pairs)
        mixtures = ground.step(mixtures)
    return mixtures

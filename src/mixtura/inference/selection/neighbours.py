"""Neighbours: mixtures with one component more, and with one less."""

from __future__ import annotations

import numpy as np

from ...model.parameters import Array, Parameters, concatenated
from ...search.ground import Ground
from ...search.merging import close_pairs, merging_losses, pairs_merged

CORE, SHELL = 0.25, 1.75  # variances of a compact core and of what lies around it
PAIRS = 4  # the closest, that are merged
NEARLY = 1e-3  # deviations that the halves of a component lie apart where nothing may be lost


def split(ground: Ground, mixture: Parameters) -> Parameters:
    """Return mixtures (2 k, k + 1), in each of which one component was cut across, or into core and shell."""
    d = mixture.n_features
    deviation = np.sqrt(ground.source.variance)
    values, vectors = np.linalg.eigh(mixture.covariances / (deviation[:, None] * deviation))
    axes = np.sqrt(values[:, -1:]) * vectors[..., -1] * deviation  # (k, d)
    shifts = np.sqrt(2.0 / np.pi) * axes
    left = mixture.covariances - shifts[:, :, None] * shifts[:, None, :]
    means = np.stack([mixture.means + shifts, mixture.means - shifts], axis=1)
    both = np.broadcast_to(mixture.means[:, None], means.shape)
    scales = np.array([CORE, SHELL])[:, None, None]
    across = _cut(mixture, means, np.stack([left, left], axis=1))
    if d == 1 and ground.structure.form.shared:
        return ground.admitted(across)
    cores = _cut(mixture, both, mixture.covariances[:, None] * scales)
    return ground.admitted(concatenated([across, cores]))


def doubled(ground: Ground, mixture: Parameters) -> Parameters:
    """Return mixtures (k, k + 1) that are this one but for a hair: one component stands there twice."""
    deviation = np.sqrt(ground.source.variance)
    values, vectors = np.linalg.eigh(mixture.covariances / (deviation[:, None] * deviation))
    shifts = NEARLY * np.sqrt(values[:, -1:]) * vectors[..., -1] * deviation
    means = np.stack([mixture.means + shifts, mixture.means - shifts], axis=1)
    return _cut(mixture, means, np.stack([mixture.covariances] * 2, axis=1))


def grown(ground: Ground, mixture: Parameters, k: int) -> Parameters:
    """Return mixtures (m, k) that are this one of fewer components but for a hair."""
    while mixture.n_components < k - 1:
        mixture = doubled(ground, mixture).at(int(mixture.weights.argmax()))
    return doubled(ground, mixture)


def merged(ground: Ground, mixture: Parameters) -> Parameters:
    """Return mixtures (m, k - 1), in each of which a close pair of components became one."""
    stack = mixture.at(None)
    first, second = close_pairs(stack, 8 * mixture.n_components)
    losses = merging_losses(ground.structure, stack, first, second)[0]
    order = np.argsort(losses, kind="stable")[:PAIRS]
    first, second = first[:, order], second[:, order]
    ones = pairs_merged(stack, first, second).at(0)
    parts = [
        _with(mixture, [int(i), int(j)], ones.at(slice(p, p + 1)))
        for p, (i, j) in enumerate(zip(first[0], second[0]))
    ]
    return ground.admitted(concatenated(parts))


def _cut(mixture: Parameters, means: Array, covariances: Array) -> Parameters:
    """Return mixtures (k, k + 1) with means (k, 2, d) and covariances of two halves for each component."""
    k = mixture.n_components
    parts = []
    for c in range(k):
        halves = Parameters(np.full(2, 0.5 * mixture.weights[c]), means[c], covariances[c])
        parts.append(_with(mixture, [c], halves))
    return concatenated(parts)


def _with(mixture: Parameters, gone: list[int], instead: Parameters) -> Parameters:
    """Return a stack of one mixture in which others stand in for some components."""
    rest = mixture.at([c for c in range(mixture.n_components) if c not in gone])
    return Parameters(
        np.concatenate([rest.weights, instead.weights])[None],
        np.concatenate([rest.means, instead.means])[None],
        np.concatenate([rest.covariances, instead.covariances])[None],
    )

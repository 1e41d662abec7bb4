"""Exchanges: a component that is really two against a pair that is really one, the most promising first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from ..model.parameters import Array, Parameters, concatenated
from .ground import Ground
from .merging import close_pairs, merging_losses, pairs_merged
from .sample import Look
from .splitting import Split, best_split

PAIRS = 3  # times components: pairs whose exact loss is looked at
HOPE = 0.6  # of a loss that the other components may win back
LARGEST = 50.0  # the logarithm of one, beyond which a row says no more


@dataclass(frozen=True, eq=False)
class Exchange:
    """Some components, and others as many that may stand in their place."""

    components: tuple[int, ...]
    instead: Parameters  # their weights are those of the whole mixture
    net: float  # nats that it promises at once, before the others have answered
    loss: float = 0.0  # nats that merging the pair costs, of which the rest may win back a part

    @property
    def hopeful(self) -> bool:
        """Say whether the others' answer may make up for what is lost."""
        return self.net > -HOPE * self.loss

    def made(self, mixture: Parameters) -> Parameters:
        """Return the mixture (k,) after the exchange."""
        return put(mixture, self.components, self.instead)


def put(mixture: Parameters, components: tuple[int, ...], instead: Parameters) -> Parameters:
    """Return a mixture (k,) with other components in the place of some, the rest sharing what is left."""
    rest = np.setdiff1d(np.arange(mixture.n_components), components)
    kept, weight = mixture.at(rest), float(instead.weights.sum())
    held = float(kept.weights.sum())
    joined = concatenated(
        [
            Parameters(
                kept.weights * ((1.0 - weight) / held if held > 0 else 0.0), kept.means, kept.covariances
            ),
            instead,
        ]
    )
    return Parameters(joined.weights / joined.weights.sum(), joined.means, joined.covariances)


def exchanges(ground: Ground, seen: Look, rng: Generator) -> list[Exchange]:
    """Return what may stand in the place of some components, the most promising first.

    Local maxima of mixtures have one component on two clusters and two on one, or none (Chen, Song, Xi and
    Zhang 2024, IEEE Transactions on Information Theory 70). So each component is cut in two by fits to its
    own rows, and each close pair made one; the difference of gain and loss is what an exchange promises.
    """
    mixture, k = seen.mixture, seen.mixture.n_components
    if k < 2:
        return []
    first, second, merged, losses = merges(ground, seen)
    found = []
    for i in range(k):
        one = single(mixture.at(slice(i, i + 1)))
        split = best_split(ground, seen.sample, one, seen.shares[:, i], mixture, rng)
        if split is None:
            continue
        halves = weighted(split, mixture.weights[i])
        for j in np.flatnonzero((first != i) & (second != i)):
            instead = concatenated([halves, merged.at(slice(j, j + 1))])
            components = (i, int(first[j]), int(second[j]))
            found.append(Exchange(components, instead, split.gain - float(losses[j]), float(losses[j])))
    return sorted(found, key=lambda exchange: -exchange.net)


def merges(ground: Ground, seen: Look) -> tuple[np.ndarray, np.ndarray, Parameters, Array]:
    """Return the closest pairs (p,), first and second, what they merge to, and the nats that this loses.

    The loss is that of the likelihood itself, over the sample, with nothing else moved.
    """
    structure, mixture, sample = ground.structure, seen.mixture, seen.sample
    stack = mixture.at(None)
    first, second = close_pairs(stack, 2 * PAIRS * max(mixture.n_components, 4))
    bounds = merging_losses(structure, stack, first, second)[0]
    nearest = np.argsort(bounds, kind="stable")[: PAIRS * mixture.n_components]
    first, second = first[:, nearest], second[:, nearest]
    merged = pairs_merged(stack, first, second).at(0)
    if structure.shares_some:
        own = structure.conformed(merged.covariances, mixture.covariances)
        merged = Parameters(merged.weights, merged.means, own)
    else:
        merged = ground.admitted(merged)
    # densities of all that is merged side by side, as a mixture whose weights sum to what theirs do
    held = float(merged.weights.sum())
    beside = Parameters(merged.weights / held, merged.means, merged.covariances)
    source = seen.problem.source
    heights = source.evaluate(beside, "log_density") + np.log(held) - seen.density
    joint = source.evaluate(beside, "responsibilities") * np.exp(np.minimum(heights, LARGEST))[:, None]
    ratio = 1.0 - seen.shares[:, first[0]] - seen.shares[:, second[0]] + joint
    losses = -sample.scale * sample.sum(np.log(np.maximum(ratio, np.finfo(np.float64).tiny)))
    return first[0], second[0], merged, losses


def single(mixture: Parameters) -> Parameters:
    """Return components with weights that sum to 1."""
    total = mixture.weights.sum()
    weights = (
        mixture.weights / total if total > 0 else np.full(len(mixture.weights), 1 / len(mixture.weights))
    )
    return Parameters(weights, mixture.means, mixture.covariances)


def weighted(split: Split, weight: float) -> Parameters:
    """Return the halves of a split with the weight of what they stand for."""
    return Parameters(split.halves.weights * weight, split.halves.means, split.halves.covariances)
